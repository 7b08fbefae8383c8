"""The parts that PubMed's articles and book chapters have in common, element by element.

An element's children are walked once and grouped by tag (`children`); nothing searches the tree.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from lxml import etree

from service.normalisation import dates, identifiers
from service.normalisation.markup import element_text, join_sections
from service.normalisation.text import clean
from service.records import Author, Identifiers, OtherAbstract, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Parts = dict[str, list[etree._Element]]


_COLONS = (":", "：")


def children(element: etree._Element | None) -> Parts:
    """Group an element's children by tag, in document order; {} for None."""
    parts: Parts = {}
    for child in element if element is not None else ():
        parts.setdefault(child.tag, []).append(child)
    return parts


def first(parts: Parts, tag: str) -> etree._Element | None:
    """Return the first child of that tag, or None."""
    found = parts.get(tag)
    return found[0] if found else None


def text(parts: Parts, tag: str) -> str:
    """Return the text of the first child of that tag, "" without one."""
    found = parts.get(tag)
    return element_text(found[0]) if found else ""


def texts(elements: Iterable[etree._Element]) -> tuple[str, ...]:
    """Return the texts of the elements, empty ones left out, each once."""
    return tuple(dict.fromkeys(found for e in elements if (found := element_text(e))))


def sections(abstracts: Iterable[etree._Element]) -> tuple[Section, ...]:
    """Return the labelled parts of Abstract elements; parts without text are left out.

    Where the labels are only bold words inside one part ("<b>Methods:</b> ..."), it is cut there.
    """
    found: list[Section] = []
    for abstract in abstracts:
        for part in abstract:
            if part.tag != "AbstractText":
                continue
            label = _label(part)
            if not label and _begins_with_heading(part):
                found += _bold_sections(part)
            else:
                found.append(Section(label, element_text(part)))
    return tuple(section for section in found if section.text)


def _begins_with_heading(part: etree._Element) -> bool:
    return len(part) > 0 and _is_blank(part.text) and _is_heading(part[0])


def _is_heading(element: etree._Element) -> bool:
    """Whether the element is a few bold words before or with a colon."""
    if element.tag != "b" or len(element):
        return False
    words, after = (element.text or "").strip(), (element.tail or "").lstrip()
    return 0 < len(words) <= 60 and (words.endswith(_COLONS) or after.startswith(_COLONS))


def _bold_sections(part: etree._Element) -> Iterator[Section]:
    """Cut at the bold headings; each piece is copied into an element, to be read like any other."""
    label, body = "", etree.Element("AbstractText")
    for child in part:
        if _is_heading(child):
            yield Section(label, element_text(body))
            label = clean(child.text or "").rstrip(" :：")
            body = etree.Element("AbstractText")
            body.text = (child.tail or "").lstrip().lstrip(":：")
        else:
            body.append(deepcopy(child))
    yield Section(label, element_text(body))


def _is_blank(words: str | None) -> bool:
    return not words or words.isspace()


def _label(part: etree._Element) -> str:
    label = clean(part.get("Label") or "").rstrip(" :")
    return "" if label == "UNASSIGNED" else label


def other_abstracts(elements: Iterable[etree._Element]) -> tuple[OtherAbstract, ...]:
    """Return what stands beside the abstract: other languages, plain-language summaries."""
    found = (
        OtherAbstract(
            element.get("Type") or "",
            element.get("Language") or "",
            join_sections(sections((element,))),
        )
        for element in elements
    )
    return tuple(abstract for abstract in found if abstract.text)


def authors(lists: Iterable[etree._Element]) -> tuple[Author, ...]:
    """Return the people and groups of AuthorList elements that PubMed does not call invalid."""
    return tuple(
        author
        for people in lists
        for element in people
        if element.tag == "Author"
        and element.get("ValidYN") != "N"
        and (author := _author(element)).name
    )


def _author(element: etree._Element) -> Author:
    family = given = initials = suffix = ""
    orcid = None
    for child in element:
        tag = child.tag
        if tag == "LastName":
            family = element_text(child)
        elif tag == "ForeName":
            given = element_text(child)
        elif tag == "Initials":
            initials = child.text or ""
        elif tag == "Suffix":
            suffix = element_text(child)
        elif tag == "CollectiveName":
            return Author(collective=element_text(child))
        elif tag == "Identifier" and (child.get("Source") or "").upper() == "ORCID":
            orcid = orcid or identifiers.orcid(child.text)
    given = given or clean(initials)
    return Author(family, f"{given} {suffix}" if suffix else given, orcid=orcid)


def date(element: etree._Element | None) -> str | None:
    """Return a partial ISO date from Year, Month, Day, or MedlineDate; a season is left out."""
    if element is None:
        return None
    found = {child.tag: child.text for child in element}
    if "Year" in found:
        return dates.partial(found["Year"], found.get("Month"), found.get("Day"))
    return dates.medline_date(found.get("MedlineDate"))


def entered(histories: Iterable[etree._Element]) -> str | None:
    """Return the day on which the record entered PubMed (entrez, else pubmed), from History."""
    found = {moment.get("PubStatus"): moment for history in histories for moment in history}
    return date(found.get("entrez")) or date(found.get("pubmed"))


def article_ids(lists: Iterable[etree._Element]) -> dict[str, str]:
    """Return {id type: first id} of ArticleIdList elements."""
    found: dict[str, str] = {}
    for ids in lists:
        for element in ids:
            if element.text and element.text.strip():
                found.setdefault(element.get("IdType") or "", element.text.strip())
    return found


def canonical(ids: dict[str, str], pmid: str | None, located: dict[str, str]) -> Identifiers:
    """Return the record's own ids; `located` (from ELocationID) serve where `ids` has none."""
    doi = identifiers.doi(ids.get("doi")) or identifiers.doi(located.get("doi"))
    eprint = None
    for candidate in (doi, located.get("pii"), ids.get("pii"), ids.get("arxiv")):
        if candidate and "arxiv" in candidate.lower():
            eprint = eprint or identifiers.arxiv(candidate)
    return Identifiers(
        doi=doi,
        pmid=identifiers.pmid(pmid),
        pmcid=identifiers.pmcid(ids.get("pmc")),
        arxiv=eprint[0] if eprint else None,
    )


def locations(elements: Iterable[etree._Element]) -> dict[str, str]:
    """Return {id type: first id} of the ELocationID elements not marked invalid."""
    found: dict[str, str] = {}
    for element in elements:
        if element.get("ValidYN") != "N" and element.text:
            found.setdefault(element.get("EIdType") or "", element.text.strip())
    return found

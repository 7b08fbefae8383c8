"""Reference lists as they come: JATS full text, links of E-utilities, Europe PMC. Bytes in, a
`Listing` out.

How an id is brought to its canonical form is passed in: normalising is another room's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import (
    BadRequestError,
    IncompleteError,
    NotDataError,
    NotFoundError,
    TransientError,
)
from service.records import Reference
from service.safe_xml import local_name
from service.sources import pmc_payload, replies
from service.sources.pubmed_errors import reported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lxml import etree

    from service.records import Identifiers

    # DOI, PMID, PMCID as a source writes them, and texts in which an id may stand.
    Identify = Callable[[str, str, str, Iterable[str]], Identifiers]

_CITATIONS = ("element-citation", "mixed-citation", "nlm-citation", "citation")
_FOREIGN = ("sub-article", "response")  # their reference lists are other papers'
_TITLES = ("article-title", "chapter-title", "data-title", "part-title", "trans-title")
_BOOKS = frozenset({"book", "report", "thesis", "patent", "web", "webpage", "software", "data"})
_LINKS = frozenset({"ext-link", "uri", "comment", "elocation-id"})
_HREF = "{http://www.w3.org/1999/xlink}href"
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_LINKED = "E-utilities (elink)"
_EUROPEPMC = "Europe PMC"


@dataclass(frozen=True, slots=True)
class Listing:
    """What one reply tells of a reference list. `stated` is how many entries the whole list has;
    an entry that has neither a title nor an id is counted there and left out of `references`."""

    references: tuple[Reference, ...] = ()
    stated: int = 0


# -- JATS -----------------------------------------------------------------------------------------


def jats(body: bytes, identify: Identify) -> Listing:
    """The reference list of the one article in `body` (an efetch reply or a file).

    Empty when the article comes without its full text, or has no list. Raises the `SourceError`
    that the body amounts to, `NotFoundError` when it holds no article.
    """
    page = pmc_payload.read(body)
    articles = [record for record in page.records if record.format == pmc_payload.JATS]
    if not articles:
        told = "; ".join(page.warnings) or "the reply holds no article"
        raise NotFoundError("PMC", told, "check the PMCID")
    if len(articles) > 1:
        raise NotDataError("PMC", f"{len(articles)} articles came where one was asked for")
    root = replies.xml_root("PMC", articles[0].payload)
    cited = [_stated(ref, identify) for ref in _refs(root)]
    kept = [one for group in cited for one in group if one.title or _named(one.ids)]
    return Listing(tuple(kept), sum(max(1, len(group)) for group in cited))


def _refs(element: etree._Element) -> Iterator[etree._Element]:
    """The <ref>s of the article itself, wherever its lists stand."""
    for child in element:
        name = local_name(child)
        if name == "ref":
            yield child
        elif name and name not in _FOREIGN:
            yield from _refs(child)


def _stated(ref: etree._Element, identify: Identify) -> list[Reference]:
    """The papers of one entry: mostly one; "1a, 1b" in chemistry are several."""
    found = []
    for child in ref:
        if local_name(child) == "citation-alternatives":
            forms = [each for each in child if local_name(each) in _CITATIONS]
            forms.sort(key=lambda each: _CITATIONS.index(local_name(each)))
            found += [_cited(each, identify) for each in forms[:1]]
        elif local_name(child) in _CITATIONS:
            found.append(_cited(child, identify))
    return found


def _cited(citation: etree._Element, identify: Identify) -> Reference:
    ids: dict[str, str] = {}
    links: list[str] = []
    titles: dict[str, str] = {}
    years: list[str] = []
    for element in _inside(citation):
        name = local_name(element)
        if name in {"pub-id", "object-id"}:
            kind = element.get("pub-id-type", "").lower()
            ids.setdefault("pmcid" if kind == "pmc" else kind, _text(element))
        elif name in _LINKS:
            links += [element.get(_HREF, ""), _text(element)]
        elif name in _TITLES or name == "source":
            titles.setdefault(name, _text(element))
        elif name == "year":
            years.append(_text(element) or element.get("iso-8601-date", ""))
    if not ids and not links:
        links.append(_text(citation))  # ids may stand in the running text
    title = next((titles[name] for name in _TITLES if titles.get(name)), "")
    if not title and _is_book(citation):
        title = titles.get("source", "")
    known = identify(ids.get("doi", ""), ids.get("pmid", ""), ids.get("pmcid", ""), links)
    year = next((match for text in years if (match := _year(text))), None)
    return Reference(title, known, year=year)


def _is_book(citation: etree._Element) -> bool:
    """Whether the work's own name is its <source>: of an article that is the journal."""
    kind = citation.get("publication-type") or citation.get("citation-type") or ""
    return kind.lower() in _BOOKS


def _inside(element: etree._Element) -> Iterator[etree._Element]:
    """What stands in a citation; what stands in its titles is part of them."""
    for child in element:
        name = local_name(child)
        if name:
            yield child
        if name and name not in _TITLES:
            yield from _inside(child)


def _text(element: etree._Element) -> str:
    """All text on one line."""
    return " ".join("".join(str(piece) for piece in element.itertext()).split())


def _year(text: str) -> int | None:
    found = _YEAR.search(text)
    return int(found[1]) if found else None


def _named(ids: Identifiers) -> bool:
    return any((ids.doi, ids.pmid, ids.pmcid, ids.arxiv))


# -- links ----------------------------------------------------------------------------------------


def links(body: bytes, name: str, asked: str) -> tuple[str, ...]:
    """The ids that an elink reply (XML) gives under the link `name` for the id `asked`.

    Empty when Entrez knows of none. Raises the `SourceError` that the reply amounts to,
    `IncompleteError` when it says nothing of that id.
    """
    root = replies.xml_root(_LINKED, body)
    errors = [_text(e) for e in root.iter("ERROR", "error", "Error") if _text(e)]
    if errors:
        raise reported("; ".join(errors))
    if local_name(root) != "eLinkResult":
        raise NotDataError(_LINKED, f"<{local_name(root)}> is no reply of elink")
    found: dict[str, None] = {}
    answered = False
    for answer in root.iterfind("LinkSet"):
        if asked not in [_text(e) for e in answer.iterfind("IdList/Id")]:
            continue
        answered = True
        for linked in answer.iterfind("LinkSetDb"):
            if linked.findtext("LinkName", "").strip() == name:
                found.update((_text(e), None) for e in linked.iterfind("Link/Id"))
    if not answered:
        raise IncompleteError(_LINKED, f"the reply says nothing of {asked}")
    # A link to 0 is how Entrez spells an id that it does not know.
    return tuple(each for each in found if each.isdecimal() and each != "0")


# -- Europe PMC -----------------------------------------------------------------------------------


def europepmc(body: bytes, identify: Identify) -> Listing:
    """One page of a list; `stated` is the length of the whole. Empty when Europe PMC has none.

    Raises the `SourceError` that the body amounts to.
    """
    value = replies.json_value(_EUROPEPMC, body)
    if not isinstance(value, dict):
        raise NotDataError(_EUROPEPMC, "the JSON is not an object")
    if "errCode" in value:
        raise failure(str(value["errCode"]), str(value.get("errMsg") or "without a text"))
    stated = replies.count(value.get("hitCount"))
    if stated is None:
        raise TransientError(_EUROPEPMC, "the reply states no count of references")
    holder = value.get("referenceList")
    items = holder.get("reference") if isinstance(holder, dict) else None
    if items is not None and not isinstance(items, list):
        raise NotDataError(_EUROPEPMC, "the references are no list")
    entries = [item for item in items or () if isinstance(item, dict)]
    return Listing(tuple(_entry(item, identify) for item in entries), stated)


def _entry(item: dict[str, object], identify: Identify) -> Reference:
    told = {name: str(value).strip() for name, value in item.items() if value is not None}
    number, source = told.get("id", ""), told.get("source", "")
    ids = identify(
        told.get("doi", ""),
        told.get("pmid", "") or (number if source == "MED" else ""),
        told.get("pmcid", "") or (number if source == "PMC" else ""),
        (),
    )
    title = told.get("title") or told.get("publicationTitle") or ""
    return Reference(" ".join(title.split()), ids, year=_year(told.get("pubYear", "")))


def failure(code: str, said: str) -> TransientError | NotFoundError | BadRequestError:
    """What an error that Europe PMC reports inside a reply amounts to."""
    cause = f"error {code}: {said}"
    if code.startswith("5"):
        return TransientError(_EUROPEPMC, cause, "it is asked again")
    if code == "404":
        return NotFoundError(_EUROPEPMC, cause, "check the id")
    return BadRequestError(_EUROPEPMC, cause, "report it")

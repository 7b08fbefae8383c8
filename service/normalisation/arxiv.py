"""arXiv: entries of its API and OAI-PMH records in the formats arXiv, arXivRaw and oai_dc.

The DOI an author gives is the journal article's, never the preprint's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service import safe_xml
from service.errors import ParseError
from service.normalisation import authors, dates, identifiers, licences, tex
from service.normalisation.mojibake import repaired
from service.normalisation.text import clean, title_flags
from service.records import (
    Author,
    Flag,
    Identifiers,
    Kind,
    Link,
    Paper,
    Record,
    Relation,
    Section,
)
from service.safe_xml import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml import etree

_OWN = "10.48550/arxiv."
_WITHDRAWN = re.compile(
    r"^\W*(?:this\s+)?(?:is\s+)?withdrawn\b"
    r"|\b(?:paper|article|submission|manuscript|preprint|work|note|version|it)\b[^.;]{0,60}"
    r"\b(?:has|have|had|is|was|being)\s+(?:now\s+)?(?:been\s+)?withdrawn\b"
    r"|\bwithdrawn\s+(?:by|due|because|as|pending)\b",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"\b(?:previous|earlier|older|former|other|first)\b[^.;]{0,60}\bwithdrawn\b", re.IGNORECASE
)
_OPENING = re.compile(
    r"\W*(?:(?:this|the)\s+(?:paper|article|submission|manuscript|preprint|work|note|version)\b"
    r"|withdrawn\b)[^.]{0,200}",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\b(?:collaborations?|consortium|group|team|network|alliance)\b", re.I)
_FOR = re.compile(
    r"(?P<person>.*?)[,\s]*\b(?:for|on behalf of)\s+(?:the\s+)?(?P<group>\S.*)", re.IGNORECASE
)
_OLD_ID = re.compile(r"(?:[a-z-]+/)?(\d\d)(\d\d)")


def entry(record: Record) -> Paper:
    """An entry of an API page: one version of one preprint. Raises `ParseError` without a title."""
    root = _parsed(record)
    published = dates.iso(_text(root, "published"))
    updated = dates.iso(_text(root, "updated"))
    primary = next(iter(_named(root, "primary_category")), None)
    terms = [c.get("term") or "" for c in _named(root, "category")]
    names = (authors.from_names(tex.plain(_text(a, "name"))) for a in _named(root, "author"))
    return _paper(
        record,
        title=_text(root, "title"),
        abstract=_text(root, "summary"),
        people=tuple(author for name in names for author in name),
        comment=_text(root, "comment"),
        journal=_text(root, "journal_ref"),
        dois=[e.text or "" for e in _named(root, "doi")],
        category=(primary.get("term") if primary is not None else None) or next(iter(terms), ""),
        published=published,
        revised=updated if record.version not in {"", "1"} else None,
    )


def oai(record: Record) -> Paper:
    """An OAI-PMH record; `entered` is its datestamp, the day of its last change at arXiv.

    Format arXiv tells the day of version 1 unreliably: one that disagrees with the id's month
    gives way to that month.
    """
    root = _parsed(record)
    metadata = next(_walk(root, "metadata"), None)
    body = next((e for e in metadata if local_name(e)), None) if metadata is not None else None
    if body is None:
        raise ParseError(record.key, "the record has no metadata", "its raw payload is kept")
    stamp = dates.iso(next((_own_text(e) for e in _walk(root, "datestamp")), ""))
    readers = {"arXiv": _arxiv_format, "arXivRaw": _raw_format, "dc": _dublin_core}
    reader = readers.get(local_name(body))
    if reader is None:
        raise ParseError(record.key, f"<{local_name(body)}> is no format of arXiv", "report it")
    return reader(record, body, stamp)


def first_month(arxiv_id: str) -> str | None:
    """The month in which an id was given: "2018-10" for 1810.09584, "1999-01" for 9901001."""
    found = _OLD_ID.match(arxiv_id)
    if found is None:
        return None
    year = int(found.group(1))
    return dates.partial(1900 + year if year > 90 else 2000 + year, found.group(2))


# -- the three formats ----------------------------------------------------------------------------


def _arxiv_format(record: Record, body: etree._Element, stamp: str | None) -> Paper:
    holder = next(iter(_named(body, "authors")), body)
    created = dates.iso(_text(body, "created"))
    given = first_month(record.source_id)
    if created and given and abs(_months(created) - _months(given)) > 1:
        created = given
    return _paper(
        record,
        title=_text(body, "title"),
        abstract=_text(body, "abstract"),
        people=tuple(a for e in _named(holder, "author") for a in _person(e)),
        comment=_text(body, "comments"),
        journal=_text(body, "journal-ref"),
        dois=[e.text or "" for e in _named(body, "doi")],
        category=_text(body, "categories").partition(" ")[0],
        published=created or given,
        entered=stamp,
        revised=dates.iso(_text(body, "updated")),
        licence=_text(body, "license"),
    )


def _raw_format(record: Record, body: etree._Element, stamp: str | None) -> Paper:
    history = [dates.iso(_text(version, "date")) for version in _named(body, "version")]
    people = re.sub(r"\s*:\s+", ", ", _without_brackets(tex.plain(_text(body, "authors"))))
    return _paper(
        record,
        title=_text(body, "title"),
        abstract=_text(body, "abstract"),
        people=authors.from_names(people),
        comment=_text(body, "comments"),
        journal=_text(body, "journal-ref"),
        dois=[e.text or "" for e in _named(body, "doi")],
        category=_text(body, "categories").partition(" ")[0],
        published=(history[0] if history else None) or first_month(record.source_id),
        entered=stamp,
        revised=history[-1] if len(history) > 1 else None,
        licence=_text(body, "license"),
    )


def _dublin_core(record: Record, body: etree._Element, stamp: str | None) -> Paper:
    texts = [_own_text(e) for e in _named(body, "description")]
    comments = [t for t in texts if t.lower().startswith("comment:")]
    days = sorted(d for e in _named(body, "date") if (d := dates.iso(_own_text(e))))
    labels = [_own_text(e) for e in _named(body, "identifier")]
    people: list[Author] = []
    for creator in _named(body, "creator"):
        family, comma, given = tex.plain(_own_text(creator)).partition(",")
        people.extend((authors.person(family, given),) if comma else authors.from_names(family))
    return _paper(
        record,
        title=_text(body, "title"),
        abstract=next((t for t in texts if t not in comments), ""),
        people=tuple(people),
        comment=" ".join(c.partition(":")[2].strip() for c in comments),
        journal=next((t for t in labels if not re.match(r"https?:|doi:", t, re.IGNORECASE)), ""),
        dois=[t for t in labels if t.lower().startswith("doi:")],
        category=_text(body, "subject"),
        published=(days[0] if days else None) or first_month(record.source_id),
        entered=stamp,
        revised=days[-1] if len(days) > 1 else None,
        licence=_text(body, "rights"),
    )


def _person(element: etree._Element) -> Iterator[Author]:
    """One author element: a person, a group, or "A. Person for the Group"; ":" is nobody."""
    family = tex.plain(" ".join(_own_text(e) for e in _named(element, "keyname")))
    given = tex.plain(_text(element, "forenames"))
    suffix = _text(element, "suffix")
    whole = clean(f"{given} {family} {suffix}")
    if not any(character.isalpha() for character in whole):
        return
    spoken = _FOR.fullmatch(whole)
    if spoken is not None:
        yield from authors.from_names(spoken["person"])
        yield authors.group(spoken["group"])
    elif _GROUP.search(family):
        yield authors.group(whole)
    elif given:
        yield authors.person(family, f"{given} {suffix}")
    else:
        yield from authors.from_names(family)


# -- what all have in common ----------------------------------------------------------------------


def _paper(
    record: Record,
    *,
    title: str,
    abstract: str,
    people: tuple[Author, ...],
    comment: str,
    journal: str,
    dois: Iterable[str],
    category: str,
    published: str | None,
    entered: str | None = None,
    revised: str | None = None,
    licence: str = "",
) -> Paper:
    found = identifiers.arxiv(record.source_id)
    named, flags, notice = title_flags(clean(tex.plain(title)))
    if found is None or not named:
        missing = "title" if found else "arXiv id"
        raise ParseError(record.key, f"it has no {missing}", "its raw payload is kept")
    text = clean(tex.plain(abstract))
    if is_withdrawn(comment) or says_withdrawn(text):
        flags |= {Flag.WITHDRAWN}
    name = found[0] + (f"v{record.version}" if record.version else "")
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=Identifiers(doi=_OWN + found[0], arxiv=found[0]),
        title=named,
        kind=notice or Kind.PREPRINT,
        abstract=text,
        sections=(Section("", text),) if text else (),
        authors=people,
        venue="arXiv",
        published=published,
        entered=entered,
        revised=revised,
        flags=flags,
        links=journal_links(dois, clean(tex.plain(journal))),
        category=category,
        licence=licences.short(licence),
        url=f"https://arxiv.org/abs/{name}",
        pdf_url=f"https://arxiv.org/pdf/{name}",
    )


def journal_links(dois: Iterable[str], reference: str) -> tuple[Link, ...]:
    """Links to the journal article by each DOI given; by its reference alone when there is none."""
    found = (identifiers.doi(part) for text in dois for part in re.split(r"[\s;]+|,(?=10\.)", text))
    journal = dict.fromkeys(doi for doi in found if doi and not doi.startswith(_OWN))
    if not journal and reference:
        return (Link(Relation.PREPRINT_OF, Identifiers(), reference),)
    return tuple(Link(Relation.PREPRINT_OF, Identifiers(doi=doi), reference) for doi in journal)


def is_withdrawn(text: str) -> bool:
    """Whether a comment says that this version is withdrawn."""
    return _WITHDRAWN.search(text) is not None and _EARLIER.search(text) is None


def says_withdrawn(abstract: str) -> bool:
    """Whether the first sentence of an abstract, when it is about the paper, withdraws it."""
    opening = _OPENING.match(abstract)
    return opening is not None and is_withdrawn(opening.group())


def _months(day: str) -> int:
    return int(day[:4]) * 12 + int(day[5:7] or 1)


def _without_brackets(text: str) -> str:
    """Affiliations out of "A. Lee (1), B. Li ((1) Univ. X, (2) Univ. Y)"."""
    before = None
    while before != text:
        before, text = text, re.sub(r"\s*\([^()]*\)", "", text)
    return text


def _parsed(record: Record) -> etree._Element:
    try:
        return safe_xml.parse(record.payload)
    except safe_xml.MalformedXMLError as error:
        raise ParseError(record.key, f"not XML: {error}", "fetch the record again") from None


def _named(element: etree._Element, name: str) -> Iterable[etree._Element]:
    return (child for child in element if local_name(child) == name)


def _walk(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in element.iter() if local_name(child) == name)


def _text(element: etree._Element, name: str) -> str:
    found = next(iter(_named(element, name)), None)
    return _own_text(found) if found is not None else ""


def _own_text(element: etree._Element) -> str:
    return clean(repaired("".join(str(text) for text in element.itertext())))

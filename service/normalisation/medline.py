"""One record of MEDLINE (nbib) text to a paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.errors import ParseError
from service.normalisation import (
    authors,
    dates,
    identifiers,
    pubmed_links,
)
from service.normalisation.markup import join_sections
from service.normalisation.pubmed_title import kind_and_flags, title
from service.normalisation.text import clean
from service.records import Author, Identifiers, Kind, OtherAbstract, Paper, Section

if TYPE_CHECKING:
    from service.records import Link, Record

    Fields = dict[str, list[str]]

_LINE = re.compile(r"([A-Z][A-Z0-9]{1,3}) *- ?(.*)")
_LABEL = re.compile(r"(?:^|(?<=[.?!)\]] ))([A-Z][A-Z0-9 ,/&()'-]{3,80}): ")
_TAGGED = re.compile(r"(.+?)\s*\[([a-z]+)\]")
_TARGET = re.compile(r"\s*\bPMID:\s*(\d+)\s*\.?$")
_LINKS = {
    "EIN": "ErratumIn",
    "EFR": "ErratumFor",
    "RIN": "RetractionIn",
    "ROF": "RetractionOf",
    "PRIN": "PartialRetractionIn",
    "PROF": "PartialRetractionOf",
    "ECI": "ExpressionOfConcernIn",
    "ECF": "ExpressionOfConcernFor",
    "RPI": "RepublishedIn",
    "RPF": "RepublishedFrom",
    "CRI": "CorrectedandRepublishedIn",
    "CRF": "CorrectedandRepublishedFrom",
    "RRI": "RetractedandRepublishedIn",
    "RRF": "RetractedandRepublishedFrom",
    "CIN": "CommentIn",
    "CON": "CommentOn",
    "UIN": "UpdateIn",
    "UOF": "UpdateOf",
}


def article(record: Record) -> Paper:
    """Return the paper in a "medline" payload (UTF-8). Raises `ParseError` without a PMID."""
    lines = _lines(record.payload.decode("utf-8", errors="replace"))
    fields: Fields = {}
    for tag, value in lines:
        fields.setdefault(tag, []).append(value)
    pmid = identifiers.pmid(_first(fields, "PMID"))
    if pmid is None:
        raise ParseError(record.key, "the record has no PMID line", "fetch the record again")
    types = tuple(dict.fromkeys(fields.get("PT", ())))
    book = _first(fields, "BTI")
    named = title(_first(fields, "TI") or _first(fields, "CTI") or book, _first(fields, "TT"))
    venue = _first(fields, "JT") or book
    kind, flags = kind_and_flags(named, types, venue)
    sections = _sections(" ".join(fields.get("AB", ())))
    links = _links(lines, kind is Kind.PREPRINT)
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=_ids(fields, pmid),
        title=named.text,
        kind=Kind.BOOK if book else kind,
        types=types,
        original_title=named.original,
        language=_first(fields, "LA"),
        abstract=join_sections(sections),
        sections=sections,
        other_abstracts=_other_abstracts(fields),
        authors=_authors(lines),
        venue=venue,
        venue_short=_first(fields, "TA"),
        issn=_first(fields, "IS")[:9] or None,
        published=dates.iso(_first(fields, "DEP")) or dates.medline_date(_first(fields, "DP")),
        entered=dates.iso(_first(fields, "EDAT")) or dates.iso(_first(fields, "CRDT")),
        revised=dates.iso(_first(fields, "LR")),
        flags=flags | pubmed_links.flags(_LINKS[tag] for tag, _ in lines if tag in _LINKS),
        links=links,
        keywords=tuple(dict.fromkeys(word.lstrip("*") for word in fields.get("OT", ()))),
        mesh=tuple(dict.fromkeys(h.partition("/")[0].strip("* ") for h in fields.get("MH", ()))),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
    )


def _lines(text: str) -> list[tuple[str, str]]:
    """(tag, value) in order; a line that begins with six spaces goes on with the one before."""
    found: list[tuple[str, str]] = []
    for line in text.replace("\r", "").split("\n"):
        if line.startswith("      ") and found:
            tag, value = found[-1]
            found[-1] = (tag, f"{value} {line.strip()}")
        elif match := _LINE.match(line):
            found.append((match.group(1), match.group(2)))
    return [(tag, clean(value)) for tag, value in found if value.strip()]


def _first(fields: Fields, tag: str) -> str:
    return fields.get(tag, [""])[0]


def _sections(text: str) -> tuple[Section, ...]:
    """Cut at upper-case labels, but only in an abstract that begins with one."""
    if not _LABEL.match(text):
        return (Section("", text),) if text else ()
    pieces = _LABEL.split(text)[1:]
    pairs = zip(pieces[::2], pieces[1::2], strict=True)
    return tuple(Section(label, part.strip()) for label, part in pairs if part.strip())


def _other_abstracts(fields: Fields) -> tuple[OtherAbstract, ...]:
    """OAB is "Publisher: Abstract available from the publisher." or the text itself."""
    languages = fields.get("OABL", [])
    found = []
    for place, text in enumerate(fields.get("OAB", ())):
        kind, _, words = text.partition(": ")
        language = languages[place] if place < len(languages) else ""
        if words and " " not in kind:
            found.append(OtherAbstract(kind, language, words))
        else:
            found.append(OtherAbstract("", language, text))
    return tuple(found)


def _authors(lines: list[tuple[str, str]]) -> tuple[Author, ...]:
    """People and groups in their order; the short form (AU) only where no full one is given."""
    full = any(tag == "FAU" for tag, _ in lines)
    found: list[Author] = []
    for tag, value in lines:
        if tag == "FAU":
            family, _, given = value.partition(",")
            found.append(authors.person(family, given))
        elif tag == "AU" and not full:
            found.append(authors.from_initials(value))
        elif tag == "CN":
            found.append(authors.group(value))
        elif tag == "AUID" and found and (orcid := identifiers.orcid(value)):
            last = found[-1]
            found[-1] = Author(last.family, last.given, last.collective, orcid)
    return tuple(found)


def _ids(fields: Fields, pmid: str) -> Identifiers:
    tagged: dict[str, str] = {}
    for value in [*fields.get("AID", ()), *fields.get("LID", ())]:
        if match := _TAGGED.fullmatch(value):
            tagged.setdefault(match.group(2), match.group(1))
    doi = identifiers.doi(tagged.get("doi"))
    eprint = identifiers.arxiv(doi) if doi else None
    return Identifiers(
        doi=doi,
        pmid=pmid,
        pmcid=identifiers.pmcid(_first(fields, "PMC")),
        arxiv=eprint[0] if eprint else None,
    )


def _links(lines: list[tuple[str, str]], preprint: bool) -> tuple[Link, ...]:
    found = []
    for tag, value in lines:
        if tag in _LINKS:
            target = _TARGET.search(value)
            text = value[: target.start()] if target else value
            pmid = target.group(1) if target else None
            found.append(pubmed_links.link(_LINKS[tag], text, pmid, preprint))
    return tuple(found)

"""One RIS entry to a paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import rispy

from service.errors import ParseError
from service.normalisation import citations, dates, fields, kinds
from service.normalisation.authors import from_semicolons, group
from service.normalisation.choice import earliest, unique
from service.normalisation.markup import html_sections, html_text, join_sections
from service.normalisation.text import title_flags
from service.records import Kind, Paper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import Author, Identifiers, Record

_LOOSE = re.compile(r"^([A-Z][A-Z0-9])\s{1,2}-[ \t]?", re.MULTILINE)
_PUBMED = re.compile(r"pubmed|medline|nlm|national library of medicine", re.IGNORECASE)


def article(record: Record) -> Paper:
    """Return the paper in a "ris" payload. Raises `ParseError` when it is no entry."""
    entry = _entry(record)
    known = _ids(entry)
    words, flags, notice = title_flags(html_text(_first(entry, "title", "primary_title")))
    if not words and not any((known.doi, known.pmid, known.pmcid)):
        raise ParseError(record.key, "the entry has neither a title nor an id", "check the file")
    venue, short = _venue(entry)
    sections = html_sections(_first(entry, "abstract", "notes_abstract"))
    base = _kind(entry)
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=known,
        title=words,
        kind=citations.kind(base, notice, citations.is_preprint(venue, known)),
        types=unique((_first(entry, "type_of_reference"), _first(entry, "type_of_work"))),
        original_title=html_text(_first(entry, "translated_title")),
        language=_first(entry, "language"),
        abstract=join_sections(sections),
        sections=sections,
        authors=tuple(_authors(entry)),
        venue=venue,
        venue_short=short,
        issn=citations.issn(_first(entry, "issn")),
        published=earliest(
            _date(_first(entry, name)) for name in ("date", "year", "publication_year")
        ),
        flags=flags,
        keywords=citations.keywords(fields.texts(entry, "keywords")),
        url=next((u for u in fields.texts(entry, "urls") if u.startswith("http")), "")
        or (f"https://doi.org/{known.doi}" if known.doi else ""),
        pdf_url=next((u for u in (_first(entry, "file_attachments1"),) if _is_address(u)), ""),
    )


def _entry(record: Record) -> dict[str, object]:
    """The entry by rispy's names. Tags with one space too few are read as well."""
    text = re.sub(r"\r\n?", "\n", record.payload.decode("utf-8", "replace"))
    found = rispy.loads(_LOOSE.sub(r"\1  - ", text), delimiter_tags_mapping={})
    if not found:
        raise ParseError(record.key, "the payload is no RIS entry", "import the file again")
    entry: dict[str, object] = found[0]
    return entry


def _first(entry: dict[str, object], *names: str) -> str:
    """The text of the first of the named fields that has one; "XX" reads an unknown tag."""
    for name in names:
        if said := fields.text(entry, name) or fields.text(entry, "unknown_tag", name):
            return said
    return ""


def _ids(entry: dict[str, object]) -> Identifiers:
    number = _first(entry, "accession_number")
    base = f"{_first(entry, 'name_of_database')} {_first(entry, 'database_provider')}"
    notes = (
        *fields.texts(entry, "urls"),
        *(_first(entry, name) for name in ("type_of_work", "L3", "custom2", "custom7", "note")),
        number,
        *fields.texts(entry, "notes"),
        _first(entry, "alternate_title3", "secondary_title"),
    )
    return citations.ids(
        doi=_first(entry, "doi"),
        pmid=number if number.isdigit() and _PUBMED.search(base) else "",
        pmcid="",
        elsewhere=notes,
    )


def _authors(entry: dict[str, object]) -> Iterator[Author]:
    for name in fields.texts(entry, "authors") or fields.texts(entry, "first_authors"):
        if name.endswith(","):  # how reference managers mark an organisation
            yield group(name.rstrip(" ,"))
        else:
            yield from from_semicolons(name)


def _venue(entry: dict[str, object]) -> tuple[str, str]:
    """The journal's, book's or server's name, and the abbreviated one."""
    names = unique(
        html_text(_first(entry, name))
        for name in ("alternate_title3", "secondary_title", "journal_name", "BT")
    )
    short = html_text(_first(entry, "alternate_title1", "alternate_title2"))
    if not short and len(names) > 1:
        short = min(names, key=len)
    long = names[0] if names else short or html_text(_first(entry, "publisher"))
    return long, short


def _kind(entry: dict[str, object]) -> Kind:
    base = kinds.named(_first(entry, "type_of_reference"), kinds.RIS)
    told = kinds.mixed((_first(entry, "type_of_work"),))
    return told if base is Kind.ARTICLE and told is not Kind.OTHER else base


def _date(text: str) -> str | None:
    """ "2020/03/05/", "2020//", "2020/03/05/Spring" or any usual form."""
    parts = [*text.split("/"), "", ""]
    if parts[0].strip().isdigit():
        return dates.partial(parts[0], parts[1] or None, parts[2] or None)
    return dates.iso(text) or dates.medline_date(text)


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://"))

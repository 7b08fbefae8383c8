"""One BibTeX entry, with the @string definitions it uses, to a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bibtexparser.middlewares.names import (
    InvalidNameError,
    parse_single_name_into_parts,
    split_multiple_persons_names,
)
from bibtexparser.model import DuplicateFieldKeyBlock, Entry, String
from bibtexparser.splitter import Splitter

from service.errors import ParseError
from service.normalisation import citations, dates, kinds, latex
from service.normalisation.authors import group, person
from service.normalisation.markup import html_sections, html_text, join_sections
from service.normalisation.text import title_flags
from service.records import Kind, Paper

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.records import Author, Identifiers, Record


def article(record: Record) -> Paper:
    """Return the paper in a "bibtex" payload. Raises `ParseError` when it is no entry.

    LaTeX becomes Unicode; math is written out plainly. `crossref` fields are not followed.
    """
    kind, raw = _entry(record)
    known = _ids(raw)
    title = html_text(latex.text(raw.get("title", "")))
    subtitle = html_text(latex.text(raw.get("subtitle", "")))
    words, flags, notice = title_flags(f"{title}: {subtitle}" if subtitle else title)
    if not words and not any((known.doi, known.pmid, known.pmcid)):
        raise ParseError(record.key, "the entry has neither a title nor an id", "check the file")
    venue = _venue(raw)
    sections = html_sections(latex.text(raw.get("abstract", "")))
    preprint = citations.is_preprint(venue, known) or (
        known.arxiv is not None and kind != "article"
    )
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=known,
        title=words,
        kind=citations.kind(_kind(kind, raw), notice, preprint),
        types=(kind,),
        language=latex.text(raw.get("language") or raw.get("langid") or ""),
        abstract=join_sections(sections),
        sections=sections,
        authors=tuple(_authors(raw.get("author", ""))),
        venue=venue,
        venue_short=html_text(latex.text(raw.get("shortjournal", ""))),
        issn=citations.issn(raw.get("issn", "")),
        published=_published(raw),
        flags=flags,
        keywords=citations.keywords((latex.text(raw.get("keywords", "")),)),
        url=latex.address(raw.get("url", ""))
        or (f"https://doi.org/{known.doi}" if known.doi else ""),
    )


def _entry(record: Record) -> tuple[str, dict[str, str]]:
    """The entry's type and its fields by lower-case name, definitions put in, LaTeX untouched."""
    strings: dict[str, str] = {}
    for block in Splitter(record.payload.decode("utf-8", "replace")).split().blocks:
        if isinstance(block, String):
            strings[block.key.lower()] = latex.value(str(block.value), strings)
            continue
        entry = block.ignore_error_block if isinstance(block, DuplicateFieldKeyBlock) else block
        if isinstance(entry, Entry):
            found = {f.key.lower(): latex.value(str(f.value), strings) for f in entry.fields}
            return entry.entry_type.lower(), found
    raise ParseError(record.key, "the payload is no BibTeX entry", "import the file again")


def _ids(raw: Mapping[str, str]) -> Identifiers:
    prefix = (raw.get("archiveprefix") or raw.get("eprinttype") or "").lower()
    eprint = raw.get("eprint", "")
    notes = (
        f"arXiv:{eprint}" if prefix == "arxiv" else "",
        *(latex.address(raw.get(name, "")) for name in ("url", "note", "journal", "howpublished")),
    )
    return citations.ids(
        doi=latex.address(raw.get("doi", "")),
        pmid=raw.get("pmid", "") or (eprint if prefix in ("pubmed", "pmid") else ""),
        pmcid=raw.get("pmcid") or raw.get("pmc", ""),
        elsewhere=notes,
    )


def _kind(kind: str, raw: Mapping[str, str]) -> Kind:
    base = kinds.named(kind, kinds.BIBTEX)
    told = kinds.mixed((raw.get("type", ""),))
    return told if kind in ("article", "misc") and told is not Kind.ARTICLE else base


def _venue(raw: Mapping[str, str]) -> str:
    names = ("journal", "journaltitle", "booktitle", "school", "institution", "publisher")
    found = next((raw[name] for name in names if raw.get(name)), "")
    if not found and raw.get("archiveprefix", "").lower() == "arxiv":
        return "arXiv"
    return html_text(latex.text(found))


def _authors(names: str) -> Iterator[Author]:
    """The authors; one wholly in braces is a group, "others" is nobody."""
    for name in split_multiple_persons_names(names):
        if name.lower() in ("others", ""):
            continue
        if name.startswith("{") and latex.closing(name) == len(name) - 1:
            yield group(latex.text(name))
            continue
        try:
            parts = parse_single_name_into_parts(name, strict=False)
        except InvalidNameError:
            yield group(latex.text(name))
            continue
        family = latex.text(" ".join([*parts.von, *parts.last]))
        yield person(family, latex.text(" ".join([*parts.first, *parts.jr])))


def _published(raw: Mapping[str, str]) -> str | None:
    """biblatex's date, else year, month and day."""
    if whole := dates.iso(raw.get("date", "")):
        return whole
    told = raw.get("month", "").replace("~", " ").split()  # mar, 3, "5~mar", "March 5"
    month = next((word for word in told if word.isalpha()), told[0] if told else None)
    day = raw.get("day") or next((word for word in told if word != month), None)
    return dates.partial(raw.get("year", ""), month, day)

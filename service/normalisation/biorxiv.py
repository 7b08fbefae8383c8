"""bioRxiv and medRxiv: rows of /details and /pubs as papers.

The DOI is the same for all versions of a preprint; the server's name is the venue.
"""

from __future__ import annotations

import re
from dataclasses import replace

from service.errors import ParseError
from service.normalisation import authors, dates, fields, highwire, identifiers, licences, markup
from service.normalisation.text import clean, title_flags
from service.records import Flag, Identifiers, Kind, Link, Paper, Record, Relation

_VENUES = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
_DATED = re.compile(r"10\.\d{4,9}/(20\d\d)\.\d\d\.\d\d\.")
_NOTHING = frozenset(("", "na", "n/a", "none", "null"))


def article(record: Record) -> Paper:
    """A row of /details: one version of one preprint. Raises `ParseError` without DOI or title.

    `published` is the day of version 1; of later versions, whose row does not tell it, the year
    in the DOI. A withdrawn version's abstract is the statement of withdrawal.
    """
    row = fields.load(record)
    paper = _preprint(record, row, "", fields.text(row, "published"), "")
    first = record.version in {"", "1"}
    day = paper.published
    named = _DATED.match(paper.ids.doi or "")
    kind = clean(fields.text(row, "type"))
    withdrawn = {Flag.WITHDRAWN} if kind.lower() == "withdrawn" else set()
    return replace(
        paper,
        types=(kind,) if kind else (),
        flags=paper.flags | withdrawn,
        published=day if first else (named.group(1) if named else None),
        entered=day,
        revised=None if first else day,
        licence=licences.short(fields.text(row, "license")),
    )


def publication(record: Record) -> Paper:
    """A row of /pubs: a preprint and the journal article it became. The row names no version."""
    row = fields.load(record)
    journal = clean(fields.text(row, "published_journal"))
    return _preprint(record, row, "preprint_", fields.text(row, "published_doi"), journal)


def _preprint(
    record: Record, row: dict[str, object], prefix: str, journal_doi: str, journal: str
) -> Paper:
    """What both replies say, under names that differ in `prefix`; `published` is the row's date."""
    doi = identifiers.doi(fields.text(row, f"{prefix}doi"))
    said = clean(highwire.restored(fields.text(row, f"{prefix}title")))
    if doi is None or not said:
        missing = "DOI" if doi is None else "title"
        raise ParseError(record.key, f"the row has no {missing}", "its raw payload is kept")
    title, flags, notice = title_flags(said)
    abstract = fields.text(row, f"{prefix}abstract")
    sections = highwire.sections("" if abstract.lower() in _NOTHING else abstract)
    link = _journal_link(journal_doi, journal, doi)
    site = f"https://www.{record.source}.org/content/{doi}"
    site += f"v{record.version}" if record.version else ""
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=Identifiers(doi=doi),
        title=title,
        kind=notice or Kind.PREPRINT,
        abstract=markup.join_sections(sections),
        sections=sections,
        authors=authors.from_semicolons(fields.text(row, f"{prefix}authors")),
        venue=_VENUES.get(record.source, record.source),
        published=dates.iso(fields.text(row, f"{prefix}date")),
        flags=flags,
        links=(link,) if link else (),
        category=clean(fields.text(row, f"{prefix}category")).lower(),
        url=site,
        pdf_url=f"{site}.full.pdf",
    )


def _journal_link(text: str, journal: str, own: str) -> Link | None:
    found = None if text.lower() in _NOTHING else identifiers.doi(text)
    if found is None or found == own:
        return None
    return Link(Relation.PREPRINT_OF, Identifiers(doi=found), journal)

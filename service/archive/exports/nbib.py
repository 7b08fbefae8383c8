"""nbib, the MEDLINE form that PubMed gives. A record of it has a PMID, or is none."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from service.archive.exports.entry import TYPES
from service.archive.exports.plain import line
from service.records import Flag, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.archive.exports.entry import Entry

_WIDTH = 87
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def fits(entry: Entry) -> bool:
    """Whether the work is in PubMed: readers part records at the PMID."""
    return bool(entry.work.ids.pmid)


def written(entries: Iterable[Entry]) -> Iterator[str]:
    """One record a chunk, a blank line after each; works that are not in PubMed are left out."""
    for entry in filter(fits, entries):
        lines = [part for tag, value in _fields(entry) for part in _lines(tag, line(value))]
        yield "\n".join([*lines, "", ""])


def _lines(tag: str, value: str) -> list[str]:
    """The tag and its value; what is too long goes on after six spaces."""
    return textwrap.wrap(
        value,
        _WIDTH,
        initial_indent=f"{tag:<4}- ",
        subsequent_indent=" " * 6,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _fields(entry: Entry) -> Iterator[tuple[str, str]]:
    work, ids = entry.work, entry.work.ids
    yield "PMID", ids.pmid or ""
    yield "IS", entry.issn or ""
    yield "DP", _date(entry.date)
    if len(entry.date) == 3:
        yield "DEP", "".join(entry.date)
    yield "BTI" if work.kind is Kind.BOOK else "TI", entry.title
    yield "LID", f"{ids.doi} [doi]" if ids.doi else ""
    yield "AB", entry.abstract
    for person in entry.people:
        if person.collective:
            yield "CN", person.collective
        else:
            family = person.family.replace(",", " ")
            yield "FAU", f"{family}, {person.given}" if person.given else family
        yield "AUID", f"ORCID: {person.orcid}" if person.orcid else ""
    yield "PT", TYPES.get(work.kind, "")
    if Flag.RETRACTED in work.flags:
        yield "PT", "Retracted Publication"
    if Flag.WITHDRAWN in work.flags:
        yield "PT", "Withdrawn Publication"
    yield "JT", entry.venue
    yield from (("OT", word) for word in entry.subjects)
    yield "GN", entry.note
    yield "PMC", ids.pmcid or ""
    yield "AID", f"{ids.doi} [doi]" if ids.doi else ""


def _date(date: tuple[str, ...]) -> str:
    """ "2026 Nov 18", "2026 Nov", "2026"."""
    year, month, day = (*date, "", "", "")[:3]
    named = _MONTHS[int(month) - 1] if month.isdecimal() and 1 <= int(month) <= 12 else ""
    return " ".join(filter(None, (year, named, str(int(day)) if named and day.isdecimal() else "")))

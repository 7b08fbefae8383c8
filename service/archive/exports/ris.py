"""RIS: one tag a line, and no line that a title could begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.archive.exports.entry import TYPES
from service.archive.exports.plain import line
from service.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.archive.exports.entry import Entry
    from service.records import Author

_KINDS = {
    Kind.PREPRINT: "UNPB",
    Kind.BOOK: "BOOK",
    Kind.DATASET: "DATA",
    Kind.OTHER: "GEN",
}


def written(entries: Iterable[Entry]) -> Iterator[str]:
    """One RIS reference a chunk; lines end in CR LF, as the format asks."""
    for entry in entries:
        kind = _KINDS.get(entry.work.kind, "JOUR")
        lines = [f"{tag}  - {line(value)}" for tag, value in _fields(entry, kind) if value]
        yield "\r\n".join([f"TY  - {kind}", *lines, "ER  - ", "", ""])


def _fields(entry: Entry, kind: str) -> Iterator[tuple[str, str]]:
    work, ids = entry.work, entry.work.ids
    yield "ID", entry.key
    yield "TI", entry.title
    yield from (("AU", _author(person)) for person in entry.people)
    yield "T2" if kind in ("JOUR", "UNPB") else "PB", entry.venue
    if entry.date:
        yield "PY", entry.date[0]
        yield "DA", "/".join([*entry.date, "", ""][:3]) + "/"
    if work.kind is not Kind.ARTICLE:
        yield "M3", TYPES.get(work.kind, "")
    yield "SN", entry.issn or ""
    yield "DO", ids.doi or ""
    if ids.pmid:
        yield "AN", ids.pmid
        yield "DB", "PubMed"
    yield "C2", ids.pmcid or ""
    yield from (("UR", url) for url in entry.urls)
    yield from (("KW", word) for word in entry.subjects)
    yield "N1", entry.note
    yield "AB", entry.abstract


def _author(person: Author) -> str:
    """ "Family, Given"; a group ends in a comma, as reference managers mark one. A semicolon would
    part two people."""
    if person.collective:
        return person.collective.replace(";", " ").rstrip(" ,") + ","
    family = person.family.replace(",", " ")
    return f"{family}, {person.given}".replace(";", " ").removesuffix(", ")

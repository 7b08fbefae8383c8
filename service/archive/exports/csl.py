"""CSL-JSON, which citation processors (pandoc, Zotero, citeproc) read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from service.archive.exports.entry import TYPES
from service.archive.exports.plain import line, lines
from service.records import Flag, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.archive.exports.entry import Entry
    from service.records import Author

_KINDS = {
    Kind.PREPRINT: "article",  # so the specification of CSL, appendix III
    Kind.BOOK: "book",
    Kind.DATASET: "dataset",
    Kind.OTHER: "document",
}


def written(entries: Iterable[Entry]) -> Iterator[str]:
    """One list, an item a chunk."""
    before = "[\n"
    for entry in entries:
        yield before + json.dumps(item(entry), ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def item(entry: Entry) -> dict[str, object]:
    """A work as an item of CSL, by the names of its schema; what is not known is left out."""
    work, ids = entry.work, entry.work.ids
    kind = _KINDS.get(work.kind, "article-journal")
    told: dict[str, object] = {
        "title": entry.title,
        "author": [_name(person) for person in entry.people],
        "container-title" if kind == "article-journal" else "publisher": entry.venue,
        "issued": {"date-parts": [list(map(int, entry.date))]} if _is_date(entry) else {},
        "genre": "" if work.kind is Kind.ARTICLE else TYPES.get(work.kind, ""),
        "status": "retracted" if Flag.RETRACTED in work.flags else "",
        "DOI": line(ids.doi or ""),
        "PMID": line(ids.pmid or ""),
        "PMCID": line(ids.pmcid or ""),
        "number": f"arXiv:{line(ids.arxiv)}" if ids.arxiv else "",
        "ISSN": line(entry.issn or ""),
        "URL": entry.urls[0] if entry.urls else "",
        "keyword": ", ".join(entry.subjects),
        "note": entry.note,
        "abstract": lines(work.abstract),
    }
    return {"id": entry.key, "type": kind} | {name: value for name, value in told.items() if value}


def _is_date(entry: Entry) -> bool:
    return bool(entry.date) and all(part.isdecimal() for part in entry.date)


def _name(person: Author) -> dict[str, str]:
    if person.collective:
        return {"literal": person.collective}
    told = {"family": person.family, "given": person.given}
    return {part: value for part, value in told.items() if value}

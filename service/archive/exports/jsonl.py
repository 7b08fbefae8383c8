"""JSON Lines: everything, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from service.archive.exports.plain import line, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.archive.exports.entry import Entry
    from service.records import Author

# Line breaks to readers that cut as `str.splitlines` does; JSON allows them bare.
_BREAKS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}


def written(entries: Iterable[Entry]) -> Iterator[str]:
    """One object a chunk, each on one line, all with the same names."""
    for entry in entries:
        yield json.dumps(_document(entry), ensure_ascii=False).translate(_BREAKS) + "\n"


def _document(entry: Entry) -> dict[str, object]:
    work, ids = entry.work, entry.work.ids
    return {
        "work": work.id,
        "key": entry.key,
        "title": entry.title,
        "authors": [_person(person) for person in entry.people],
        "journal": entry.venue,
        "issn": entry.issn,
        "published": work.published,
        "kind": str(work.kind),
        "flags": sorted(map(str, work.flags)),
        "doi": ids.doi,
        "pmid": ids.pmid,
        "pmcid": ids.pmcid,
        "arxiv": ids.arxiv,
        "url": line(work.url),
        "pdf_url": line(work.pdf_url),
        "abstract": lines(work.abstract),
        "keywords": [word for word in map(line, entry.keywords) if word],
        "topics": list(entry.topics),
        "sources": list(work.sources),
        "first_seen_at": work.first_seen_at.isoformat(),
    }


def _person(person: Author) -> dict[str, str]:
    """The parts that are known: family and given, or name for a group and for one undivided."""
    told = {
        "family": person.family,
        "given": person.given,
        "name": person.collective,
        "orcid": person.orcid or "",
    }
    return {part: value for part, value in told.items() if value}

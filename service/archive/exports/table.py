"""CSV, for spreadsheets: no cell is a formula, whatever it says."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from service.archive.exports.plain import line, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.archive.exports.entry import Entry

COLUMNS = (
    "work", "key", "title", "authors", "journal", "issn", "published", "kind", "flags", "doi",
    "pmid", "pmcid", "arxiv", "url", "pdf_url", "keywords", "topics", "sources", "first_seen_at",
    "abstract",
)  # fmt: skip

# What a spreadsheet takes for a formula, or for one behind our apostrophe. The full-width signs
# are those that some locales fold to plain ones.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def written(entries: Iterable[Entry]) -> Iterator[str]:
    """The line of names, then one row a chunk, as RFC 4180 has it."""
    yield _row(COLUMNS)
    for entry in entries:
        yield _row(map(harmless, _cells(entry)))


def harmless(cell: str) -> str:
    """The cell, behind an apostrophe where a spreadsheet would reckon with it."""
    return "'" + cell if _FORMULA.match(cell) else cell


def meant(cell: str) -> str:
    """The inverse of `harmless`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _row(cells: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _cells(entry: Entry) -> tuple[str, ...]:
    work, ids = entry.work, entry.work.ids
    names = (", ".join(filter(None, (p.family, p.given))) or p.collective for p in entry.people)
    return (
        str(work.id),
        entry.key,
        entry.title,
        "; ".join(names),
        entry.venue,
        entry.issn or "",
        work.published or "",
        str(work.kind),
        "; ".join(sorted(map(str, work.flags))),
        line(ids.doi or ""),
        line(ids.pmid or ""),
        line(ids.pmcid or ""),
        line(ids.arxiv or ""),
        line(work.url),
        line(work.pdf_url),
        "; ".join(filter(None, map(line, entry.keywords))),
        "; ".join(entry.topics),
        "; ".join(work.sources),
        work.first_seen_at.isoformat(),
        lines(work.abstract),
    )

"""What a receipt counts of records: why they are in no work, and what the others lack. Pure.

A module beside the pipeline, with the same rules.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.errors import ParseError
    from service.records import Paper

DELETED = "deleted at the source"
_OTHER = "not understood"
# The first that fits: classes that stay few, whatever a source sends.
_REASONS = (
    (re.compile(r"not (?:JSON|XML|well-formed)|is empty"), "damaged"),
    (re.compile(r"neither a title|no (?:title|source|id|DOI|PMID)\b|\bhas no [a-z]+id\b"), "no id"),
    (re.compile(r"no normaliser|unexpected form|\bnot an? |is no |no metadata"), "another form"),
)


def dropped(errors: Iterable[ParseError], gone: int) -> dict[str, int]:
    """How many records are in no work, by a short reason."""
    found = Counter(_reason(error.cause) for error in errors)
    if gone:
        found[DELETED] = gone
    return dict(sorted(found.items()))


def _reason(cause: str) -> str:
    return next((told for pattern, told in _REASONS if pattern.search(cause)), _OTHER)


def lacking(papers: Iterable[Paper]) -> dict[str, int]:
    """How many of these papers came without an abstract, authors, a date, a DOI; nothing where
    there are none."""
    told = [
        {
            "abstract": not paper.abstract,
            "authors": not paper.authors,
            "date": not paper.published,
            "doi": not paper.ids.doi,
        }
        for paper in papers
    ]
    return {name: sum(each[name] for each in told) for name in told[0]} if told else {}

"""The query language: words, "phrases" and -exclusions. Any text is a valid query."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Query:
    """Each of `wanted` (a word or a phrase) must be there, each of `unwanted` must not."""

    wanted: tuple[str, ...]
    unwanted: tuple[str, ...] = ()


def parse(text: str) -> Query:
    """Read a query. An unclosed quote runs to the end; a hyphen inside a word is part of it."""
    wanted: list[str] = []
    unwanted: list[str] = []
    for match in _TERM.finditer(text):
        term = (match["phrase"] if match["phrase"] is not None else match["word"]).strip()
        if re.search(r"\w", term):
            (unwanted if match["minus"] else wanted).append(term)
    return Query(tuple(wanted), tuple(unwanted))

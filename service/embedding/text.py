"""What text of a work is embedded, and how a long one is cut into chunks. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Changes whenever `text_of` or `chunks` would give something else: it is stored with each vector.
TEXT_VERSION = "title, title-abstract-2"

_SENTENCE_START = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+(?=\S)")


def text_of(title: str, abstract: str) -> str:
    """Title and abstract as one text, each ended by a mark, white space folded."""
    parts = (" ".join(part.split()) for part in (title, abstract))
    return " ".join(p if p[-1] in ".!?" else f"{p}." for p in parts if p)


def sentence_starts(text: str) -> list[int]:
    """Offsets where a sentence may begin; too many do no harm, they only offer a place to cut."""
    return [match.end() for match in _SENTENCE_START.finditer(text)]


def chunks(tokens: Sequence[int], starts: Sequence[int], window: int) -> list[tuple[int, int]]:
    """Cut a text, given its tokens' character offsets, into pieces of at most `window` tokens.

    Returns half-open token ranges that cover every token exactly once. Pieces are of about equal
    length, because a stub of one sentence would say little, and they begin where a sentence does
    (`starts`, character offsets) unless a sentence is itself too long for that.
    """
    if window < 1:
        raise ValueError("window must be at least one token")
    total = len(tokens)
    cuts = _token_cuts(tokens, starts)
    found: list[tuple[int, int]] = []
    begin = 0
    while total - begin > window:
        pieces = -(-(total - begin) // window)
        wanted = begin + -(-(total - begin) // pieces)
        end = _nearest_cut(cuts, begin, wanted, begin + window)
        found.append((begin, end))
        begin = end
    if begin < total or not found:
        found.append((begin, total))
    return found


def _token_cuts(tokens: Sequence[int], starts: Sequence[int]) -> list[int]:
    """Index of the first token at or after each sentence start."""
    cuts: list[int] = []
    index = 0
    for start in starts:
        while index < len(tokens) and tokens[index] < start:
            index += 1
        cuts.append(index)
    return cuts


def _nearest_cut(cuts: Sequence[int], begin: int, wanted: int, limit: int) -> int:
    """The cut nearest to `wanted` that leaves at least half a piece; `wanted` if there is none."""
    least = begin + (wanted - begin + 1) // 2
    allowed = [cut for cut in cuts if least <= cut <= limit and cut > begin]
    return min(allowed, key=lambda cut: (abs(cut - wanted), cut), default=wanted)

"""Included and excluded terms: whole words, plural, case, hyphen and spelling aside. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from service.ranking.words import spans, words

if TYPE_CHECKING:
    from collections.abc import Sequence


def needles(terms: Sequence[str]) -> list[tuple[str, str]]:
    """(term, what to look for), without terms that fold to the same or to nothing."""
    found: dict[str, str] = {}
    for term in terms:
        folded = words(term)
        if folded:
            found.setdefault(f" {' '.join(folded)} ", term)
    return [(term, needle) for needle, term in found.items()]


def holding(text: str, looked_for: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The terms that `text` holds, in the order given; its folded words stand between spaces."""
    return tuple(term for term, needle in looked_for if needle in text)


@lru_cache(maxsize=1)  # a memo of a pure function: terms are looked for in one text after another
def _spans(text: str) -> tuple[tuple[str, int, int], ...]:
    return tuple(spans(text))


def as_written(term: str, text: str) -> str | None:
    """The words of `text` that `term` stands for, as they are spelled there."""
    wanted = words(term)
    found = _spans(text)
    folded = [word for word, _, _ in found]
    for at, word in enumerate(folded):
        if word == wanted[0] and folded[at : at + len(wanted)] == wanted:
            return text[found[at][1] : found[at + len(wanted) - 1][2]]
    return None

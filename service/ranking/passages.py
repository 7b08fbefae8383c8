"""Matched terms as a work spells them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.ranking.terms import as_written
from service.ranking.words import STOP, spans, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def as_shown(
    text: str, phrases: Sequence[str], shares: Mapping[str, float]
) -> list[tuple[str, float]]:
    """Included phrases, then single words, each with its share of the match, strongest first.

    `shares` are those of folded words; a phrase has the sum of its words', which then do not come
    again by themselves. What the text only holds spelled out is given in that spelling.
    """
    spelled: dict[str, str] = {}
    for word, start, end in spans(text):
        if word in shares and word not in STOP:
            spelled.setdefault(word, text[start:end])
    shown: dict[str, float] = {}
    covered: set[str] = set()
    for phrase in phrases:
        held = set(words(phrase))
        shown.setdefault(as_written(phrase, text) or phrase, sum(shares.get(w, 0.0) for w in held))
        covered |= held
    for word, share in shares.items():
        if word not in covered:
            shown.setdefault(spelled.get(word, word), share)
    phrased = list(shown.items())[: len(shown)]
    return sorted(phrased, key=lambda item: (-item[1], item[0]))

"""Which sentence of an abstract carries the match, and which of its words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.ranking.terms import as_written
from service.ranking.words import STOP, spans, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.records import Candidate

_TERMS_SHOWN = 8
_TELLING = 0.02  # words below this share of the strongest word's pull explain nothing
# A long sentence holds more words by length alone; this many words are on the house.
_EVEN_LENGTH = 12


def carrying_sentence(
    sentences: Sequence[str], pull: Mapping[str, float], phrases: Sequence[str]
) -> str:
    """The sentence with the greatest overlap with `pull` (word to weight); "" if none overlaps.

    A sentence that holds an included phrase counts its words once more.
    """
    best, chosen = 0.0, ""
    for sentence in sentences:
        found = words(sentence)
        score = sum(pull.get(word, 0.0) for word in set(found))
        held = sum(1 for phrase in phrases if as_written(phrase, sentence) is not None)
        score *= (1.0 + held) / (_EVEN_LENGTH + len(found)) ** 0.5
        if score > best:
            best, chosen = score, sentence
    return chosen


def matched_terms(
    work: Candidate, pull: Mapping[str, float], phrases: Sequence[str]
) -> tuple[str, ...]:
    """Included phrases, then the words that add most to the score, as the work spells them."""
    text = f"{work.title}\n{work.abstract}"
    shown = [written for phrase in phrases if (written := as_written(phrase, text))]
    covered = {word for phrase in phrases for word in words(phrase)}
    spelled: dict[str, str] = {}
    counts: dict[str, int] = {}
    least = _TELLING * max(pull.values(), default=0.0)
    for word, start, end in spans(text):
        if pull.get(word, 0.0) > least and word not in STOP and word not in covered:
            spelled.setdefault(word, text[start:end])
            counts[word] = counts.get(word, 0) + 1
    ordered = sorted(spelled, key=lambda word: (-pull[word] * (1 + counts[word]) ** 0.5, word))
    return tuple((shown + [spelled[word] for word in ordered])[:_TERMS_SHOWN])

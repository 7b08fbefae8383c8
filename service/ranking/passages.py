"""Matched terms as a work spells them. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from service.ranking.terms import as_written
from service.ranking.words import spellings, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def as_shown(
    text: str, raws: Iterable[str], phrases: Sequence[str], shares: Mapping[str, float]
) -> list[tuple[str, float]]:
    """Included phrases and single words, each with its share of the match, strongest first, ties
    by name; together they have what `shares` add up to, at most.

    `raws` are the words of `text` as they stand there, in order. `shares` are those of folded
    words; a phrase has the sum of its words', which then do not come again by themselves. Phrases
    that hold the same word have equal parts of its share. What the text only holds in another form
    ("NETs" for the long form) is given as the phrase itself.
    """
    held = {phrase: told for phrase in phrases if (told := dict.fromkeys(words(phrase)))}
    claims = Counter(word for each in held.values() for word in each)
    others = {word: share for word, share in shares.items() if word not in claims}
    alone = {phrase: word for phrase in held for word, *rest in [words(phrase)] if not rest}
    spelled = spellings(raws, {*others, *alone.values()})
    shown: dict[str, float] = {}
    for phrase, its in held.items():
        written = spelled.get(alone[phrase]) if phrase in alone else as_written(phrase, text)
        name = written or phrase
        shown[name] = shown.get(name, 0.0) + sum(shares.get(w, 0.0) / claims[w] for w in its)
    for word, share in others.items():
        name = spelled.get(word, word)
        shown[name] = shown.get(name, 0.0) + share
    return sorted(shown.items(), key=lambda item: (-item[1], item[0]))

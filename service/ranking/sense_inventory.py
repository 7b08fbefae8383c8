"""What short forms stand for in the literature at hand, and among which words. Pure.

Nothing is listed by hand: the papers of the background define their short forms themselves.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from service.ranking.commonness import share_of
from service.ranking.sense_forms import same_form
from service.ranking.words import STOP, WORD, fold

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Mapping, Sequence

    from service.ranking.sense_writing import Writing

_MOST_PAPERS = 200  # whose words are counted for one sense; more tell nothing new

_HEADINGS = """abstract aim background conclusion discussion finding introduction method objective
    purpose result setting january february march april may june july august september october
    november december"""
_DULL = STOP | set(_HEADINGS.split())


@dataclass(frozen=True)
class Usage:
    """One sense of a short form: `papers` define it so, some of them in these `texts`."""

    long: str
    papers: int = 0
    texts: Sequence[str] = field(default=(), repr=False)

    @cached_property
    def row(self) -> Mapping[str, float]:
        """Among which words: how much more of the texts than of all papers hold a word, times its
        rarity. Worked out when it is asked for: most senses never meet a paper that is unclear.

        The row has the length of the fourth root of 1 / texts: more texts hold more words, and so
        are nearer to any paper. Measured on 1 to 300 texts, that makes cosines with unrelated
        papers even.
        """
        counts: Counter[str] = Counter()
        for text in self.texts:
            counts.update(telling(text))
        counted = len(self.texts)
        above = {word: max(0.0, n / counted - share_of(word)) for word, n in counts.items()}
        return weighted(above, length=max(counted, 1) ** -0.25)


@dataclass(frozen=True, slots=True)
class Inventory:
    """The senses met, by short form, the most frequent first. An empty one knows nothing."""

    usages: Mapping[str, tuple[Usage, ...]] = field(default_factory=dict)


def take_inventory(papers: Iterable[Writing], shorts: Collection[str]) -> Inventory:
    """The senses in which `papers` define each of `shorts` (singular: "NET")."""
    texts: dict[str, dict[str, list[str]]] = {}
    for paper in papers:
        for short in {each.short for each in paper.found}.intersection(shorts):
            long = paper.defined(short)[0]
            senses = texts.setdefault(short, {})
            known = next((other for other in senses if same_form(other, long)), long)
            senses.setdefault(known, []).append(paper.text)
    usages = {
        short: [usage_of(long, held) for long, held in senses.items()]
        for short, senses in texts.items()
    }
    return Inventory(
        {
            short: tuple(sorted(found, key=lambda each: -each.papers))
            for short, found in usages.items()
        }
    )


def usage_of(long: str, texts: Sequence[str]) -> Usage:
    """How these texts write about `long`."""
    return Usage(long, len(texts), tuple(texts[:_MOST_PAPERS]))


def telling(text: str) -> set[str]:
    """The folded words of a text that may tell what it is about."""
    return set(chain.from_iterable(map(_telling, set(WORD.findall(text)))))


@lru_cache(maxsize=1 << 16)  # a memo of a pure function: texts repeat their words
def _telling(raw: str) -> tuple[str, ...]:
    return tuple(w for w in fold(raw) if len(w) > 2 and w not in _DULL and w.isalpha())


def weighted(
    shares: Mapping[str, float], doubled: Container[str] = (), length: float = 1.0
) -> dict[str, float]:
    """A row of that length: each word's share times its rarity, and twice that if `doubled`."""
    row = {
        word: share * math.log(1.0 / share_of(word)) * (2.0 if word in doubled else 1.0)
        for word, share in shares.items()
    }
    scale = length / (math.sqrt(sum(number * number for number in row.values())) or 1.0)
    return {word: number * scale for word, number in row.items()}

"""What is asked of a large archive: seeded questions made from the titles that are in it."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.known_items import memories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records import WorkFields

_LEAST_LETTERS = 5  # of a word by which somebody searches
_PAIR = re.compile(r"\b([a-z]{5,}) ([a-z]{5,})\b")
_COMMON = 60  # the commonest words of titles
# Each holds for about one work in a hundred of the archive that `search_data` makes.
FILTERS = {"type:trial": ("kind", "trial"), "source:medrxiv": ("source", "medrxiv")}
# Some of the classes are no more than words: those that every peer can answer as well.
PLAIN = ("words of a title", "half a title, a typo", "one common word", "two common words")
FILTERED = ("words, filter of 1 %", "common word, filter of 1 %")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: as it is typed, and what is in it, for those who read no such language."""

    typed: str
    words: tuple[str, ...]
    only: str = ""  # one of FILTERS


def questions(works: Sequence[WorkFields], each: int, seed: int) -> dict[str, list[Asked]]:
    """By class, `each` questions of every class."""
    chance = random.Random(seed)
    titled = [words for work in works if len(words := _words(work.title)) >= 4]
    counts = Counter(word for words in titled for word in set(words))
    common = [word for word, _ in counts.most_common(_COMMON)]
    pairs = [pair for work in works for pair in _PAIR.findall(work.title.lower())]
    made = _Maker(titled, common, pairs, chance)
    half = [Asked(m.words, tuple(m.words.split())) for m in memories(works, each, seed)]
    return {
        PLAIN[0]: [made.some(4) for _ in range(each)],
        PLAIN[1]: half,
        PLAIN[2]: [made.common(1) for _ in range(each)],
        PLAIN[3]: [made.common(2) for _ in range(each)],
        FILTERED[0]: [made.filtered(made.some(2)) for _ in range(each)],
        FILTERED[1]: [made.filtered(made.common(1)) for _ in range(each)],
        "phrase": [made.phrase() for _ in range(each)],
        "prefix": [made.prefix() for _ in range(each)],
        "AND, OR, NOT": [made.boolean() for _ in range(each)],
        "fields and years": [made.fields() for _ in range(each)],
        "filters alone": [made.alone() for _ in range(each)],
    }


def _words(title: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+", title.lower()) if len(word) >= _LEAST_LETTERS]


@dataclass(frozen=True, slots=True)
class _Maker:
    titles: Sequence[Sequence[str]]
    commonest: Sequence[str]
    pairs: Sequence[tuple[str, str]]
    chance: random.Random

    def some(self, count: int) -> Asked:
        """Words of one title, in its order."""
        title = self.chance.choice(self.titles)
        kept = sorted(self.chance.sample(range(len(title)), count))
        words = tuple(title[place] for place in kept)
        return Asked(" ".join(words), words)

    def common(self, count: int) -> Asked:
        words = tuple(self.chance.sample(self.commonest, count))
        return Asked(" ".join(words), words)

    def filtered(self, asked: Asked) -> Asked:
        only = self.chance.choice(list(FILTERS))
        return Asked(f"{asked.typed} {only}", asked.words, only)

    def phrase(self) -> Asked:
        words = self.chance.choice(self.pairs)
        return Asked(f'"{" ".join(words)}"', words)

    def prefix(self) -> Asked:
        one, other = self.chance.sample(self.chance.choice(self.titles), 2)
        return Asked(f"{one[:5]}* {other}", (one, other))

    def boolean(self) -> Asked:
        title = self.chance.choice(self.titles)
        one, other, third = self.chance.sample(title, 3)
        fourth = self.chance.choice(self.commonest)
        return Asked(f"({one} OR {other}) AND {third} NOT {fourth}", (one, other, third))

    def fields(self) -> Asked:
        one, other = self.chance.sample(self.chance.choice(self.titles), 2)
        year = self.chance.randint(2008, 2024)
        typed = f"title:{one} abstract:{other} published:{year}..{year + 2}"
        return Asked(typed, (one, other))

    def alone(self) -> Asked:
        year = self.chance.randint(2008, 2024)
        only = self.chance.choice([*FILTERS, "is:saved", "topic:stroma", "is:retracted"])
        return Asked(f"{only} published:{year}..{year + 2}", ())

"""Works of a pool read closely: by sentences, and word by word. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from service.ranking.lexical import columns_of
from service.ranking.sense_writing import spell_parts
from service.ranking.words import WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from service.ranking.features import Features

_KEPT = 4_096  # works; of 30,000 about as many are explained for any of a hundred topics


@dataclass(frozen=True, slots=True)
class Reading:
    """`sentences` are the abstract's; `words` are all of the text, each once, as they are written;
    `columns` are of what counts in the title and in each sentence, short forms in full."""

    sentences: Sequence[str]
    words: Sequence[str]
    columns: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads rows of `pool`, whose abstracts it `cut`s. What is read for one topic is kept for the
    next."""

    pool: Features
    cut: Callable[[str], list[str]]
    _kept: dict[int, Reading] = field(default_factory=dict, init=False, repr=False, compare=False)

    def read(self, row: int, known: Mapping[str, str | None]) -> Reading:
        """`known` is what short forms stand for that the text itself does not define."""
        if known:
            return self._read(row, known)
        if (found := self._kept.get(row)) is None:
            found = self._read(row, {})
            if len(self._kept) < _KEPT:
                self._kept[row] = found
        return found

    def _read(self, row: int, known: Mapping[str, str | None]) -> Reading:
        work = self.pool.works[row]
        sentences = self.cut(work.abstract)
        parts = [work.title.replace("\n", " "), *sentences]
        written = [WORD.findall(part) for part in parts]
        spelled = spell_parts(parts, self.pool.writings[row], known)
        return Reading(
            sentences,
            tuple(dict.fromkeys(chain.from_iterable(written))),
            [
                columns_of(words if whole == part else WORD.findall(whole), self.pool.seen)
                for words, part, whole in zip(written, parts, spelled, strict=True)
            ],
        )

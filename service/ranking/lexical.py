"""Texts to weighted words and word pairs: TF-IDF with rarity from the archive and at large. Pure.

A word weighs (1 + log times) * rarity ** 0.75, a pair 0.3 of that; a title's words count three
times. The constants were chosen by leave-one-corpus-out: docs/ranking.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from service.ranking.commonness import share_of
from service.ranking.words import STOP, WORD, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32, int64
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped,unused-ignore]

_TITLE_TIMES = 3
_RARITY_POWER = 0.75
_PAIR_SHARE = 0.3
# Rarity is counted as if this many further texts of all of biomedicine had been read: a young
# archive holds too few to know that "patient" is common and "pericyte" is not.
_EXPECTED_TEXTS = 3000.0
_PAIR_KEY = 1 << 32


class Vocabulary(dict[str, tuple[str, tuple[int, ...]]]):
    """Each raw word met so far: its folded form, and the columns of what counts in it.

    A corpus repeats its words millions of times; each is folded once. Not for keeping: it grows.
    """

    def __init__(self) -> None:
        super().__init__()
        self.columns: dict[str, int] = {}

    def __missing__(self, raw: str) -> tuple[str, tuple[int, ...]]:
        folded = fold(raw)
        counted = [word for word in folded if word not in STOP and len(word) > 1]
        columns = tuple(self.columns.setdefault(word, len(self.columns)) for word in counted)
        self[raw] = entry = (" ".join(folded), columns)
        return entry


@dataclass(frozen=True, slots=True)
class Words:
    """Texts as folded words (`flats`, for looking up terms), and each one's columns in order:
    those of the title and those of the rest."""

    flats: list[str]
    columns: list[tuple[list[int], list[int]]]


def read(texts: Sequence[tuple[str, str]], seen: Vocabulary) -> Words:
    """The words of (title, abstract) pairs; `seen` grows by those not met before."""
    flats: list[str] = []
    columns: list[tuple[list[int], list[int]]] = []
    for pair in texts:
        title, rest = ([seen[raw] for raw in WORD.findall(text)] for text in pair)
        # The bar keeps a term from reaching from the title over into the abstract.
        flats.append(f" {' '.join(w for w, _ in title)} | {' '.join(w for w, _ in rest)} ")
        columns.append(
            (
                list(chain.from_iterable(each for _, each in title)),
                list(chain.from_iterable(each for _, each in rest)),
            )
        )
    return Words(flats, columns)


@dataclass(frozen=True, slots=True)
class Weighing:
    """What words and pairs weigh: fitted on a pool of texts, used for any text.

    `rare` is the rarity of each word (by column); `pairs` are the known pairs' keys in order, and
    `pair_rare` theirs.
    """

    rare: NDArray[float32]
    pairs: NDArray[int64]
    pair_rare: NDArray[float32]

    @property
    def width(self) -> int:
        """Columns of a row: the words, then the pairs."""
        return len(self.rare) + len(self.pairs)

    def pair(self, one: int | None, other: int | None) -> int | None:
        """Where the pair of two columns stands among the pairs; None when it is not known."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        if one is None or other is None:
            return None
        key = one * _PAIR_KEY + other
        at = int(np.searchsorted(self.pairs, key))
        return at if at < len(self.pairs) and self.pairs[at] == key else None

    def rows(self, words: Words) -> csr_matrix:
        """One row of unit length per text (nought where nothing in it is known)."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)
        from scipy.sparse import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
            csr_matrix,
        )

        text, column, times = _counts(words)
        known = column < len(self.rare)
        text, column, times = text[known], column[known], times[known]
        pair_text, keys, pair_times = _pairs(words)
        at = np.searchsorted(self.pairs, keys)
        at[at == len(self.pairs)] = 0
        met = self.pairs[at] == keys if len(self.pairs) else np.zeros(len(keys), dtype=bool)
        weights = np.concatenate(
            [
                (1 + np.log(times)) * self.rare[column] ** _RARITY_POWER,
                (1 + np.log(pair_times[met]))
                * _PAIR_SHARE
                * self.pair_rare[at[met]] ** _RARITY_POWER,
            ]
        )
        place = np.concatenate([column, at[met] + len(self.rare)])
        row = np.concatenate([text, pair_text[met]])
        height = len(words.columns)
        length = np.sqrt(np.bincount(row, weights=weights * weights, minlength=height))
        data = (weights / np.maximum(length, 1e-9)[row]).astype(np.float32)
        return csr_matrix((data, (row, place)), shape=(height, self.width))


def fit(words: Words, seen: Vocabulary) -> Weighing:
    """Rarity over the texts of `words` and the expected ones; pairs that two texts share."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    texts = len(words.columns) + _EXPECTED_TEXTS
    _, column, _ = _counts(words)
    holding = np.bincount(column, minlength=len(seen.columns)).astype(np.float64)
    holding += _EXPECTED_TEXTS * np.array([share_of(word) for word in seen.columns])
    rare = np.maximum(np.log(texts / (holding + 0.5)), 0.0)
    _, keys, _ = _pairs(words)
    pairs, held = np.unique(keys, return_counts=True)
    pairs, held = pairs[held > 1], held[held > 1]
    return Weighing(rare.astype(np.float32), pairs, np.log(texts / (held + 0.5)).astype(np.float32))


def _counts(words: Words) -> tuple[NDArray[int64], NDArray[int64], NDArray[int64]]:
    """Text, column and times of each word in each text."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    parts = [title * _TITLE_TIMES + rest for title, rest in words.columns]
    column = np.fromiter(chain.from_iterable(parts), dtype=np.int64)
    text = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return _counted(text, column)


def _pairs(words: Words) -> tuple[NDArray[int64], NDArray[int64], NDArray[int64]]:
    """Text, key and times of each two words that follow each other in a title or an abstract."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    runs = list(chain.from_iterable(words.columns))
    column = np.fromiter(chain.from_iterable(runs), dtype=np.int64)
    run = np.repeat(np.arange(len(runs)), [len(each) for each in runs])
    follows = run[1:] == run[:-1]
    keys = (column[:-1] * _PAIR_KEY + column[1:])[follows]
    return _counted(run[1:][follows] // 2, keys)


def _counted(
    text: NDArray[int64], key: NDArray[int64]
) -> tuple[NDArray[int64], NDArray[int64], NDArray[int64]]:
    """Each (text, key) once, and how often it comes."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    if not len(key):
        return text, key, np.zeros(0, dtype=np.int64)
    order = np.lexsort((key, text))
    text, key = text[order], key[order]
    first = np.flatnonzero(np.r_[True, (text[1:] != text[:-1]) | (key[1:] != key[:-1])])
    return text[first], key[first], np.diff(np.r_[first, len(key)])

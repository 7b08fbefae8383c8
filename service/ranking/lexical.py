"""Texts to weighted words and word pairs: TF-IDF with rarity from the archive and at large. Pure.

A word weighs (1 + log times) * rarity ** 0.75, a pair 0.3 of that; a title's words count three
times. How the constants were chosen: docs/ranking.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from service.ranking.commonness import share_of
from service.ranking.words import WORD, counted, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy import float32, float64, int64
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped,unused-ignore]

TITLE_TIMES = 3
_RARITY_POWER = 0.75
_PAIR_SHARE = 0.3
# Rarity is counted as if this many further texts of all of biomedicine had been read: a young
# archive holds too few to know that "patient" is common and "pericyte" is not.
EXPECTED_TEXTS = 3000.0
_PAIR_KEY = 1 << 32
_BLOCK = 4096  # texts that are counted at once: what lies in memory as lists


class Vocabulary(dict[str, tuple[str, tuple[int, ...]]]):
    """Each raw word met so far: its folded form, and the columns of what counts in it.

    A corpus repeats its words millions of times; each is folded once. Not for keeping: it grows.
    """

    def __init__(self) -> None:
        super().__init__()
        self.columns: dict[str, int] = {}
        self._closed = False

    def close(self) -> None:
        """From here on new words get no columns: all have the one behind the last, which no text of
        the corpus has. Several may read by it at once."""
        self._closed = True

    def __missing__(self, raw: str) -> tuple[str, tuple[int, ...]]:
        folded = fold(raw)
        found = self.columns.get if self._closed else self.columns.setdefault
        columns = tuple(found(word, len(self.columns)) for word in counted(folded))
        self[raw] = entry = (" ".join(folded), columns)
        return entry


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each key comes in each text: three arrays, by text and then by key, each once."""

    text: NDArray[int64]
    key: NDArray[int64]
    times: NDArray[int64]


@dataclass(frozen=True, slots=True)
class Words:
    """Texts as folded words (`flats`, for looking up terms), and what of them counts: `words` by
    column, those of a title three times, and `pairs` by pair key. No pair reaches from the title
    over into the abstract."""

    flats: list[str]
    words: Counts
    pairs: Counts


def columns_of(written: Iterable[str], seen: Vocabulary) -> list[int]:
    """The columns of what counts in one run of words as they are written, in order."""
    return [column for raw in written for column in seen[raw][1]]


def read(texts: Sequence[tuple[str, str]], seen: Vocabulary) -> Words:
    """The words of (title, abstract) pairs; `seen` grows by those not met before."""
    starts = range(0, max(len(texts), 1), _BLOCK)
    return _joined([_read(texts[start : start + _BLOCK], seen) for start in starts])


def _read(texts: Sequence[tuple[str, str]], seen: Vocabulary) -> Words:
    flats: list[str] = []
    runs: list[list[int]] = []
    for pair in texts:
        title, rest = ([seen[raw] for raw in WORD.findall(text)] for text in pair)
        # The bar keeps a term from reaching from the title over into the abstract.
        flats.append(f" {' '.join([w for w, _ in title])} | {' '.join([w for w, _ in rest])} ")
        runs.append([column for _, columns in title for column in columns])
        runs.append([column for _, columns in rest for column in columns])
    return Words(flats, *_counted(runs, len(seen.columns).bit_length()))


def _joined(parts: Sequence[Words]) -> Words:
    """The texts of all parts (at least one), in order."""
    starts = [0, *accumulate(len(part.flats) for part in parts)]
    return Words(
        list(chain.from_iterable(part.flats for part in parts)),
        _stacked(starts, [part.words for part in parts]),
        _stacked(starts, [part.pairs for part in parts]),
    )


def _stacked(starts: Sequence[int], parts: Sequence[Counts]) -> Counts:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    return Counts(
        np.concatenate([each.text + start for start, each in zip(starts, parts, strict=False)]),
        np.concatenate([each.key for each in parts]),
        np.concatenate([each.times for each in parts]),
    )


@dataclass(frozen=True, slots=True)
class Weighing:
    """What words and pairs weigh: fitted on a pool of texts, used for any text.

    `rare` is the rarity of each word (by column); `pairs` are the known pairs' keys in order, and
    `pair_rare` theirs. `strength` is what each column, of words and then of pairs, weighs once.
    """

    rare: NDArray[float32]
    pairs: NDArray[int64]
    pair_rare: NDArray[float32]
    strength: NDArray[float32]

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

    def places(self, one: NDArray[int64], other: NDArray[int64]) -> NDArray[int64]:
        """The column of each pair of columns of words; -1 where it is not known."""
        return self._places(one * _PAIR_KEY + other)

    def _places(self, keys: NDArray[int64]) -> NDArray[int64]:
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        if not len(self.pairs):
            return np.full(len(keys), -1)
        order = np.argsort(keys)  # neighbours in a long list are found from each other
        at = np.empty(len(keys), dtype=np.intp)
        at[order] = np.searchsorted(self.pairs, keys[order])
        at[at == len(self.pairs)] = 0
        return np.where(self.pairs[at] == keys, at + len(self.rare), -1)

    def weights(self, columns: NDArray[int64], times: NDArray[int64]) -> NDArray[float64]:
        """What columns of words and pairs weigh that come so often, at least once."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        weights: NDArray[float64] = (1 + np.log(times)) * self.strength[columns]
        return weights

    def rows(self, words: Words) -> csr_matrix:
        """One row of unit length per text (nought where nothing in it is known)."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)
        from scipy.sparse import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
            csr_matrix,
        )

        known = words.words.key < len(self.rare)
        text, column = words.words.text[known], words.words.key[known]
        pair_column = self._places(words.pairs.key)
        met = pair_column >= 0
        pair_text = words.pairs.text[met]
        column = np.concatenate([column, pair_column[met]])
        weights = self.weights(
            column, np.concatenate([words.words.times[known], words.pairs.times[met]])
        )
        height = len(words.flats)
        row = np.concatenate([text, pair_text])
        length = np.sqrt(np.bincount(row, weights=weights * weights, minlength=height))
        weights /= np.maximum(length, 1e-9)[row]
        # Each row's words go before its pairs; both come in order already.
        starts, pair_starts = (
            np.searchsorted(each, np.arange(height + 1)) for each in (text, pair_text)
        )
        place = np.concatenate(
            [
                np.arange(len(text)) + pair_starts[text],
                np.arange(len(pair_text)) + starts[pair_text + 1],
            ]
        )
        data = np.empty(len(place), dtype=np.float32)
        columns = np.empty(len(place), dtype=np.int32)
        data[place] = weights
        columns[place] = column
        return csr_matrix((data, columns, starts + pair_starts), shape=(height, self.width))


def fit(words: Words, seen: Vocabulary) -> Weighing:
    """Rarity over the texts of `words` and the expected ones; pairs that two texts share."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    texts = len(words.flats) + EXPECTED_TEXTS
    holding = np.bincount(words.words.key, minlength=len(seen.columns)).astype(np.float64)
    holding += EXPECTED_TEXTS * np.array([share_of(word) for word in seen.columns])
    rare = np.maximum(np.log(texts / (holding + 0.5)), 0.0).astype(np.float32)
    pairs, held = np.unique(words.pairs.key, return_counts=True)
    pairs, held = pairs[held > 1], held[held > 1]
    pair_rare = np.log(texts / (held + 0.5)).astype(np.float32)
    strength = np.concatenate([rare**_RARITY_POWER, _PAIR_SHARE * pair_rare**_RARITY_POWER])
    return Weighing(rare, pairs, pair_rare, strength)


def _counted(runs: Sequence[Sequence[int]], bits: int) -> tuple[Counts, Counts]:
    """Words and pairs of texts given as runs of columns, in turn title and abstract, below
    2 ** `bits`. Text and key are sorted as one number of 63 bits: much faster than by two keys."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    column = np.fromiter(chain.from_iterable(runs), dtype=np.int64)
    run = np.repeat(np.arange(len(runs)), [len(each) for each in runs])
    words = ((run // 2) << bits) | column
    words = np.repeat(words, np.where(run % 2, 1, TITLE_TIMES))
    text, key, times = _tally(words, bits)
    follows = run[1:] == run[:-1]
    pairs = (((run[1:] // 2) << bits | column[:-1]) << bits | column[1:])[follows]
    pair_text, pair, pair_times = _tally(pairs, 2 * bits)
    pair = (pair >> bits) * _PAIR_KEY + (pair & ((1 << bits) - 1))
    return Counts(text, key, times), Counts(pair_text, pair, pair_times)


def _tally(
    joined: NDArray[int64], bits: int
) -> tuple[NDArray[int64], NDArray[int64], NDArray[int64]]:
    """Each number once, in order, as what is above `bits` and below, and how often it comes."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    joined, times = np.unique(joined, return_counts=True)
    return joined >> bits, joined & ((1 << bits) - 1), times

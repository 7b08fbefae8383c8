"""What each sentence of a text carries: the match of the whole, less the match without it. Pure.

A text without a sentence differs from the whole in that sentence's words and in the pairs at its
edges; only those are weighed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from service.ranking.lexical import TITLE_TIMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64, int64
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped,unused-ignore]

    from service.ranking.lexical import Weighing

_ROUNDING = 1e-9  # of a row's squares: what may be left of them when all is taken away


@dataclass(frozen=True, slots=True)
class Match:
    """`whole` is the whole text's match; `shares` are the words that make it, (column, share of
    what all words add); `falls` how much lower the match is without each sentence."""

    whole: float
    shares: list[tuple[int, float]]
    falls: list[float]


def matches(
    texts: Sequence[Sequence[Sequence[int]]],
    weighing: Weighing,
    pull: NDArray[float64],
    least: float,
) -> list[Match]:
    """For each text, given as the columns of its title and then those of each of its sentences.

    A match is a row of `Weighing.rows` times `pull`, which says what each column counts. Shares up
    to `least` are left out.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    parts = [len(text) for text in texts]
    owner = np.repeat(np.arange(len(texts)), parts)
    whole, change = _counts(texts, owner, weighing)
    held = whole[owner].multiply(change != 0).tocsr()
    weighed, before, after = (_weighed(each, weighing) for each in (whole, held, held + change))
    square, near = _squares(weighed), weighed @ pull
    length = np.sqrt(np.where(square > 0, square, 1.0))
    left = square[owner] + _squares(after) - _squares(before)
    left = np.where(left > _ROUNDING * square[owner], left, np.inf)
    near_left = near[owner] + after @ pull - before @ pull
    near = near / length
    falls = near[owner] - near_left / np.sqrt(left)
    ends = accumulate(parts)
    return [
        Match(whole, shares, falls[end - count + 1 : end].tolist())
        for whole, shares, count, end in zip(
            near.tolist(),
            _shares(weighed[:, : len(weighing.rare)], pull, least),
            parts,
            ends,
            strict=True,
        )
    ]


def _shares(
    weighed: csr_matrix, pull: NDArray[float64], least: float
) -> list[list[tuple[int, float]]]:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    height = weighed.shape[0]
    text = np.repeat(np.arange(height), np.diff(weighed.indptr))
    adds = np.maximum(weighed.data * pull[weighed.indices], 0.0)
    shown = adds > least * (total := np.bincount(text, adds, height))[text]
    found: list[list[tuple[int, float]]] = [[] for _ in range(height)]
    lines = (each[shown].tolist() for each in (text, weighed.indices, adds))
    for at, column, number in zip(*lines, strict=True):
        found[at].append((column, number / float(total[at])))
    return found


def _counts(
    texts: Sequence[Sequence[Sequence[int]]], owner: NDArray[int64], weighing: Weighing
) -> tuple[csr_matrix, csr_matrix]:
    """How often each known word and pair comes in each text, and what leaving out each sentence
    changes there. `owner` is the text of each part; titles are parts that are never left out."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    runs = list(chain.from_iterable(texts))
    column = np.fromiter(chain.from_iterable(runs), dtype=np.int64)
    part = np.repeat(np.arange(len(runs)), [len(run) for run in runs])
    text, prose = owner[part], np.diff(owner, prepend=-1)[part] == 0
    one = np.flatnonzero((text[1:] == text[:-1]) & (prose[1:] == prose[:-1]))
    pair, pair_prose = weighing.places(column[one], column[one + 1]), prose[one]
    edge = pair_prose & (part[one] != part[one + 1])
    first = np.flatnonzero(np.diff(part, prepend=-1))  # word of each part that has any
    before, behind = first[1:-1] - 1, first[2:]  # what meets when the part between is left out
    meet = prose[before] & (text[before] == text[behind])
    word = np.where(column < len(weighing.rare), column, -1)
    return (
        _table(
            [(text, word, np.where(prose, 1, TITLE_TIMES)), (text[one], pair, 1)],
            (len(texts), weighing.width),
        ),
        _table(
            [
                (part[prose], word[prose], -1),
                (part[one][pair_prose], pair[pair_prose], -1),
                (part[one + 1][edge], pair[edge], -1),
                (
                    part[first[1:-1]][meet],
                    weighing.places(column[before], column[behind])[meet],
                    1,
                ),
            ],
            (len(runs), weighing.width),
        ),
    )


def _table(
    entries: Sequence[tuple[NDArray[int64], NDArray[int64], NDArray[int64] | int]],
    shape: tuple[int, int],
) -> csr_matrix:
    """(row, column, number) summed; what has a column below nought is left out."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)
    from scipy.sparse import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
        csr_matrix,
    )

    row, column = (np.concatenate([each[at] for each in entries]) for at in (0, 1))
    number = np.concatenate([np.broadcast_to(each[2], each[0].shape) for each in entries])
    known = column >= 0
    return csr_matrix((number[known], (row[known], column[known])), shape=shape)


def _weighed(counts: csr_matrix, weighing: Weighing) -> csr_matrix:
    """Rows not brought to length 1; a count of nought weighs nothing."""
    weighed = counts.astype(float)
    weighed.eliminate_zeros()
    weighed.data = weighing.weights(weighed.indices, weighed.data)
    return weighed


def _squares(rows: csr_matrix) -> NDArray[float64]:
    squares: NDArray[float64] = rows.multiply(rows).sum(axis=1).A1
    return squares

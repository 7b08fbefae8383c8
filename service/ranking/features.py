"""What rankings need to know of a pool of works, for all topics at once. Pure.

The pool is the candidates and, behind them, the background: rarity, latent directions and spreads
are taken from both, so that a week's few works are seen against the archive.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from service.errors import EncoderError
from service.ranking import lexical
from service.ranking.designs import signs
from service.ranking.sense_writing import read_writing, spell
from service.ranking.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy import bool_, float32, float64, int32, intp
    from numpy.typing import NDArray
    from scipy.sparse import csc_matrix, csr_matrix  # type: ignore[import-untyped,unused-ignore]

    from service.ranking.lexical import Vocabulary, Weighing, Words
    from service.ranking.sense_writing import Writing
    from service.records import Candidate

    # Texts to one array each, (chunks, dimension), rows of unit length.
    Encode = Callable[[Sequence[str]], list[NDArray[float32]]]

_LATENT = 30  # directions
_LATENT_TEXTS = 6000  # from how many texts they are found; more change little
_LATENT_ROUNDS, _LATENT_SPARE = 4, 10
_LATENT_LEAST = 100  # below, directions are only noise


class Weights(NamedTuple):
    """What columns of words and pairs weigh, each once; the others nothing. Few do of a million."""

    columns: NDArray[intp]
    numbers: NDArray[float64]

    def plus(self, other: Weights, share: float = 1.0) -> Weights:
        """The sum of both, of the other one times `share`."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        return added(
            np.concatenate([self.columns, other.columns]),
            np.concatenate([self.numbers, share * other.numbers]),
        )

    def spread(self, width: int) -> NDArray[float64]:
        """One number for each of so many columns."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        found: NDArray[float64] = np.zeros(width)
        found[self.columns] = self.numbers
        return found


def added(columns: NDArray[intp], numbers: NDArray[float64]) -> Weights:
    """Each column once, with the sum of its numbers."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    once, place = np.unique(columns, return_inverse=True)
    sums: NDArray[float64] = np.zeros(len(once))
    np.add.at(sums, place, numbers)
    return Weights(once, sums)


@dataclass(frozen=True)
class Rows:
    """Works as rows: weighted words (sparse), latent directions, and vectors; all of unit length.

    `latent` has no columns in a small pool, `dense` none without an encoder; `has` says which
    rows have a vector (the others are nought). `designs` are those of `designs.SIGNS` that each
    text shows.
    """

    words: csr_matrix
    latent: NDArray[float32]
    dense: NDArray[float32]
    has: NDArray[bool_]
    designs: NDArray[bool_]

    @cached_property
    def columns(self) -> csc_matrix:
        """The words, for looking up by column: for a pool, there are as many as it has words and
        pairs."""
        return self.words.tocsc()

    def chosen(self, at: Sequence[int] | NDArray[intp]) -> Rows:
        """Some of the rows."""
        rows = list(at)
        return Rows(
            self.words[rows],
            self.latent[rows],
            self.dense[rows],
            self.has[rows],
            self.designs[rows],
        )

    def match(self, weights: Weights) -> NDArray[float64]:
        """The words of each row times the weights of their columns."""
        found: NDArray[float64] = self.columns[:, weights.columns] @ weights.numbers
        return found

    def mixed(self, shares: NDArray[float64]) -> Weights:
        """The words of all rows, each times its share, added."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        held = np.repeat(shares, np.diff(self.words.indptr))
        return added(self.words.indices, self.words.data * held)


@dataclass(frozen=True, slots=True)
class Features:
    """A pool read once: its first `candidates` works are to be ranked."""

    candidates: int
    works: tuple[Candidate, ...]
    writings: tuple[Writing, ...]
    flats: list[str]
    seen: Vocabulary
    weighing: Weighing
    directions: NDArray[float32]
    rows: Rows
    names: tuple[str, ...]  # the words that have columns in `rows`
    places: Mapping[int, int]  # the row of each work, by its id

    def holding(self, words: Sequence[str], *, in_turn: bool = False) -> NDArray[int32] | None:
        """The rows that hold all of the folded `words`, in order; None when none of them counts
        (stop words, single letters), so that any row may. With `in_turn`, rows where two of them
        nowhere follow each other are left out, as far as the columns tell."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        columns = [self.seen.columns.get(word, len(self.names)) for word in counted(words)]
        if any(column >= len(self.names) for column in columns):
            return np.zeros(0, dtype=np.int32)
        pairs = [self.weighing.pair(*both) for both in pairwise(columns)] if in_turn else []
        columns += [len(self.names) + pair for pair in pairs if pair is not None]
        found = None
        for column in sorted(columns, reverse=True):  # pairs first: they have the fewest rows
            start, end = self.rows.columns.indptr[column : column + 2]
            rows = self.rows.columns.indices[start:end]
            found = rows if found is None else np.intersect1d(found, rows, assume_unique=True)
        return found

    def place(self, works: Sequence[Candidate]) -> Rows:
        """Other works (references, votes, seeds) as rows of the same columns. The text of one that
        the pool has is not read again; its vectors are its own."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)
        from scipy.sparse import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
            vstack,
        )

        held = [self._place(work) for work in works]
        known = [row for row in held if row is not None]
        others = [work for work, row in zip(works, held, strict=True) if row is None]
        fresh = self._rows(others, self._read(others))
        # Those that are known come first, each in its order.
        order = np.argsort(np.argsort([row is None for row in held], kind="stable"))
        words = vstack([self.rows.words[known], fresh.words], format="csr")[order]
        latent = np.concatenate([self.rows.latent[known], fresh.latent])[order]
        designs = np.concatenate([self.rows.designs[known], fresh.designs])[order]
        dense, has = dense_rows(works, self.rows.dense.shape[1])
        return Rows(words, latent, dense, has, designs)

    def _place(self, work: Candidate) -> int | None:
        """The row of the pool that has this work's text; None where none has."""
        if (row := self.places.get(work.work_id)) is None:
            return None
        held = self.works[row]
        return row if (held.title, held.abstract) == (work.title, work.abstract) else None

    def joined(self, works: Sequence[Candidate]) -> Features:
        """The same pool with further works behind. They are scored as the others are, but rarity
        and directions stay as they were."""
        from scipy.sparse import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
            vstack,
        )

        read = self._read(works)
        both = (self.rows, self._rows(works, read))
        words = vstack([each.words for each in both], format="csr")
        return replace(
            self,
            works=(*self.works, *works),
            writings=(*self.writings, *(read_writing(w.title, w.abstract) for w in works)),
            flats=[*self.flats, *read.flats],
            rows=Rows(words, *_stacked(both)),
            places=placed((*self.works, *works)),
        )

    def _read(self, works: Sequence[Candidate]) -> Words:
        return lexical.read([_spelled(each.title, each.abstract) for each in works], self.seen)

    def _rows(self, works: Sequence[Candidate], read: Words) -> Rows:
        words = self.weighing.rows(read)
        dense, has = dense_rows(works, self.rows.dense.shape[1])
        shown = signs(self.seen.columns, self.weighing).shown(words)
        return Rows(words, latent_rows(words, self.directions), dense, has, shown)


def _stacked(
    parts: Sequence[Rows],
) -> tuple[NDArray[float32], NDArray[float32], NDArray[bool_], NDArray[bool_]]:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    return (
        np.concatenate([each.latent for each in parts]),
        np.concatenate([each.dense for each in parts]),
        np.concatenate([each.has for each in parts]),
        np.concatenate([each.designs for each in parts]),
    )


# A memo of a pure function: what is known of a topic comes again with every ranking.
@lru_cache(maxsize=1 << 12)
def _spelled(title: str, abstract: str) -> tuple[str, str]:
    return spell(read_writing(title, abstract), {})


def read_pool(candidates: Sequence[Candidate], background: Sequence[Candidate]) -> Features:
    """Features of all works. Raises `EncoderError` when their vectors differ in length."""
    works = (*candidates, *background)
    writings = tuple(read_writing(each.title, each.abstract) for each in works)
    seen = lexical.Vocabulary()
    words = lexical.read([spell(each, {}) for each in writings], seen)
    weighing = lexical.fit(words, seen)
    matrix = weighing.rows(words)
    directions = latent_directions(matrix, len(weighing.rare))
    dense, has = dense_rows(works)
    shown = signs(seen.columns, weighing).shown(matrix)
    seen.close()
    return Features(
        candidates=len(candidates),
        works=works,
        writings=writings,
        flats=words.flats,
        seen=seen,
        weighing=weighing,
        directions=directions,
        rows=Rows(matrix, latent_rows(matrix, directions), dense, has, shown),
        names=tuple(seen.columns),
        places=placed(works),
    )


def placed(works: Sequence[Candidate]) -> dict[int, int]:
    """The row of each work, by its id."""
    return {work.work_id: row for row, work in enumerate(works)}


def dense_rows(
    works: Sequence[Candidate], width: int | None = None
) -> tuple[NDArray[float32], NDArray[bool_]]:
    """One row per work: its title's vector and the mean of its text's, added, of unit length.

    `width` is what a row must have: None is whatever the first vector has, and with 0 no vector is
    looked at. Raises `EncoderError`.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    held = [
        (row, w.vectors) for row, w in enumerate(works) if w.vectors is not None and len(w.vectors)
    ]
    if width is None:
        width = held[0][1].shape[1] if held else 0
    dense = np.zeros((len(works), width), dtype=np.float32)
    for row, vectors in held if width else ():
        _check_width(f"work {works[row].work_id}", vectors.shape[1], width)
        dense[row] = vectors[0] + unit(
            np.asarray(vectors[1:] if len(vectors) > 1 else vectors, dtype=np.float32).mean(axis=0)
        )
    return unit(dense), np.any(dense != 0, axis=1) if width else np.zeros(len(works), dtype=bool)


def encoded(texts: Sequence[str], encode: Encode, width: int | None = None) -> NDArray[float32]:
    """One row of unit length per text (at least one): the mean of its chunks.

    Raises `EncoderError` when rows are not of that width: the pool's vectors are another encoder's.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    rows = unit(np.stack([chunks.mean(axis=0) for chunks in encode(texts)]))
    _check_width("the topic", rows.shape[1], rows.shape[1] if width is None else width)
    return rows


def _check_width(thing: str, width: int, others: int) -> None:
    if width != others:
        raise EncoderError(
            thing,
            f"its vectors have {width} numbers, others {others}: of two encoders",
            "embed the archive again with the present encoder",
        )


def unit(rows: NDArray[float32]) -> NDArray[float32]:
    """Rows (or one row) brought to length 1; nought stays nought."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: NDArray[float32] = rows / np.maximum(length, 1e-9)
    return scaled


def latent_directions(rows: csr_matrix, words: int) -> NDArray[float32]:
    """The strongest directions in the words of a pool, (directions, words): latent semantic
    analysis (Deerwester et al. 1990), by the randomised method of Halko et al. 2011."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    if rows.shape[0] < _LATENT_LEAST or words <= _LATENT:
        return np.zeros((0, words), dtype=np.float32)
    step = -(-rows.shape[0] // _LATENT_TEXTS)
    sample = rows[::step, :words].tocsr()
    across = sample.T.tocsr()
    basis = np.random.RandomState(0).normal(size=(sample.shape[0], _LATENT + _LATENT_SPARE))
    basis = basis.astype(np.float32)
    for _ in range(_LATENT_ROUNDS):
        basis, _ = np.linalg.qr(sample @ np.linalg.qr(across @ basis)[0])
    basis, _ = np.linalg.qr(across @ basis)
    _, _, found = np.linalg.svd(sample @ basis, full_matrices=False)
    directions: NDArray[float32] = (found[:_LATENT] @ basis.T).astype(np.float32)
    return directions


def latent_rows(rows: csr_matrix, directions: NDArray[float32]) -> NDArray[float32]:
    """Rows of words in the directions, of unit length, (rows, directions)."""
    return unit(rows[:, : directions.shape[1]] @ directions.T)

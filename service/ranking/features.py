"""What rankings need to know of a pool of works, for all topics at once. Pure.

The pool is the candidates and, behind them, the background: rarity, latent directions and spreads
are taken from both, so that a week's few works are seen against the archive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import EncoderError
from service.ranking import lexical
from service.ranking.sense_writing import read_writing, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import bool_, float32
    from numpy.typing import NDArray
    from scipy.sparse import csc_matrix, csr_matrix  # type: ignore[import-untyped,unused-ignore]

    from service.ranking.lexical import Vocabulary, Weighing
    from service.ranking.sense_writing import Writing
    from service.records import Candidate

    # Texts to one array each, (chunks, dimension), rows of unit length.
    Encode = Callable[[Sequence[str]], list[NDArray[float32]]]

_LATENT = 30  # directions
_LATENT_TEXTS = 6000  # from how many texts they are found; more change little
_LATENT_LEAST = 100  # below, directions are only noise


@dataclass(frozen=True, slots=True)
class Rows:
    """Works as rows: weighted words (sparse), latent directions, and vectors; all of unit length.

    `latent` has no columns in a small pool, `dense` none without an encoder; `has` says which
    rows have a vector (the others are nought).
    """

    words: csr_matrix
    latent: NDArray[float32]
    dense: NDArray[float32]
    has: NDArray[bool_]


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
    columns: csc_matrix  # the words of `rows` for looking up by word

    def place(self, works: Sequence[Candidate]) -> Rows:
        """Other works (references, votes, seeds) as rows of the same columns."""
        texts = [spell(read_writing(each.title, each.abstract), {}) for each in works]
        words = self.weighing.rows(lexical.read(texts, self.seen))
        width = self.rows.dense.shape[1]
        dense, has = dense_rows(works, width)
        return Rows(words, latent_rows(words, self.directions), dense, has)


def read_pool(candidates: Sequence[Candidate], background: Sequence[Candidate]) -> Features:
    """Features of all works. Raises `EncoderError` when their vectors differ in length."""
    works = (*candidates, *background)
    writings = tuple(read_writing(each.title, each.abstract) for each in works)
    seen = lexical.Vocabulary()
    words = lexical.read([spell(each, {}) for each in writings], seen)
    weighing = lexical.fit(words, seen)
    matrix = weighing.rows(words)
    directions = latent_directions(matrix, len(weighing.rare))
    dense, has = dense_rows(works, 0)
    return Features(
        candidates=len(candidates),
        works=works,
        writings=writings,
        flats=words.flats,
        seen=seen,
        weighing=weighing,
        directions=directions,
        rows=Rows(matrix, latent_rows(matrix, directions), dense, has),
        columns=matrix[:, : len(weighing.rare)].tocsc(),
    )


def dense_rows(works: Sequence[Candidate], width: int) -> tuple[NDArray[float32], NDArray[bool_]]:
    """One row per work: its title's vector and the mean of its text's, added, of unit length.

    `width` is what a row must have, 0 for whatever the first vector has. Raises `EncoderError`.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    held = [
        (row, w.vectors) for row, w in enumerate(works) if w.vectors is not None and len(w.vectors)
    ]
    width = width or (held[0][1].shape[1] if held else 0)
    dense = np.zeros((len(works), width), dtype=np.float32)
    for row, vectors in held:
        if not width:
            break
        if vectors.shape[1] != width:
            raise EncoderError(
                f"work {works[row].work_id}",
                f"its vectors have {vectors.shape[1]} numbers, others {width}: of two encoders",
                "embed the archive again with the present encoder",
            )
        dense[row] = vectors[0] + unit(
            np.asarray(vectors[1:] if len(vectors) > 1 else vectors, dtype=np.float32).mean(axis=0)
        )
    return unit(dense), np.any(dense != 0, axis=1) if width else np.zeros(len(works), dtype=bool)


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
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415 (heavy)

    step = -(-rows.shape[0] // _LATENT_TEXTS)
    _, _, found = randomized_svd(rows[::step, :words], _LATENT, n_iter=4, random_state=0)
    directions: NDArray[float32] = found.astype(np.float32)
    return directions


def latent_rows(rows: csr_matrix, directions: NDArray[float32]) -> NDArray[float32]:
    """Rows of words in the directions, of unit length, (rows, directions)."""
    return unit(rows[:, : directions.shape[1]] @ directions.T)

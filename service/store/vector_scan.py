"""Nearest vectors of a `vector_file`: first by signs, then the best of those exactly. Pure.

Imported on demand only: NumPy is no part of `--help`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from service.store.vector_file import signs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32, int64, uint16, uint64
    from numpy.typing import NDArray

    from service.store.vector_file import Part, Vectors

    Found = tuple[NDArray[int64], NDArray[float32]]

# How many are looked at exactly, for so many that are wanted: measured in docs/decisions.
LEAST, FACTOR = 4_000, 4
_BLOCK = 65_536  # works compared at a time: what the processor's cache holds
_EXACT = 512  # vectors multiplied at a time


def nearest(vectors: Vectors, vector: NDArray[float32], limit: int, ceiling: int | None) -> Found:
    """At least `limit` works, if there are as many, with their cosines, the nearest first; ties
    by number."""
    wanted = max(LEAST, FACTOR * limit)
    code = signs(vector[np.newaxis])[0]
    ends = [_end(part, ceiling) for part in vectors.parts]
    differing = [
        _differing(part.codes[:, :end], code) for part, end in zip(vectors.parts, ends, strict=True)
    ]
    most = _within(differing, wanted, 64 * len(code))
    found = []
    for part, old, each in zip(vectors.parts, vectors.outdated, differing, strict=True):
        rows = np.flatnonzero(each <= most)
        found.append(_scored(part, np.setdiff1d(rows, old, assume_unique=True), vector))
    return ordered(found)


def among(vectors: Vectors, vector: NDArray[float32], work_ids: Sequence[int]) -> Found:
    """Those of the works that have a vector, with their cosines, the nearest first."""
    places = _places(vectors, work_ids)
    return ordered(
        [_scored(part, rows, vector) for part, rows in zip(vectors.parts, places, strict=True)]
    )


def held(vectors: Vectors, work_ids: Sequence[int]) -> dict[int, NDArray[float32]]:
    """The vectors of those of the works that have one, at length one."""
    found: dict[int, NDArray[float32]] = {}
    for part, rows in zip(vectors.parts, _places(vectors, work_ids), strict=True):
        wide = part.rows[rows].astype(np.float32)
        wide /= np.linalg.norm(wide, axis=1, keepdims=True)
        found.update(zip(part.ids[rows].tolist(), wide, strict=True))
    return found


def ordered(found: Sequence[Found]) -> Found:
    """Together, the nearest first; ties by number."""
    ids = np.concatenate([np.empty(0, np.int64), *(each[0] for each in found)])
    cosines = np.concatenate([np.empty(0, np.float32), *(each[1] for each in found)])
    order = np.lexsort((ids, -cosines))
    return ids[order], cosines[order]


def _end(part: Part, ceiling: int | None) -> int:
    return len(part) if ceiling is None else int(np.searchsorted(part.ids, ceiling, "right"))


def _differing(codes: NDArray[uint64], code: NDArray[uint64]) -> NDArray[uint16]:
    """In how many signs each work differs."""
    total = np.empty(codes.shape[1], np.uint16)
    other, bits = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint8)
    for start in range(0, len(total), _BLOCK):
        block = total[start : start + _BLOCK]
        size = len(block)
        block[:] = 0
        for column, word in zip(codes, code, strict=True):
            np.bitwise_xor(column[start : start + size], word, out=other[:size])
            block += np.bitwise_count(other[:size], out=bits[:size])
    return total


def _within(differing: Sequence[NDArray[uint16]], wanted: int, most: int) -> int:
    """The least difference within which there are so many works."""
    counts = np.zeros(most + 1, np.int64)
    for each in differing:
        for start in range(0, len(each), _BLOCK):
            counts += np.bincount(each[start : start + _BLOCK], minlength=most + 1)
    return int(np.searchsorted(np.cumsum(counts), wanted))


def _scored(part: Part, rows: NDArray[int64], vector: NDArray[float32]) -> Found:
    cosines = np.empty(len(rows), np.float32)
    wide = np.empty((_EXACT, len(vector)), np.float32)
    for start in range(0, len(rows), _EXACT):
        some = rows[start : start + _EXACT]
        wide[: len(some)] = part.rows[some]
        # Not `@`: the threads of a BLAS wait for each other longer than this takes.
        cosines[start : start + len(some)] = np.vecdot(wide[: len(some)], vector)
    return part.ids[rows], cosines


def _places(vectors: Vectors, work_ids: Sequence[int]) -> list[NDArray[int64]]:
    """Of each part the rows of these works, each work in the last part that has it."""
    wanted = np.unique(np.asarray(work_ids, dtype=np.int64))
    found: list[NDArray[int64]] = []
    for part in reversed(vectors.parts):
        found.append(part.rows_of(wanted))
        wanted = np.setdiff1d(wanted, part.ids[found[-1]], assume_unique=True)
    return found[::-1]

"""How many of the twenty nearest works a search by meaning finds, beside comparing every work."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from service.records import Kind
from service.records.queries import FromSource, OfKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.bootstrap.app import App
    from service.records.queries import Term
    from tests.bench.search_queries import Asked

TOP = 20
_BLOCK = 20_000  # works compared at a time
_SAME = 1e-3  # cosines that differ by less are the same: float16 knows no better
FILTERS: dict[str, Term | None] = {
    "every work": None,
    "filter of 1 % (type)": OfKind(Kind.TRIAL),
    "filter of 1 % (source)": FromSource("medrxiv"),
}


class Found(NamedTuple):
    """Of one way to search: seconds of each question, processor seconds of this process per
    question, and the share of the nearest that it found."""

    seconds: list[float]
    processor: float
    recall: float


def found(
    app: App,
    asked: Sequence[Asked],
    search: Callable[[NDArray[float32], str], Sequence[int]] | None = None,
) -> dict[str, Found]:
    """By filter; the archive's own search unless another is given: (vector, filter) to works."""
    info = app.query_encoder.info()
    vectors = np.stack([app.query_encoder.encode(each.typed) for each in asked])
    answers: dict[str, Found] = {}
    for name, where in FILTERS.items():
        ids, cosines = _cosines(app, vectors, where)
        seconds, shares, used = [], [], 0.0
        for vector, row in zip(vectors, cosines, strict=True):
            began, before = time.perf_counter(), time.process_time()
            if search is None:
                got = [number for number, _ in app.neighbours.nearest(info, vector, TOP, where)]
            else:
                got = list(search(vector, name))
            seconds.append(time.perf_counter() - began)
            used += time.process_time() - before
            least = np.partition(row, -TOP)[-TOP] - _SAME
            near = row[np.isin(ids, got)]
            shares.append(float((near >= least).sum()) / TOP)
        answers[name] = Found(seconds, used / len(asked), statistics.fmean(shares))
    return answers


def _cosines(
    app: App, vectors: NDArray[float32], where: Term | None
) -> tuple[NDArray[np.int64], NDArray[float32]]:
    """All works that answer to the filter, and their cosines to each of the vectors."""
    info = app.query_encoder.info()
    with app.store.reading() as tx:
        last = tx.works.sequence()
        every = range(1, last + 1) if where is None else tx.search.ids(where, last)
    ids: list[int] = []
    blocks = []
    for start in range(0, len(every), _BLOCK):
        held = app.neighbours.of(info, every[start : start + _BLOCK])
        ids += held
        blocks.append(vectors @ np.stack([*held.values()]).T)
    return np.array(ids), np.concatenate(blocks, axis=1)

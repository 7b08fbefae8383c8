"""Several rankings of works made one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
K = 60


def fuse(
    rankings: Iterable[tuple[float, Sequence[int]]],
    favour: Callable[[int], float] = lambda _work_id: 1.0,
) -> list[int]:
    """Every work of the (weight, ranking)s once, best first, ties by number.

    A work's score is the sum of weight / (K + place) over the rankings that have it, times what
    `favour` says of it.
    """
    scores: dict[int, float] = {}
    for weight, ranking in rankings:
        for place, work_id in enumerate(ranking, start=1):
            scores[work_id] = scores.get(work_id, 0.0) + weight / (K + place)
    return sorted(scores, key=lambda work_id: (-scores[work_id] * favour(work_id), work_id))

"""How good a ranked list is, and how honest its probabilities are. Pure.

A list is its labels, best first: an array of 0 and 1. Every figure is NaN where it is not
defined: over a list without a 1, or, for calibration, over no predictions.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64, intp
    from numpy.typing import NDArray

    Labels = Sequence[int] | NDArray[Any]

_NAN = float("nan")


def order(scores: NDArray[float64]) -> NDArray[intp]:
    """The rows best first; equal scores in row order, NaN last."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    return np.argsort(-scores, kind="stable")


def average_precision(labels: Labels) -> float:
    """The mean, over the 1s, of the precision at each: not interpolated, ties as they lie."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    at = _places(labels)
    return float((np.arange(1, len(at) + 1) / at).mean()) if len(at) else _NAN


def ndcg(labels: Labels, k: int = 20) -> float:
    """Normalised discounted cumulative gain of the first `k`: gain 1 for a 1, discount
    log2(1 + place) (Järvelin and Kekäläinen 2002), over that of the best possible list."""
    at = _places(labels)
    if not len(at):
        return _NAN
    best = sum(1 / log2(1 + place) for place in range(1, min(k, len(at)) + 1))
    return float(sum(1 / log2(1 + place) for place in at[at <= k]) / best)


def recall_at(labels: Labels, share: float = 0.1) -> float:
    """The share of the 1s within the first `share` of the list, at least one place, rounded."""
    at = _places(labels)
    cut = max(1, round(share * len(labels)))
    return float((at <= cut).mean()) if len(at) else _NAN


def work_saved(labels: Labels, recall: float = 0.95) -> float:
    """Work saved over sampling (Cohen 2006): the share of the list below the first place where
    `recall` of the 1s is reached, less what a random order leaves there, 1 - `recall`."""
    at = _places(labels)
    if not len(at):
        return _NAN
    # 0.95 x 20 is 19, though not in floating point.
    needed = max(1, ceil(recall * len(at) - 1e-9))
    return float(1 - at[needed - 1] / len(labels) - (1 - recall))


def _places(labels: Labels) -> NDArray[intp]:
    """The places of the 1s, from 1."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    return np.flatnonzero(np.asarray(labels)) + 1


# -- calibration ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability diagram: what was predicted, what came true, how many."""

    predicted: float
    observed: float
    count: int


def reliability(
    predicted: NDArray[float64], labels: Labels, bins: int = 10, *, equal_mass: bool = False
) -> list[Bin]:
    """The bins that hold something, lowest first: of equal width over 0 to 1, or (`equal_mass`)
    of equal number as nearly as it goes, equal predictions never parted."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    truth = np.asarray(labels, dtype=np.float64)
    if equal_mass:
        ordered = np.sort(predicted)
        last = np.searchsorted(ordered, predicted, side="right") - 1  # where its equals end
        which = last * bins // max(len(predicted), 1)
    else:
        which = np.clip((predicted * bins).astype(np.int64), 0, bins - 1)
    found = []
    for each in np.unique(which):
        held = which == each
        found.append(Bin(float(predicted[held].mean()), float(truth[held].mean()), int(held.sum())))
    return found


def calibration_error(
    predicted: NDArray[float64], labels: Labels, bins: int = 10, *, equal_mass: bool = False
) -> float:
    """Expected calibration error: |predicted - observed| of each bin of `reliability`, weighted
    by how many it holds (Naeini, Cooper and Hauskrecht 2015)."""
    held = reliability(predicted, labels, bins, equal_mass=equal_mass)
    total = sum(each.count for each in held)
    off = sum(each.count * abs(each.predicted - each.observed) for each in held)
    return off / total if total else _NAN

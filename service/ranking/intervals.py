"""Figures with the interval that chance leaves them: over draws, or of a share. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64
    from numpy.typing import NDArray

_TIMES = 2000
_OUTSIDE = 2.5  # per cent at each end

_Z = 1.96  # 95 % of a normal distribution


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean and its 95 % interval. NaN where nothing could be measured."""

    mean: float
    low: float
    high: float


NOTHING = Figure(*[float("nan")] * 3)


def macro(values: Sequence[NDArray[float64]]) -> Figure:
    """The mean over corpora of each one's mean over its draws; `values` has an array of draws per
    corpus, NaN for a draw that gave no figure.

    The interval says how far chance in drawing the seeds moves this mean on these corpora. It
    says nothing of other corpora.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    known = [held for each in values if len(held := each[~np.isnan(each)])]
    if not known:
        return NOTHING
    mean = float(np.mean([each.mean() for each in known]))
    return _figure(mean, _resampled(known))


def ratio(values: Sequence[NDArray[float64]], over: Sequence[NDArray[float64]]) -> Figure:
    """How many times the macro mean of `over` that of `values` is; the same draws are resampled
    in both, so that what moves both alike drops out. NaN where `over` is nought or unknown."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    ours, theirs = ([each.mean() for each in side] for side in (values, over))
    if not np.mean(theirs) > 0:
        return NOTHING
    ratios = _resampled(values) / np.maximum(_resampled(over), 1e-12)
    return _figure(float(np.mean(ours) / np.mean(theirs)), ratios)


def _figure(mean: float, resampled: NDArray[float64]) -> Figure:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    low, high = np.percentile(resampled, [_OUTSIDE, 100 - _OUTSIDE])
    return Figure(mean, float(low), float(high))


def _resampled(values: Sequence[NDArray[float64]]) -> NDArray[float64]:
    """The macro mean, many times, of draws chosen anew with replacement within each corpus.

    What is chosen depends on the corpora's places and numbers of draws alone: two contenders
    over the same draws are resampled alike, which is what pairs them.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    total = np.zeros(_TIMES)
    for place, draws in enumerate(values):
        chosen = np.random.default_rng(place).integers(len(draws), size=(_TIMES, len(draws)))
        total += draws[chosen].mean(axis=1)
    return total / len(values)


def wilson(share: float, size: int) -> tuple[float, float]:
    """The 95 % interval of a share seen in `size` cases (E. B. Wilson, 1927)."""
    square = _Z * _Z / size
    middle = (share + square / 2) / (1 + square)
    reach = _Z * sqrt(share * (1 - share) / size + square / (4 * size)) / (1 + square)
    return max(0.0, middle - reach), min(1.0, middle + reach)

"""Parts of a score onto one scale, and together. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

# How many background texts it takes to trust them as much as the prior. Many: an archive polled
# for one field is itself near to the topic, and would raise the bar for what belongs to it.
_PRIOR_TEXTS = 500.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Where a part of the score lies, and how wide, over works that have nothing to do with it."""

    mean: float
    deviation: float


def spread_of(background: NDArray[float64], prior: Spread) -> Spread:
    """Mean and deviation of `background` (NaN left out), drawn to `prior` when it is small."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    values = background[~np.isnan(background)]
    own = len(values) / (len(values) + _PRIOR_TEXTS)
    if not len(values):
        return prior
    mean = own * float(values.mean()) + (1 - own) * prior.mean
    variance = own * float(((values - mean) ** 2).mean()) + (1 - own) * prior.deviation**2
    return Spread(mean, max(variance**0.5, prior.deviation / 4))


def standardise(values: NDArray[float64], spread: Spread) -> NDArray[float64]:
    """How many deviations above the background each value lies."""
    return (values - spread.mean) / spread.deviation


# Words alone spread wider than their mean with vectors: works that belong to a topic lie about 6
# deviations up by words and 3 by vectors, so this keeps one cut-off good for both modes.
_WORDS_ALONE = 0.75


def fuse(lexical: NDArray[float64], dense: NDArray[float64]) -> NDArray[float64]:
    """The mean of both parts; where a work has no vectors, its words alone, damped."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    return np.where(np.isnan(dense), _WORDS_ALONE * lexical, (lexical + dense) / 2)


# A score of one half, and how many deviations change the odds by a factor of e. The half is where
# the shipped topics' works begin: on 3,302 papers of oncology and general journals, 15 and 26 lie
# above it with all of PubMed as background (10 and 12 with a third of those papers as it). Read one
# by one, 25 of the 41 have the topic as their subject, 14 touch it, 2 do not belong.
_HALF, _WIDTH = 4.0, 1.0


def on_scale(deviations: NDArray[float64]) -> NDArray[float64]:
    """Deviations on a scale from 0 to 1, order kept. Not a probability: nothing is calibrated."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    scaled: NDArray[float64] = 1.0 / (1.0 + np.exp(-(deviations - _HALF) / _WIDTH))
    return scaled

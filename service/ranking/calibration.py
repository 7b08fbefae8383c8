"""Raw scores as probabilities: Platt scaling (Platt 1999) that leans on a prior. Pure.

    relevance = 1 / (1 + exp(-slope (score' - midpoint)))
    score'    = score, but what lies above the knee counts a tenth

The knee is there because the best scores part wanted from unwanted no longer: among the nearest
works, those wanted and those that merely look like it lie mixed.

Slope and midpoint are those of greatest posterior density, given what was judged and a Gaussian
prior on (log slope, midpoint): without a vote they are the prior's, with many the votes'. Readers
vote on the top of the list. That does no harm here: what is fitted is how likely a work is wanted
*given its score*, and choosing works by their score leaves that as it is. But the votes then say
nothing about low scores; the background does.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isnan, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64
    from numpy.typing import NDArray

KNEE, BEYOND = 3.5, 0.1
_GROUPS = 1_024  # of works that nobody judged
_FAR = 100.0  # standard deviations: beyond it a score says nothing more
_ROUNDS = 100  # each is a step downhill; seven are usual, more than twelve were never needed
_FLAT = 1e-6  # less curvature than this is not to be divided by
_STRIDE = 2.0  # the longest step, so that no exponential overflows
_STILL = 1e-9  # a step smaller than this changes no probability that is shown


@dataclass(frozen=True, slots=True)
class Judged:
    """What somebody said of a work, and its raw score.

    The score must come from a ranker that had not been told: the one with which the work was
    shown, or one that left it out. A ranker that was told ranks the work for that very reason.
    """

    score: float
    relevant: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """How raw scores become relevance. `slope` is above 0, per standard deviation; a work whose
    bent score is `midpoint` is as likely wanted as not; above `KNEE` a deviation counts `beyond`
    of one."""

    slope: float
    midpoint: float
    beyond: float = BEYOND

    def relevance(self, scores: NDArray[float64]) -> NDArray[float64]:
        """Probabilities of the same shape, in the order of the scores; 0 and 1 at the infinite
        ones, NaN for NaN."""
        from scipy.special import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
            expit,
        )

        found: NDArray[float64] = expit(self.slope * (bent(scores, self.beyond) - self.midpoint))
        return found

    def raised(self, scores: NDArray[float64], log_odds: NDArray[float64]) -> NDArray[float64]:
        """The raw scores whose relevance has higher odds than that of `scores`: by so much more in
        their logarithm, 0 or more. Never below `scores`."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        found = bent(scores, self.beyond) + log_odds / self.slope
        above: NDArray[float64] = np.maximum(found - KNEE, 0.0) / self.beyond
        return np.maximum(scores, np.minimum(found, KNEE) + above)

    def score(self, relevance: float) -> float:
        """The raw score whose relevance this is; infinite for 0 and 1."""
        if not 0 < relevance < 1:
            return float("-inf") if relevance <= 0 else float("inf")
        found = self.midpoint + log(relevance / (1 - relevance)) / self.slope
        return found if found < KNEE else KNEE + (found - KNEE) / self.beyond


def bent(scores: NDArray[float64], beyond: float = BEYOND) -> NDArray[float64]:
    """The scores as probabilities see them: above `KNEE`, a deviation counts `beyond` of one."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    found: NDArray[float64] = np.minimum(scores, KNEE) + beyond * np.maximum(scores - KNEE, 0.0)
    return found


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of a topic that nobody has judged: a calibration, how far topics stray from
    it (standard deviations of log slope and midpoint), and as how many votes against the whole
    background counts."""

    centre: Calibration
    slope_spread: float
    midpoint_spread: float
    background: float


# Chosen by the calibration study over nine corpora; see docs/ranking.md.
PRIOR = Prior(Calibration(1.2, 3.0), 0.6, 0.8, 10.0)
# For a topic that says in terms what it is about: there the very top is surer. `concept` scales its
# scores so that the rest holds; seen on the two seed reviews with and without terms, in four pools.
CONCEPT_PRIOR = Prior(Calibration(1.4, 4.2, beyond=0.6), 0.6, 0.8, 10.0)


def fit(
    judged: Sequence[Judged], background: NDArray[float64] | None = None, prior: Prior = PRIOR
) -> Calibration:
    """The calibration of a topic. Deterministic; the order of what is given makes no difference
    beyond rounding.

    `background` are scores of works that nobody judged, nearly all unrelated: however many, they
    count together as `prior.background` votes against. NaN and weights of 0 or less are left out.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    rest = np.zeros(0) if background is None else np.asarray(background, dtype=np.float64)
    rest = rest[~np.isnan(rest)]
    said = [each for each in judged if each.weight > 0 and not isnan(each.score)]
    votes, others = (
        bent(np.clip(raw, -_FAR, _FAR), prior.centre.beyond)
        for raw in (np.array([each.score for each in said]), rest)
    )
    likely, counts = _grouped(others)
    scores = np.concatenate([votes, likely])
    counts = counts * (prior.background / max(len(rest), 1))
    weights = np.concatenate([[each.weight for each in said], counts])
    labels = np.zeros(len(scores))
    labels[: len(said)] = [each.relevant for each in said]
    return _most_likely(scores, labels, weights, prior)


def _grouped(scores: NDArray[float64]) -> tuple[NDArray[float64], NDArray[float64]]:
    """At most `_GROUPS` scores in the place of many, each the mean of its neighbours, and of how
    many: sums over a smooth function hardly change."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    if len(scores) <= _GROUPS:
        return scores, np.ones(len(scores))
    edges = np.linspace(0, len(scores), _GROUPS, endpoint=False).astype(int)
    counts = np.diff(edges, append=len(scores)).astype(np.float64)
    return np.add.reduceat(np.sort(scores), edges) / counts, counts


def _most_likely(
    scores: NDArray[float64], labels: NDArray[float64], weights: NDArray[float64], prior: Prior
) -> Calibration:
    """Newton's method, with the expected curvature (Fisher scoring) where the real one bends the
    wrong way; each step halved until it leads downhill. `scores` are bent ones."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)
    from scipy.special import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
        expit,
    )

    centre = np.array([log(prior.centre.slope), prior.centre.midpoint])
    precision = np.array([prior.slope_spread, prior.midpoint_spread]) ** -2.0

    def loss(at: NDArray[float64]) -> float:
        steep = exp(at[0]) * (scores - at[1])
        missed = weights @ (np.logaddexp(0.0, steep) - labels * steep)
        return float(missed + precision @ (at - centre) ** 2 / 2)

    at, height = centre, loss(centre)
    for _ in range(_ROUNDS):
        slope = exp(at[0])
        likely = expit(slope * (scores - at[1]))
        change = np.stack([slope * (scores - at[1]), np.full(len(scores), -slope)])
        pull = change @ (weights * (likely - labels))
        expected = (change * (weights * likely * (1 - likely))) @ change.T + np.diag(precision)
        curved = expected + np.array([[pull[0], pull[1]], [pull[1], 0.0]])
        if np.linalg.eigvalsh(curved)[0] < _FLAT:
            curved = expected
        step = np.linalg.solve(curved, pull + precision * (at - centre))
        step = step / max(1.0, np.abs(step).max() / _STRIDE)
        while (lower := loss(at - step)) > height and np.abs(step).max() > _STILL:
            step = step / 2
        if np.abs(step).max() <= _STILL:
            break
        at, height = at - step, lower
    return Calibration(exp(at[0]), float(at[1]), prior.centre.beyond)

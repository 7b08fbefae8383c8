"""How near works are to papers that somebody has judged: seeds, references, votes. Pure.

Three ways of being near find different papers: the same words, the same latent directions of the
archive, the same vectors. Each is put on the scale of the pool and they are added, and so is how
well the design of the study goes with the examples'. Then the best few are taken for further
examples, at a small weight (pseudo-relevance feedback, Rocchio 1971).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.ranking.designs import likeness
from service.ranking.interests import interests

if TYPE_CHECKING:
    from numpy import bool_, float64
    from numpy.typing import NDArray

    from service.ranking.features import Rows, Weights

# Round numbers that do as well as those chosen by leave-one-corpus-out: docs/ranking.md.
_WORDS, _DENSE, _LATENT, _DESIGN = 1.0, 1.0, 0.7, 0.2
_AGAINST, _AGAINST_WHOLLY = 0.5, 20.0  # beside those for; the first few say little of the rest
# The best few of the list count less, the more examples there are to go by.
_FEEDBACK, _FEEDBACK_MOST, _FEEDBACK_WORKS = 1.2, 0.6, 10
_SAME = 1e-6  # numbers that differ by less differ by rounding


def nearness(
    pool: Rows, examples: Rows, weights: NDArray[float64], *, feedback: bool = True
) -> NDArray[float64]:
    """One number per row of `pool`, in deviations above the pool's mean.

    `weights` are above 0 for examples for the topic, below 0 for those against; at least one must
    be above 0. A row without a vector is measured by its words alone. Where the examples are of
    several interests, a work is as near as it is to the nearest of these.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    groups = interests(examples.dense, examples.has, weights)
    if len(groups) == 1:
        return _nearness(pool, examples, weights, feedback=feedback)
    each = [
        _lighter(
            _nearness(pool, examples.chosen(at), weights[at], feedback=feedback),
            float(weights[at].max() / weights.max()),
        )
        for at in groups
    ]
    found: NDArray[float64] = np.maximum.reduce(each)
    refused = np.flatnonzero(weights < 0)
    if len(refused):
        found -= against(pool, examples.chosen(refused), -weights[refused])
    return found


def _lighter(found: NDArray[float64], weight: float) -> NDArray[float64]:
    """What is near to an interest of less weight than another (1) is less near to the topic."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    lighter: NDArray[float64] = np.minimum(found, found * weight**0.5)
    return lighter


def _nearness(
    pool: Rows, examples: Rows, weights: NDArray[float64], *, feedback: bool
) -> NDArray[float64]:
    """To the examples of one interest."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    mixed = mixture(examples, weights)
    found = _joined(pool, *_parts(pool, *mixed))
    found += _DESIGN * likeness(pool.designs, examples.designs, weights)
    if not feedback:
        return standard(found)
    best = np.argsort(-found, kind="stable")[:_FEEDBACK_WORKS]
    near = _mean(pool.chosen(best))
    words, dense, _ = _parts(pool, *near)
    more = by_words = standard(words)
    if pool.has.any():
        more = (by_words + np.where(pool.has, spread(dense, pool.has), by_words)) / 2
    return standard(found + min(_FEEDBACK_MOST, _FEEDBACK / int((weights > 0).sum())) * more)


def standard(values: NDArray[float64]) -> NDArray[float64]:
    """Deviations above the mean of all (at least one); noughts where all are the same."""
    deviation = float(values.std())
    scaled: NDArray[float64] = (values - values.mean()) / (
        deviation if deviation > _SAME else float("inf")
    )
    return scaled


def mixture(
    rows: Rows, weights: NDArray[float64]
) -> tuple[Weights, NDArray[float64], NDArray[float64]]:
    """The mean of the examples for, less a share of the mean of those against, in each part."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    pull, push = np.maximum(weights, 0.0), np.maximum(-weights, 0.0)
    mix = pull / max(float(pull.sum()), 1e-9)
    if push.any():
        amount = float(push.sum())
        mix = mix - _AGAINST * min(1.0, amount / _AGAINST_WHOLLY) * push / amount
    return rows.mixed(mix), rows.dense.T @ mix, rows.latent.T @ mix


def against(pool: Rows, examples: Rows, weights: NDArray[float64]) -> NDArray[float64]:
    """What nearness to papers against the topic takes off, where no paper speaks for it."""
    share = _AGAINST * min(1.0, float(weights.sum()) / _AGAINST_WHOLLY)
    return share * _joined(pool, *_parts(pool, *mixture(examples, weights)))


def _mean(rows: Rows) -> tuple[Weights, NDArray[float64], NDArray[float64]]:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    count = len(rows.has)
    return rows.mixed(np.full(count, 1 / count)), rows.dense.mean(axis=0), rows.latent.mean(axis=0)


def _parts(
    pool: Rows, words: Weights, dense: NDArray[float64], latent: NDArray[float64]
) -> tuple[NDArray[float64], NDArray[float64], NDArray[float64]]:
    # In the rows' own precision: a product with a longer one copies all of them first.
    by_dense, by_latent = (
        (rows @ each.astype(rows.dtype)).astype(words.numbers.dtype)
        for rows, each in ((pool.dense, dense), (pool.latent, latent))
    )
    return pool.match(words), by_dense, by_latent


def _joined(
    pool: Rows, words: NDArray[float64], dense: NDArray[float64], latent: NDArray[float64]
) -> NDArray[float64]:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    by_words = standard(words)
    total = _WORDS * by_words
    if pool.latent.shape[1]:
        total = total + _LATENT * standard(latent)
    if pool.has.any():
        total = total + _DENSE * np.where(pool.has, spread(dense, pool.has), by_words)
    return standard(total)


def spread(values: NDArray[float64], has: NDArray[bool_]) -> NDArray[float64]:
    """Deviations above the mean of those rows that `has` a value; see `standard`."""
    known = values[has] if has.any() else values
    deviation = float(known.std())
    scaled: NDArray[float64] = (values - known.mean()) / (
        deviation if deviation > _SAME else float("inf")
    )
    return scaled

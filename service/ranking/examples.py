"""How near works are to papers that somebody has judged: seeds, references, votes. Pure.

Three ways of being near find different papers: the same words, the same latent directions of the
archive, the same vectors. Each is put on the scale of the pool and they are added, with the lesser
of words and vectors once more: chance is seldom near by both. So is how well the design of the
study goes with the examples'. Then the best few are taken for further examples, and works that are
near too, but not as near, for what is not meant (pseudo-relevance feedback, Rocchio 1971).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.ranking.designs import likeness
from service.ranking.interests import interests

if TYPE_CHECKING:
    from numpy import bool_, float64, intp
    from numpy.typing import NDArray

    from service.ranking.features import Rows, Weights

# Round numbers that do as well as those chosen by leave-one-corpus-out: docs/ranking.md.
_WORDS, _DENSE, _LATENT, _BOTH, _DESIGN = 1.0, 1.0, 0.7, 0.3, 0.25
_AGAINST, _AGAINST_WHOLLY = 0.5, 20.0  # beside those for; the first few say little of the rest
# The best few of the list count less, the more examples there are to go by. Of their designs the
# first ones tell, each as much as so much of an example.
_FEEDBACK, _FEEDBACK_MOST, _FEEDBACK_WORKS = 2.4, 1.0, 30
_DESIGNED, _DESIGNED_WORKS = 0.2, 20
_LEAST = 10  # times as many works as these must there be
# Places in the list, how many of them are looked at, and what share of them is taken off.
_MIDDLE, _MIDDLE_WORKS, _MIDDLE_SHARE = slice(200, 1_000), 100, 0.4
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

    joined = _joined(pool, *_parts(pool, *mixture(examples, weights)))
    found = joined + _DESIGN * likeness(pool.designs, examples.designs, weights)
    if not feedback:
        return standard(found)
    best = highest(found, _few(pool, _DESIGNED_WORKS))
    shown = np.concatenate([examples.designs, pool.designs[best]])
    told = np.concatenate([weights, np.full(len(best), _DESIGNED)])
    found = standard(joined + _DESIGN * likeness(pool.designs, shown, told))
    share = min(_FEEDBACK_MOST, _FEEDBACK / int((weights > 0).sum()))
    return standard(found + share * _nearer(pool, highest(found, _MIDDLE.stop)))


def _nearer(pool: Rows, order: NDArray[intp]) -> NDArray[float64]:
    """How much nearer each row is to the first of a list than to its middle."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    best = order[: _few(pool, _FEEDBACK_WORKS)]
    words, dense, latent = _mean(pool.chosen(best))
    middle = order[_MIDDLE]
    if len(middle):
        other, far, _ = _mean(pool.chosen(middle[:: max(1, len(middle) // _MIDDLE_WORKS)]))
        # Of the first one's words alone: all that the middle holds is half of all words.
        less = other.spread(pool.words.shape[1])[words.columns]
        words = words._replace(numbers=words.numbers - _MIDDLE_SHARE * less)
        dense = dense - _MIDDLE_SHARE * far
    by_words, by_dense, _ = _parts(pool, words, dense, latent)
    more = standard(by_words)
    if pool.has.any():
        more = (more + np.where(pool.has, spread(by_dense, pool.has), more)) / 2
    return more


def highest(values: NDArray[float64], count: int) -> NDArray[intp]:
    """The places of the `count` highest values, the highest first, equals in their order."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    able = np.arange(len(values))
    if (others := len(values) - count) > 0:
        able = able[values >= np.partition(values, others)[others]]
    return able[np.argsort(-values[able], kind="stable")][:count]


def _few(pool: Rows, most: int) -> int:
    """How many works of the pool may be taken for examples: of few works few are meant."""
    return min(most, max(1, len(pool.has) // _LEAST))


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
    if not pool.has.any():
        return standard(total)
    by_dense = np.where(pool.has, spread(dense, pool.has), by_words)
    both = standard(np.minimum(by_words, by_dense))
    return standard(standard(total + _DENSE * by_dense) + _BOTH * both)


def spread(values: NDArray[float64], has: NDArray[bool_]) -> NDArray[float64]:
    """Deviations above the mean of those rows that `has` a value; see `standard`."""
    known = values[has] if has.any() else values
    deviation = float(known.std())
    scaled: NDArray[float64] = (values - known.mean()) / (
        deviation if deviation > _SAME else float("inf")
    )
    return scaled

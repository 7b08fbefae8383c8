"""How many interests a topic's examples are of. Pure.

A topic may be told by papers on one thing, or by papers on several that have little in common. A
work that is all of one interest is wanted more than one that touches each of them: near to the mean
of all is only what is between them.

Examples are joined to groups while their vectors are alike on average (cosine, average linkage;
Sokal and Michener 1958). Papers that one systematic review included mostly lie above 0.2 (median
0.6 with the default encoder), papers of two reviews at 0.08.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import bool_, float32, float64, intp
    from numpy.typing import NDArray

_ALIKE = 0.15  # average cosine between two groups of one interest
_STRAY = 0.25  # of the largest group's weight: up to that, a group is no interest of its own


def interests(
    dense: NDArray[float32], has: NDArray[bool_], weights: NDArray[float64]
) -> list[NDArray[intp]]:
    """The examples for the topic (`weights` above 0; at least one) in groups, the heaviest first,
    each in order. Rows that `has` no vector, and strays, go with the heaviest."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)
    from scipy.cluster.hierarchy import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
        fcluster,
        linkage,
    )

    wanted = weights > 0
    known = np.flatnonzero(wanted & has)
    if len(known) < 2:
        return [np.flatnonzero(wanted)]
    apart = linkage(dense[known], "average", metric="cosine")
    group = np.zeros(len(weights), dtype=np.intp)
    group[known] = fcluster(apart, 1.0 - _ALIKE, "distance")
    mass = np.bincount(group[known], weights[known])
    order = [at for at in np.argsort(-mass, kind="stable") if mass[at] > 0]
    stray = [at for at in order[1:] if mass[at] <= _STRAY * mass[order[0]]]
    group[np.isin(group, [0, *stray])] = order[0]
    return [np.flatnonzero(wanted & (group == at)) for at in order if at not in stray]

"""Many dimensions shown in two, so that what is near stays near. Pure.

Principal components keep a tenth to a fifth of the spread of vectors of abstracts, and half of the
neighbours they show are none; t-SNE (van der Maaten and Hinton 2008), begun there, gives up far
distances for near ones. On the 300 works nearest to each shipped topic the trustworthiness of
neighbours (Venna and Kaski 2001) rises from 0.74 and 0.80 to 0.88 and 0.91. It takes half a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float32, float64, intp
    from numpy.typing import NDArray


NEIGHBOURS = 10
_FEWEST = 30  # rows: with fewer, a plane shows what there is to see
_PERPLEXITY, _ROUNDS = 30.0, 500
_BEGINNING = 1e-4  # how wide the plane lies when t-SNE begins with it


def neighbourly(rows: NDArray[float32]) -> NDArray[float64]:
    """Each row as a point, x and y from 0 to 1 at one scale; the same rows give the same points."""
    flat, _ = plane(rows)
    if len(rows) < _FEWEST or not flat.std():
        return flat
    from sklearn.manifold import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
        TSNE,
    )

    made = TSNE(
        perplexity=_PERPLEXITY if len(rows) > 3 * _PERPLEXITY else len(rows) / 4,
        max_iter=_ROUNDS,
        init=((flat - 0.5) * (_BEGINNING / flat[:, 0].std())).astype("float32"),
        random_state=0,
    )
    return _scaled(made.fit_transform(rows).astype("float64"))


def true_neighbours(rows: NDArray[float32], points: NDArray[float64]) -> float:
    """Of the ten nearest that a point has among the points, the share that is among its ten
    nearest among the rows too; 1 where there are no more than ten others."""
    near, shown = _nearest(rows), _nearest(points)
    if near.shape[1] >= len(rows) - 1:
        return 1.0
    both = sum(len(set(a) & set(b)) for a, b in zip(near.tolist(), shown.tolist(), strict=True))
    return both / near.size


def _nearest(rows: NDArray[float32] | NDArray[float64]) -> NDArray[intp]:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    square = (rows * rows).sum(axis=1)
    apart = square[:, None] + square[None] - 2 * rows @ rows.T
    np.fill_diagonal(apart, np.inf)
    return np.argsort(apart, axis=1, kind="stable")[:, :NEIGHBOURS]


def plane(rows: NDArray[float32]) -> tuple[NDArray[float64], float]:
    """Each row as a point, x and y from 0 to 1 at one scale, and the share of the rows' spread that
    two dimensions keep (1 where there is no spread). Principal components (Pearson 1901), each
    turned so that its farthest point lies ahead: the same rows give the same points."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    if not len(rows):
        return np.zeros((0, 2)), 1.0
    centred = rows.astype(np.float64) - rows.mean(axis=0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    found = np.zeros((len(rows), 2))
    found[:, : len(lengths[:2])] = left[:, :2] * lengths[:2]
    ahead = found[np.abs(found).argmax(axis=0), [0, 1]]
    found *= np.where(ahead < 0, -1.0, 1.0)
    total = float((lengths**2).sum())
    return _scaled(found), float((lengths[:2] ** 2).sum()) / total if total else 1.0


def _scaled(points: NDArray[float64]) -> NDArray[float64]:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    width = float(np.ptp(points, axis=0).max())
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    scaled: NDArray[float64] = (points - middle) / (width or 1.0) + 0.5
    return scaled

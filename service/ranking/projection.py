"""Many dimensions shown in two: the plane along which rows differ most. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float32, float64
    from numpy.typing import NDArray


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
    width = float(np.ptp(found, axis=0).max())
    middle = (found.max(axis=0) + found.min(axis=0)) / 2
    total = float((lengths**2).sum())
    kept = float((lengths[:2] ** 2).sum()) / total if total else 1.0
    return (found - middle) / (width or 1.0) + 0.5, kept

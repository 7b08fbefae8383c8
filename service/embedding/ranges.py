"""How a BERT's products are done in int8: ranges of what goes in, and weights as whole numbers.

Ranges are fixed beforehand, from `samples.RANGES`, so that a vector does not depend on the texts
computed beside it. A few channels of a transformer are ten times as wide as the others and would
take all the steps of a range; as SmoothQuant does (Xiao et al. 2023, arXiv:2211.10438), each
channel is divided by a factor that its column of the weight is multiplied by.

Pure. Imported on demand only: NumPy is no part of `--help`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy import float32, int8
    from numpy.typing import NDArray

    from service.embedding.bert import Bert

    Array = NDArray[float32]
    Place = tuple[int, str]  # the layer's number, and "qkv", "out", "up" or "down"

# How far the difficulty moves from what goes in to the weights: of 0.4 to 0.9, 0.8 left the
# vectors nearest to float32's (cosine 0.998; without smoothing 0.994).
_SHIFT = 0.8
_LEAST = np.float32(1e-4)
_MOST = 127


@dataclass(frozen=True, slots=True)
class Range:
    """What goes into a product: each channel is divided by its `factor`, and lies in [low, high]
    then."""

    factor: Array
    low: float
    high: float


def ranges(bert: Bert, texts: Iterable[Sequence[int]]) -> dict[Place, Range]:
    """The range before each product of `bert`, over the token ids of `texts` (at least one)."""
    seen: dict[Place, tuple[Array, Array]] = {}

    def see(layer: int, name: str, rows: Array) -> None:
        low, high = rows.min(axis=0), rows.max(axis=0)
        before = seen.get((layer, name), (low, high))
        seen[layer, name] = np.minimum(before[0], low), np.maximum(before[1], high)

    for ids in texts:
        bert(ids, see)
    weights = {
        (number, name): getattr(layer, name)[0]
        for number, layer in enumerate(bert.layers)
        for name in ("qkv", "out", "up", "down")
    }
    return {place: _range(*bounds, weights[place]) for place, bounds in seen.items()}


def _range(low: Array, high: Array, weight: Array) -> Range:
    widest = np.maximum(np.maximum(-low, high), _LEAST)
    columns = np.maximum(np.abs(weight).max(axis=0), _LEAST)
    factor = (widest**_SHIFT / columns ** (1 - _SHIFT)).astype(np.float32)
    # Zero is in the range: it must have a whole number of its own.
    return Range(
        factor, min(0.0, float((low / factor).min())), max(0.0, float((high / factor).max()))
    )


def whole(weight: Array) -> tuple[NDArray[int8], Array]:
    """The weight in whole numbers of -127 to 127, and the step of each row, shape (rows, 1)."""
    steps = np.maximum(np.abs(weight).max(axis=1, keepdims=True), _LEAST * _LEAST) / _MOST
    return np.round(weight / steps).astype(np.int8), steps.astype(np.float32)

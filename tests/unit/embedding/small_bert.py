"""A BERT of two small layers with given chances, in which one channel is far wider than others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from service.embedding.bert import Bert, Shape, _Layer

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

SHAPE = Shape(width=32, layers=2, heads=4, vocabulary=50, positions=20, window=20, epsilon=1e-12)
WIDE = 3  # the channel


def small_bert(seed: int = 0) -> Bert:
    chance = np.random.default_rng(seed)

    def drawn(*size: int, scale: float = 0.3) -> NDArray[float32]:
        return (chance.standard_normal(size) * scale).astype(np.float32)

    def norm() -> tuple[NDArray[float32], NDArray[float32]]:
        gain = 1 + drawn(32)
        gain[WIDE] = 12
        return gain, drawn(32)

    def layer() -> _Layer:
        return _Layer(
            qkv=(drawn(96, 32, scale=0.1), drawn(96)),
            out=(drawn(32, 32), drawn(32)),
            up=(drawn(64, 32), drawn(64)),
            down=(drawn(32, 64), drawn(32)),
            norms=(norm(), norm()),
        )

    return Bert(
        SHAPE, drawn(50, 32, scale=1), drawn(20, 32), drawn(1, 32), norm(), (layer(), layer())
    )


def some_ids(seed: int, lengths: tuple[int, ...]) -> list[list[int]]:
    chance = np.random.default_rng(seed)
    return [[int(each) for each in chance.integers(0, 50, length)] for length in lengths]

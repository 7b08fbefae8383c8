"""An encoder without a model: each word is a fixed direction, a text is the sum of its words."""

from __future__ import annotations

import functools
import re
import zlib
from typing import TYPE_CHECKING

import numpy as np

from service.records import EncoderInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray


@functools.cache
def _direction(word: str, dimension: int) -> NDArray[float32]:
    seed = zlib.crc32(word.removesuffix("s").encode())
    return np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)


class FakeEncoder:
    """Satisfies `Encoder`. Texts that share words are near; nothing else is known of meaning.

    `window` is the number of words in a chunk; `calls` counts the calls of `encode`.
    """

    def __init__(self, dimension: int = 64, window: int = 200) -> None:
        self.dimension = dimension
        self.window = window
        self.calls = 0

    def info(self) -> EncoderInfo:
        """Always the same."""
        return EncoderInfo("fake", "0" * 16, "title-abstract-1", self.dimension, "float32")

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        """One array per text, a row for each `window` words."""
        self.calls += 1
        found = []
        for text in texts:
            words = re.findall(r"\w+", text.lower()) or [""]
            chunks = [words[i : i + self.window] for i in range(0, len(words), self.window)]
            found.append(np.stack([self._unit(chunk) for chunk in chunks]))
            if progress is not None:
                progress(1)
        return found

    def _unit(self, words: Sequence[str]) -> NDArray[float32]:
        total = np.sum([_direction(word, self.dimension) for word in words], axis=0)
        unit: NDArray[float32] = (total / np.linalg.norm(total)).astype(np.float32)
        return unit

"""Works to vectors: the title's by itself, then the whole text's. Pure but for the encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.embedding.text import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    Encode = Callable[[Sequence[str], Callable[[int], None]], list[NDArray[float32]]]


def work_vectors(
    works: Sequence[tuple[str, str]],
    encode: Encode,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[NDArray[float32]]:
    """One array per (title, abstract): row 0 is the title's vector, the others are the chunks of
    title and abstract together; rows have unit length.

    `progress` is called with the number of works done since its last call. Raises what `encode`
    raises.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    whole = encode([text_of(title, abstract) for title, abstract in works], progress)
    titled = [at for at, (title, abstract) in enumerate(works) if title and abstract]
    alone = encode([works[at][0] for at in titled], lambda _done: None)
    heads = dict(zip(titled, alone, strict=True))
    return [np.concatenate([heads.get(at, rows)[:1], rows]) for at, rows in enumerate(whole)]

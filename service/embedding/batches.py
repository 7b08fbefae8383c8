"""Work cut to a size that memory and caches like. Pure but for the function it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from service.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")

_MEMORY_WORDS = ("not enough memory", "out of memory", "can't allocate", "cannot allocate")


def by_tokens(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices of `lengths`, longest first, in batches of at most `budget` tokens (at least one)."""
    batch: list[int] = []
    used = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and used + lengths[index] > budget:
            yield batch
            batch, used = [], 0
        batch.append(index)
        used += lengths[index]
    if batch:
        yield batch


def halving(run: Callable[[Sequence[T]], Iterable[R]], items: Sequence[T]) -> list[R]:
    """`run(items)`; where memory is short, on halves, down to one item, then `EncoderError`."""
    try:
        return list(run(items))
    except (MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
        if len(items) == 1:
            raise EncoderError(
                "embedding", "not enough memory for one text", "free memory or use a smaller model"
            ) from error
    middle = len(items) // 2  # outside of the handler: its traceback would hold the tensors
    return [*halving(run, items[:middle]), *halving(run, items[middle:])]


def _is_memory(error: BaseException) -> bool:
    """torch reports an exhausted allocator as a RuntimeError with one of these wordings."""
    told = str(error).lower()
    return isinstance(error, MemoryError) or any(word in told for word in _MEMORY_WORDS)

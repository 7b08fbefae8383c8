"""Batches over cores: one thread a batch, instead of all threads on one.

Threads that share each small product wait for the slowest at its end, hundreds of times a batch.
Where another program holds one of the cores, that costs up to ten times the work itself; apart,
they lose only their own core's share, and each keeps its batch in its own cache.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")


def spread(run: Callable[[T], R], batches: Sequence[T], workers: int) -> Iterator[R]:
    """`run` of each batch, in order. After an exception or Ctrl-C no further batch is begun."""
    import torch  # noqa: PLC0415 (heavy)

    pool = ThreadPoolExecutor(workers, "embed", lambda: torch.set_num_threads(1))
    try:
        yield from pool.map(run, batches)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(workers)  # part of the setting is the process's, not the thread's


def ahead(make: Callable[[T], R], items: Sequence[T]) -> Generator[R]:
    """`make` of each item, in order; while one is in use, a thread makes the next, and no more."""
    with ThreadPoolExecutor(1, "ahead") as pool:
        waiting = pool.submit(make, items[0]) if items else None
        for following in (*items[1:], None):
            if waiting is None:
                return
            found = waiting.result()
            waiting = None if following is None else pool.submit(make, following)
            yield found

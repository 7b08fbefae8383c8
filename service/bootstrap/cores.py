"""How many processors there are to work with, and working with several of them."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.protocols import Encoder
    from service.records import EncoderInfo

T = TypeVar("T")
R = TypeVar("R")

_MOST_THREADS = 4  # that share one interpreter: more would wait for its lock


def cores() -> int:
    """The processors that this process may use."""
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return able or 1


def side_by_side(do: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """What `do` makes of each, in order, by a thread per core: for what is NumPy's for the most
    part, which lets others go on. Whoever stops it waits only for those that have begun."""
    threads = min(cores(), _MOST_THREADS, len(items))
    if threads < 2:
        return [do(item) for item in items]
    from threadpoolctl import threadpool_limits

    # A BLAS with threads of its own would keep every core busy with waiting.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as beside:
        begun = [beside.submit(copy_context().run, do, item) for item in items]
        try:
            return [each.result() for each in begun]
        finally:
            beside.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class EncoderInTurn:
    """An `Encoder` that encodes for one thread at a time."""

    inner: Encoder
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def info(self) -> EncoderInfo:
        """As the inner one."""
        return self.inner.info()

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        """As the inner one."""
        with self._turn:
            return self.inner.encode(texts, progress)

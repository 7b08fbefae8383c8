"""Ending on request: the first signal asks, the second (or too long a wait) ends at once.

Work is interrupted where nothing is lost: between items, in waits, between batches of texts.
What the end finds open all the same is rolled back by the database; a delivery that was under
way is looked for at the next start.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from numpy import float32
    from numpy.typing import NDArray

    from service.clock import Clock
    from service.protocols import Encoder
    from service.records import EncoderInfo

log = logging.getLogger(__name__)

GRACE = 25.0  # seconds; orchestrators kill after 30
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(BaseException):  # not an Exception: nothing that mends failures may swallow it
    """The operator asked for the end."""


def stoppable_clock(clock: Clock, stop: threading.Event) -> Clock:
    """A clock whose sleep ends in `Stopped` once `stop` is set: a wait never delays the end, and
    what would have followed it (another request) does not follow early."""

    def sleep(seconds: float) -> None:
        if stop.wait(seconds):
            raise Stopped

    return replace(clock, sleep=sleep)


@dataclass(frozen=True, slots=True)
class StoppableEncoder:
    """An `Encoder` that ends in `Stopped` between two batches of texts."""

    inner: Encoder
    stop: threading.Event

    def info(self) -> EncoderInfo:
        """As the inner one."""
        return self.inner.info()

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[NDArray[float32]]:
        """As the inner one; what was encoded since the last commit is dropped."""

        def told(done: int) -> None:
            if self.stop.is_set():
                raise Stopped
            if progress is not None:
                progress(done)

        return self.inner.encode(texts, told)


@contextmanager
def signals(stop: threading.Event, status: int) -> Iterator[None]:
    """Let SIGTERM and SIGINT set `stop`. A second one ends the process at once, with 128 + its
    number; `GRACE` seconds after the first it ends anyway, with `status`.

    Only for the main thread, which alone receives signals.
    """
    timers: list[threading.Timer] = []

    def told(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            _leave(128 + number)
        stop.set()
        timers.append(threading.Timer(GRACE, _too_long, [status]))
        timers[0].daemon = True
        timers[0].start()

    before = {number: signal.signal(number, told) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for timer in timers:
            timer.cancel()


def _too_long(status: int) -> None:
    log.warning("still busy %d s after the signal: leaving; what is open is looked for", GRACE)
    _leave(status)


def _leave(status: int) -> None:
    with suppress(Exception):  # the signal may have come in the middle of writing a line
        logging.shutdown()
    os._exit(status)  # threads that wait for a server would hold back any gentler end

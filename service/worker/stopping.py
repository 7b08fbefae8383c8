"""Ending on request: the first signal asks, the second (or too long a wait) ends at once.

Work is interrupted where nothing is lost: between items, in waits, between batches of texts.
What the end finds open all the same is rolled back by the database; a delivery that was under
way is looked for at the next start.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
import time
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
_CLOSING = 1.0  # seconds that the logs have to write their last lines
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

    A thread of its own acts on them. A handler would run in the middle of what the main thread
    does: where that is about to wait for `stop`, it holds the lock that setting it takes, and both
    would wait for ever. Only for the main thread, which alone may say who hears signals.
    """
    heard, told = os.pipe()
    os.set_blocking(told, False)
    outer = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    before = {number: signal.signal(number, _noted) for number in _SIGNALS}
    listener = threading.Thread(target=_listen, args=(heard, stop, status), daemon=True)
    listener.start()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(outer)
        os.close(told)
        listener.join()
        os.close(heard)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Python has written the number to the pipe."""


def _listen(heard: int, stop: threading.Event, status: int) -> None:
    """Act on the signals whose numbers come through the pipe, until its other end is closed."""
    latest: float | None = None  # when the process is to have ended
    while True:
        left = None if latest is None else max(0.0, latest - time.monotonic())
        if not select.select([heard], [], [], left)[0]:
            log.warning(
                "still busy %g s after the signal: leaving; what is open is looked for", GRACE
            )
            _leave(status)
        if not (number := os.read(heard, 1)):
            return
        if number[0] in _SIGNALS:
            if stop.is_set():
                _leave(128 + number[0])
            stop.set()
            latest = time.monotonic() + GRACE


def _leave(status: int) -> None:
    closing = threading.Thread(target=logging.shutdown, daemon=True)
    with suppress(RuntimeError):  # no thread can be started
        closing.start()
        closing.join(_CLOSING)  # a thread that is busy with a line may keep it from its end
    os._exit(status)  # threads that wait for a server would hold back any gentler end

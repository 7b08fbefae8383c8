"""When: APScheduler ticks, and a signal ends it.

The schedule lives in memory and means nothing: a tick asks the database what is due. A tick that
was missed is not made up, one that takes long is not doubled.
"""

from __future__ import annotations

import logging
import signal
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from service.errors import LitwatchError
from service.worker import jobs

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from types import FrameType

    from service.bootstrap import App
    from service.clock import Clock

log = logging.getLogger(__name__)

TICKS = {"poll": 300, "digests": 60, "deliver": 15}  # seconds


def stoppable(clock: Clock, stop: threading.Event) -> Clock:
    """A clock whose sleep ends when `stop` is set, so that a long wait never delays the end."""
    return replace(clock, sleep=lambda seconds: void(stop.wait(seconds)))


def void(_value: object) -> None:
    """Drop a value."""


def run(app: App, stop: threading.Event) -> None:
    """Work until `stop` is set (by SIGTERM or Ctrl-C), then finish what is under way."""
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(len(TICKS))},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for name, seconds in TICKS.items():
        work = partial(_tick, getattr(jobs, name), app, stop.is_set)
        scheduler.add_job(work, "interval", seconds=seconds, id=name, next_run_time=app.clock.now())
    with _signals(stop):
        scheduler.start()
        log.info("working; stop with Ctrl-C or SIGTERM")
        while not stop.wait(1.0):
            pass  # wake up each second: a signal is only handled between waits
        log.info("stopping: finishing what is under way")
        scheduler.shutdown(wait=True)
    log.info("stopped")


def _tick(
    job: Callable[[App, Callable[[], bool]], bool], app: App, stopping: Callable[[], bool]
) -> None:
    try:
        job(app, stopping)
    except LitwatchError as error:
        log.error("%s: %s", job.__name__, error)
    except Exception:  # a defect in one tick must not end the worker
        log.exception("%s: unexpected failure", job.__name__)


class _signals:  # noqa: N801 - used as a statement
    """SIGTERM and SIGINT set `stop`; a second one ends the process at once."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def __enter__(self) -> None:
        self._before = {
            number: signal.signal(number, self._told) for number in (signal.SIGTERM, signal.SIGINT)
        }

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _told(self, number: int, _frame: FrameType | None) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt(signal.Signals(number).name)
        self._stop.set()

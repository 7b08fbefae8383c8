"""When: APScheduler ticks, and a signal ends it.

The schedule lives in memory and means nothing: a tick asks the database what is due. A tick that
was missed is not made up, one that takes long is not doubled.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from service import logs, tracing
from service.clock import Clock
from service.errors import LitwatchError
from service.worker import jobs
from service.worker.stopping import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.bootstrap import App

log = logging.getLogger(__name__)

# A walk through a source may take hours. What a worker that died was polling must not wait for it.
_OVERLAPPING = {"poll": 3}
TICKS: Mapping[str, float] = {  # seconds
    "poll": 300,
    "recheck": 600,
    "digests": 60,
    "deliver": 15,
    "bounces": 300,
    "weeks": 60,
    "enrich": 300,
    "alarms": 300,
    "retain": 86_400,
}


def run(app: App, ticks: Mapping[str, float] = TICKS) -> None:
    """Work until `app.stop` is set, then wait for what is under way. Signals are the caller's."""
    app.make_parts()
    app.listen()
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(len(ticks) + sum(_OVERLAPPING.values()))},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for name, seconds in ticks.items():
        work = partial(tick, getattr(jobs, name), app)
        # The timer runs on the machine's clock; what is due is asked of `app.clock`.
        at_once = Clock().now()
        most = _OVERLAPPING.get(name, 1)
        scheduler.add_job(
            work, "interval", seconds=seconds, id=name, next_run_time=at_once, max_instances=most
        )
    with app.holding.working(jobs.PROGRAM):
        scheduler.start()
        log.info("working; stop with Ctrl-C or SIGTERM")
        while not app.stop.wait(1.0):
            pass  # wake up each second: a signal is only handled between waits
        log.info("stopping: finishing what is under way")
        app.hang_up()
        scheduler.shutdown(wait=True)
    log.info("stopped")


def tick(job: Callable[[App], bool], app: App) -> None:
    """Do a job. Whatever goes wrong is told, and the worker lives on."""
    name = job.__name__
    try:
        with logs.bind(job=name), tracing.span(f"job {name}"), app.holding.doing(name):
            job(app)
    except Stopped:
        log.info("%s: stopped", job.__name__)
    except LitwatchError as error:
        log.error("%s: %s", job.__name__, error)
    except Exception:  # a defect in one tick must not end the worker
        log.exception("%s: unexpected failure", job.__name__)

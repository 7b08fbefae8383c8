"""What the worker does on its ticks. What is due comes from the database, never from the timer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from service import pipeline
from service.errors import EncoderError, LitwatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.bootstrap import App

log = logging.getLogger(__name__)


def poll(app: App, stopping: Callable[[], bool]) -> bool:
    """Poll every source that is due, then embed what came. False if a source failed."""
    results = pipeline.poll(lambda source: app.poll_one(source, stopping=stopping), app.sources)
    for result in results:
        if not result.skipped:
            log.info("polled %s: %d new", result.source, result.tally.new)
    if not stopping():
        _embed(app)
    return not any(result.error for result in results)


def _embed(app: App) -> None:
    try:
        done = pipeline.embed(app.parts)
    except EncoderError as error:
        log.warning("%s", error)
    else:
        if done:
            log.info("embedded %d works", done)


def digests(app: App, _stopping: Callable[[], bool]) -> bool:
    """Freeze every digest whose period has come."""
    for content in pipeline.digest_due(app.parts):
        log.info("digest for %s: %s, %d works", content.subscription, content.label, content.shown)
    return True


def deliver(app: App, stopping: Callable[[], bool]) -> bool:
    """Send what is due; look for what is in doubt."""
    app.deliver(stopping)
    return True


def round_of_work(app: App, stopping: Callable[[], bool]) -> bool:
    """Everything that is due, once. One step that fails does not stop the next."""
    well = True
    for job in (poll, digests, deliver):
        if stopping():
            break
        try:
            well = job(app, stopping) and well
        except LitwatchError as error:
            log.error("%s: %s", job.__name__, error)
            well = False
    return well

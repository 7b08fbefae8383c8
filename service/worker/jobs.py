"""What the worker does on its ticks. What is due comes from the database, never from the timer.

Any number of workers do the same side by side: what each of them has for itself is told in
docs/workers.md.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from service import __version__, logs, pipeline, tracing
from service.errors import EncoderError, LitwatchError, StoreError

if TYPE_CHECKING:
    from service.bootstrap import App

log = logging.getLogger(__name__)

PROGRAM = f"litwatch {__version__}"  # as workers are known by


def poll(app: App) -> bool:
    """Poll every source that is due, then embed what came. False if a source failed."""
    results = app.poll(app.sources)
    for result in results:
        if not result.skipped:
            log.info("polled %s: %d new", result.source, result.tally.new)
    app.go_on()
    _embed(app)
    return not any(result.error for result in results)


def _embed(app: App) -> None:
    try:
        with app.model:
            done = pipeline.embed_new(app.parts, app.embedded)
    except EncoderError as error:
        log.warning("%s", error)
    else:
        if done:
            log.info("embedded %d works", done)
        _index(app)


def _index(app: App) -> None:
    """Make what was embedded findable by meaning, unless another worker does."""
    try:
        info = app.query_encoder.info()
        done = app.neighbours.refresh(info, lambda _done: app.go_on(), wait=False)
    except StoreError as error:
        log.warning("%s", error)
    else:
        if done:
            log.info("indexed %d works", done)


def digests(app: App) -> bool:
    """Freeze every digest whose period has come."""
    with app.model, tracing.span("freeze digests") as span:
        made = pipeline.digest_due(app.parts)
        span.set("litwatch.digests", len(made))
    for content in made:
        log.info("digest for %s: %s, %d works", content.subscription, content.label, content.shown)
    return True


def deliver(app: App) -> bool:
    """Send what is due; look for what is in doubt."""
    app.deliver()
    return True


def bounces(app: App) -> bool:
    """Take in the mails that came back into a Maildir or a mail box, where one is set."""
    from service.bootstrap import returned  # noqa: PLC0415 (bootstrap knows the worker)

    with app.holding.held("bounces") as fence:  # two would take each mail twice, as if once
        if fence and (taken := returned.collect(app)):
            log.info("took in %d mails that came back", taken)
    return True


def alarms(app: App) -> bool:
    """See what calls for the operator, and tell them what is new or over."""
    with app.holding.held("alarms") as fence:
        if fence:
            app.sound_alarms()
    return True


def recheck(app: App) -> bool:
    """Ask for works that were sent or saved again, those that are due. False if a source failed."""
    done = app.recheck()
    if done and done.asked:
        log.info("asked for %d works again: %d changed", done.asked, done.tally.changed)
    return not (done and done.error)


def weeks(app: App) -> bool:
    """Rank what came for the pages that show it; what digests show does not hang on it."""
    if done := app.rank_weeks():
        log.info("ranked %d lists anew", done)
    return True


def enrich(app: App) -> bool:
    """Ask what else is known of works that are about to be shown; nothing waits for it."""
    if done := app.enrich():
        log.info("enriched: %d answers", done)
    return True


def retain(app: App) -> bool:
    """Remove what is past its time, where the configuration sets one."""
    with app.holding.held("retention") as fence:
        if fence:
            app.retain()
    return True


def round_of_work(app: App) -> bool:
    """Everything that is due, once. One step that fails does not stop the next."""
    well = True
    with app.holding.working(PROGRAM):
        for job in (poll, recheck, digests, deliver, bounces, weeks, enrich, alarms, retain):
            app.go_on()
            try:
                name = job.__name__
                with logs.bind(job=name), tracing.span(f"job {name}"), app.holding.doing(name):
                    well = job(app) and well
            except LitwatchError as error:
                log.error("%s: %s", job.__name__, error)
                well = False
    return well

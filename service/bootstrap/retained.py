"""How long this installation keeps things."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from service import retaining
from service.records.retained import Kept
from service.retaining import Terms

if TYPE_CHECKING:
    from service.bootstrap import App

log = logging.getLogger(__name__)


def terms(app: App) -> Terms:
    """As the configuration has them."""
    set_to = app.settings.retention
    days = {
        Kept.RENDERED: set_to.rendered_days,
        Kept.RANKINGS: set_to.ranking_days,
        Kept.ALARMS: set_to.alarm_days,
        Kept.BOUNCES: set_to.bounce_days,
    }
    return Terms({kind: count for kind, count in days.items() if count})


def remove(app: App) -> dict[Kept, int]:
    """Remove what is past its time; returns how many rows of each kind."""
    done = retaining.remove(app.store, terms(app), app.store.now(), app.go_on)
    for kind, rows in done.items():
        if rows:
            log.info("removed by retention: %s: %d", retaining.WORDS[kind], rows)
    return done

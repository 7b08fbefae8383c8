"""What the next digests would show, drawn up when something has changed, and kept to be looked at.

A module beside the pipeline, with the same rules.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from service import periods, pipeline
from service.errors import LitwatchError
from service.records.weeks import Placed, Upcoming

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from service.claims import Fence
    from service.pipeline import Draft, Parts
    from service.records import Subscription
    from service.store import Unit

log = logging.getLogger(__name__)

# Each is a ranking of its own, and a vote changes those of all who follow its topic.
REST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Next:
    """A subscription's next digest: all that it hangs on, and the period of the last one."""

    subscription: Subscription
    created: datetime
    state: str
    last: str | None


def young(at: datetime, now: datetime, rest: timedelta) -> bool:
    """Whether so little time has passed since `at`; a time to come is none."""
    return timedelta(0) <= now - at < rest


def refresh(parts: Parts, model: AbstractContextManager[object], go_on: Callable[[], None]) -> int:
    """Draw up the next digest of every subscription for which something has changed, unless that
    was done less than `REST` ago, or another worker is at it; returns how many.

    The `model` is held for one at a time, and `go_on` is called before each. One that cannot be
    drawn up holds up no other.
    """
    with parts.store.reading() as tx:
        coming, kept = _coming(parts, tx), tx.weeks.upcoming()
    done, now = 0, parts.clock.now()
    for each in coming:
        if not _fresh(kept.get(each.subscription.name), each, now):
            go_on()
            done += _claimed(parts, model, each, now)
    if not kept.keys() <= (names := {each.subscription.name for each in coming}):
        with parts.store.writing() as tx:
            tx.weeks.keep_only(names)
    return done


def _fresh(kept: Upcoming | None, coming: _Next, now: datetime) -> bool:
    return kept is not None and (kept.state == coming.state or _resting(kept, now))


def _claimed(
    parts: Parts, model: AbstractContextManager[object], coming: _Next, now: datetime
) -> bool:
    name = coming.subscription.name
    with parts.holding.held(f"upcoming {name}") as fence:
        if fence is None:
            return False
        with parts.store.reading() as tx:  # another may just have done it
            kept = tx.weeks.upcoming(name).get(name)
        return not _fresh(kept, coming, now) and _draw_up(parts, model, coming, fence)


def _resting(kept: Upcoming, now: datetime) -> bool:
    return bool(kept.works) and young(kept.at, now, REST)


def _coming(parts: Parts, tx: Unit) -> list[_Next]:
    votes, beside, hi = tx.weeks.last_votes(), tx.weeks.beside(), tx.works.sequence()
    versions = {each.slug: each.version for each in tx.topics.current()}
    searches = {saved.name: saved for saved in tx.searches.list()}
    found = []
    for subscription, created in tx.subscriptions.active():
        topics = [(slug, versions.get(slug), votes.get(slug, 0)) for slug in subscription.topics]
        asked = [searches.get(name) for name in subscription.searches]
        end, last = tx.digests.window_end(subscription.name), tx.digests.last(subscription.name)
        hangs_on = (subscription, created, topics, asked, end, last, beside, parts.default_cutoff)
        state = f"works {hi}, {hangs_on!r}"
        found.append(_Next(subscription, created, state, last.period if last else None))
    return found


def _draw_up(
    parts: Parts, model: AbstractContextManager[object], coming: _Next, fence: Fence
) -> bool:
    subscription = coming.subscription
    try:
        period = periods.coming(subscription, parts.clock.now(), coming.last)
        with model:
            drafted = pipeline.draft(parts, subscription, period.key, coming.created)
    except LitwatchError as error:
        log.warning("the next digest for %s: %s", subscription.name, error)
        return False
    with parts.store.writing() as tx:
        fence(tx)
        tx.weeks.keep_upcoming(_shown(drafted, coming.state))
    return True


def _shown(drafted: Draft, state: str) -> Upcoming:
    content = drafted.content
    works = tuple(
        Placed(each.ranked, None if each is item else item.work.id)
        for section in content.sections
        for item in section.items
        for each in (item, *item.similar)
    )
    return Upcoming(content.subscription, state, content.created_at, works)

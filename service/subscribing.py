"""Subscriptions: how each stands and when it is sent next; those that people make for themselves,
beside those of the configuration.

A module beside the pipeline, with the same rules: it is handed the store.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from service import periods, saved_searches
from service.errors import InputError
from service.records.findings import CONFIGURATION

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from service.records import Stop, Subscription
    from service.store import Unit

_IN_FILE = "change it there, in [[subscriptions]]"
_AHEAD = 4  # send times that are told


@dataclass(frozen=True, slots=True)
class Coming:
    """How a subscription stands: who made it, what has stopped it, and its next send times by its
    own clock, the first one first; none where nothing will be sent."""

    subscription: Subscription
    author: str
    stop: Stop | None
    runs: tuple[datetime, ...]

    @property
    def configured(self) -> bool:
        """Whether it stands in the configuration."""
        return self.author == CONFIGURATION

    @property
    def next_run(self) -> datetime | None:
        """When it is sent next, in UTC."""
        return self.runs[0].astimezone(UTC) if self.runs else None


def coming(tx: Unit, now: datetime) -> list[Coming]:
    """Every subscription there ever was, by name."""
    stops, authors = tx.stops.active(), tx.subscriptions.authors()
    last, found = tx.digests.last_periods(), []
    for one, _ in tx.subscriptions.all():
        stop = stops.get(one.name)
        runs = _runs(one, now, last.get(one.name)) if one.active and not stop else ()
        found.append(Coming(one, authors[one.name], stop, runs))
    return found


def coming_of(tx: Unit, name: str, now: datetime) -> Coming:
    """One of them. Raises `InputError`."""
    tx.subscriptions.get(name)
    return next(each for each in coming(tx, now) if each.subscription.name == name)


def _runs(one: Subscription, now: datetime, last: str | None) -> tuple[datetime, ...]:
    runs = []
    for _ in range(_AHEAD):
        period = periods.next_due(one, now, last)
        runs.append(period.due_at.astimezone(ZoneInfo(one.zone)))
        now, last = period.due_at, period.key
    return tuple(runs)


def keep(
    tx: Unit,
    subscription: Subscription,
    *,
    channels: Collection[str],
    author: str,
    now: datetime,
    anew: bool,
) -> None:
    """Keep a subscription as a person has it; one that is changed keeps its first author.

    With `anew` its name must be free. Raises `InputError`: for a name that is taken or stands in
    the configuration, for topics and saved searches that are not there or cannot be sent, and for
    a channel that is none of `channels` (those that are configured).
    """
    thing = f"subscription {subscription.name!r}"
    owner = tx.subscriptions.authors().get(subscription.name)
    if owner == CONFIGURATION:
        raise InputError(thing, "stands in the configuration", _IN_FILE)
    if owner is not None and anew:
        raise InputError(thing, f"is there already, made by {owner}", "choose another name")
    if not (subscription.topics or subscription.searches):
        raise InputError(thing, "is about nothing", "choose a topic or a saved search")
    if subscription.channel not in channels:
        known = ", ".join(sorted(channels))
        raise InputError(
            f"channel {subscription.channel!r}", "is not configured", f"there are: {known}"
        )
    _check_topics(tx, subscription)
    _check_searches(tx, subscription, now)
    tx.subscriptions.keep(subscription, owner or author, now)


def end(tx: Unit, name: str, now: datetime) -> None:
    """Switch a person's subscription off; its digests are kept. Raises `InputError` for one that is
    not there, or that the configuration switches on."""
    subscription, _ = tx.subscriptions.get(name)
    owner = tx.subscriptions.authors()[name]
    if owner == CONFIGURATION:
        raise InputError(f"subscription {name!r}", "stands in the configuration", _IN_FILE)
    tx.subscriptions.keep(replace(subscription, active=False), owner, now)


def _check_topics(tx: Unit, subscription: Subscription) -> None:
    known = {version.slug for version in tx.topics.current()}
    for slug in subscription.topics:
        if slug not in known:
            remedy = f"there are: {', '.join(sorted(known))}"
            raise InputError(f"topic {slug!r}", "does not exist", remedy)


def _check_searches(tx: Unit, subscription: Subscription, now: datetime) -> None:
    held = {saved.name: saved for saved in tx.searches.list()}
    for name in subscription.searches:
        thing = f"saved search {name!r}"
        if name not in held:
            raise InputError(thing, "does not exist", f"add it: litwatch searches save {name} ...")
        if told := saved_searches.fault(held[name], now):
            raise InputError(thing, told, "leave it out")

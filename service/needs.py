"""What needs a person, read from the archive: `litwatch status` shows it, alarms come of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

from service import periods, saved_searches, seeding, tuning
from service.records import DeliveryState, StopReason
from service.topics.identity import label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from service.records import Stop, Subscription
    from service.store import Unit
    from service.store.delivery_lists import DeliveryLine, Partial
    from service.store.sources import SourceState

_RECENT = timedelta(days=14)
_LATE = timedelta(hours=3)  # a worker makes a digest within minutes


@dataclass(frozen=True, slots=True)
class Overdue:
    """A digest that should have been made hours ago: no worker runs, or it cannot make it."""

    subscription: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Unasked:
    """A saved search that digests are to be made of, and cannot."""

    search: str
    fault: str
    subscriptions: list[str]


@dataclass(frozen=True, slots=True)
class Doubted:
    """A seed that a topic is told by, and that was retracted or the like."""

    topic: str
    seed: str
    title: str
    fault: str


@dataclass(frozen=True, slots=True)
class Needs:
    """What needs a person, by kind: sources that failed last time; deliveries in doubt, or dead
    since two weeks ago; digests that came in part; addresses that mails come back from;
    subscriptions to places that are not configured; digests overdue; searches not to be asked;
    seeds that were retracted."""

    failing: tuple[SourceState, ...] = ()
    urgent: tuple[DeliveryLine, ...] = ()
    partial: tuple[Partial, ...] = ()
    bounced: tuple[Stop, ...] = ()
    unconfigured: tuple[Subscription, ...] = ()
    overdue: tuple[Overdue, ...] = ()
    unasked: tuple[Unasked, ...] = ()
    doubted: tuple[Doubted, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return any(getattr(self, each.name) for each in fields(self))


def read(tx: Unit, channels: Collection[str], now: datetime) -> Needs:
    """All that needs a person; `channels` are those that are configured."""
    since = now - _RECENT
    bad = (DeliveryState.UNKNOWN, DeliveryState.DEAD)
    lines = tx.deliveries.lines(limit=None, states=bad)
    stops = tx.stops.active().values()
    active = [subscription for subscription, _ in tx.subscriptions.active()]
    return Needs(
        failing=tuple(state for state in tx.sources.states() if state.failures),
        urgent=tuple(
            line for line in lines if line.state is DeliveryState.UNKNOWN or line.created_at > since
        ),
        partial=tuple(each for each in tx.deliveries.partial() if each.frozen_at > since),
        bounced=tuple(stop for stop in stops if stop.reason is StopReason.BOUNCED),
        unconfigured=tuple(each for each in active if each.channel not in channels),
        overdue=tuple(_overdue(tx, now)),
        unasked=tuple(_unasked(tx, now)),
        doubted=tuple(_doubted(tx)),
    )


def _overdue(tx: Unit, now: datetime) -> Iterator[Overdue]:
    for subscription, created in tx.subscriptions.active():
        last = tx.digests.last(subscription.name)
        period = periods.due(subscription, now, last.period if last else None, created)
        if period is not None and period.due_at < now - _LATE:
            yield Overdue(subscription.name, period.due_at)


def _unasked(tx: Unit, now: datetime) -> Iterator[Unasked]:
    readers = saved_searches.readers(tx)
    held = {saved.name: saved for saved in tx.searches.list()} if readers else {}
    for name, sent in readers.items():
        fault = saved_searches.fault(held[name], now) if name in held else "is gone"
        if fault:
            yield Unasked(name, fault, sent)


def _doubted(tx: Unit) -> Iterator[Doubted]:
    for topic in filter(None, map(tuning.readable, tx.topics.current())):
        faults = seeding.doubted(tx, topic)
        for seed in topic.seeds:
            if seed.key in faults:
                yield Doubted(topic.slug, seed.key, label(seed), faults[seed.key])

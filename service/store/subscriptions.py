"""Who gets what, where and when: what stands in the configuration, whose copy this is, and what
people have made themselves."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Select, exists, select, update

from service.errors import InputError
from service.records import Subscription
from service.records.findings import CONFIGURATION
from service.store.dialect import insert_or
from service.store.schema import StopRow, SubscriptionRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class Subscriptions:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sync(self, subscriptions: Sequence[Subscription], now: datetime) -> None:
        """Make those of the configuration the ones given; others of it are kept for their history,
        inactive. Those of people stay.

        One that leads elsewhere from now on is no longer stopped: its new reader did not
        unsubscribe, and no mail of theirs came back.
        """
        names = [subscription.name for subscription in subscriptions]
        self._resume_moved(subscriptions, now)
        self._connection.execute(
            update(SubscriptionRow)
            .where(SubscriptionRow.name.not_in(names), SubscriptionRow.author == CONFIGURATION)
            .values(active=False)
        )
        for subscription in subscriptions:
            self._write(subscription, CONFIGURATION, now)

    def keep(self, subscription: Subscription, author: str, now: datetime) -> None:
        """Keep what a person has made, or changed: `author`, who is not the configuration."""
        self._resume_moved([subscription], now)
        self._write(subscription, author, now)

    def _write(self, subscription: Subscription, author: str, now: datetime) -> None:
        lists = {"topics": [*subscription.topics], "searches": [*subscription.searches]}
        values = asdict(subscription) | lists | {"author": author}
        statement = insert_or(self._connection, SubscriptionRow).values(**values, created_at=now)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_=values)
        )

    def authors(self) -> dict[str, str]:
        """Who made each subscription; `CONFIGURATION` for those that stand there."""
        row = SubscriptionRow
        found = self._connection.execute(select(row.name, row.author))
        return {name: author for name, author in found}  # noqa: C416 (rows are no pairs to mypy)

    def _resume_moved(self, subscriptions: Sequence[Subscription], now: datetime) -> None:
        before = {known.name: _reached(known) for known, _ in self.all()}
        moved = [s.name for s in subscriptions if before.get(s.name, _reached(s)) != _reached(s)]
        self._connection.execute(
            update(StopRow)
            .where(StopRow.subscription.in_(moved), StopRow.ended_at.is_(None))
            .values(ended_at=now)
        )

    def active(self) -> list[tuple[Subscription, datetime]]:
        """What is to be sent: subscriptions that are switched on and not stopped, with when each
        was first seen, by name."""
        row = SubscriptionRow
        stopped = exists(
            select(StopRow.id).where(StopRow.subscription == row.name, StopRow.ended_at.is_(None))
        )
        return self._pairs(select(row).where(row.active, ~stopped))

    def all(self) -> list[tuple[Subscription, datetime]]:
        """Every subscription that was ever configured, by name."""
        return self._pairs(select(SubscriptionRow))

    def _pairs(self, statement: Select[SubscriptionRow]) -> list[tuple[Subscription, datetime]]:
        return [
            _pair(found)
            for found in self._connection.execute(statement.order_by(SubscriptionRow.name))
        ]

    def get(self, name: str) -> tuple[Subscription, datetime]:
        """One subscription. Raises `InputError`."""
        row = SubscriptionRow
        found = self._connection.execute(select(row).where(row.name == name)).first()
        if found is None:
            known = ", ".join(pair[0].name for pair in self.all() if pair[0].active)
            remedy = f"there are: {known}" if known else "none is configured; see litwatch.toml"
            raise InputError(f"subscription {name!r}", "does not exist", remedy)
        return _pair(found)


def _reached(subscription: Subscription) -> tuple[str, ...]:
    """Where a subscription leads. In the case of its letters a mail address does not change its
    reader; a fallback matters only where the channel is another."""
    if subscription.channel == "email":
        return ("email", subscription.destination.casefold())
    return (subscription.channel, subscription.destination, subscription.fallback.casefold())


def _pair(row: object) -> tuple[Subscription, datetime]:
    get = {name: getattr(row, name) for name in Subscription.__dataclass_fields__}
    lists = {"topics": tuple(get["topics"]), "searches": tuple(get["searches"])}
    subscription = Subscription(**(get | lists))
    created: datetime = getattr(row, "created_at")  # noqa: B009 - a result row has no types
    return subscription, created

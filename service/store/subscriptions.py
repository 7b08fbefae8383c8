"""Who gets what, where and when. The configuration file is the master; this is its copy."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from service.errors import InputError
from service.records import Subscription
from service.store.dialect import insert_or
from service.store.schema import SubscriptionRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class Subscriptions:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sync(self, subscriptions: Sequence[Subscription], now: datetime) -> None:
        """Make the stored ones those given; others are kept for their history, inactive."""
        names = [subscription.name for subscription in subscriptions]
        self._connection.execute(
            update(SubscriptionRow).where(SubscriptionRow.name.not_in(names)).values(active=False)
        )
        for subscription in subscriptions:
            values = asdict(subscription) | {"topics": list(subscription.topics)}
            statement = insert_or(self._connection, SubscriptionRow).values(
                **values, created_at=now
            )
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_=values)
            )

    def active(self) -> list[tuple[Subscription, datetime]]:
        """Active subscriptions with when each was first seen, by name."""
        row = SubscriptionRow
        statement = select(row).where(row.active).order_by(row.name)
        return [_pair(found) for found in self._connection.execute(statement)]

    def get(self, name: str) -> tuple[Subscription, datetime]:
        """One subscription. Raises `InputError`."""
        row = SubscriptionRow
        found = self._connection.execute(select(row).where(row.name == name)).first()
        if found is None:
            known = ", ".join(pair[0].name for pair in self.active())
            remedy = f"there are: {known}" if known else "none is configured; see litwatch.toml"
            raise InputError(f"subscription {name!r}", "does not exist", remedy)
        return _pair(found)


def _pair(row: object) -> tuple[Subscription, datetime]:
    get = {name: getattr(row, name) for name in Subscription.__dataclass_fields__}
    subscription = Subscription(**(get | {"topics": tuple(get["topics"])}))
    created: datetime = getattr(row, "created_at")  # noqa: B009 - a result row has no types
    return subscription, created

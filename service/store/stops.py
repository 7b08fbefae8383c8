"""Subscriptions to which nothing is sent, though they are configured; the history is kept.

A subscription can be stopped for both reasons at once: its reader's wish outlasts the repair of a
mail box.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Select, insert, select, update

from service.records import Stop, StopReason
from service.store.dialect import take_turn
from service.store.schema import StopRow

if TYPE_CHECKING:
    from datetime import datetime


class Stops:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stop(self, subscription: str, reason: StopReason, detail: str, now: datetime) -> bool:
        """Stop a subscription, which must exist (`StoreError`); False when it is stopped for this
        reason already."""
        take_turn(self._connection, "stop")
        row = StopRow
        same = (row.subscription == subscription, row.reason == str(reason), row.ended_at.is_(None))
        if self._connection.execute(select(row.id).where(*same)).first() is not None:
            return False
        self._connection.execute(
            insert(row).values(subscription=subscription, reason=str(reason), detail=detail, at=now)
        )
        return True

    def resume(self, subscription: str, now: datetime, reason: StopReason | None = None) -> bool:
        """End what stops a subscription (or only this reason); False when nothing did."""
        row = StopRow
        statement = update(row).where(row.subscription == subscription, row.ended_at.is_(None))
        if reason is not None:
            statement = statement.where(row.reason == str(reason))
        ended = statement.values(ended_at=now).returning(row.id)
        return self._connection.execute(ended).first() is not None

    def active(self) -> dict[str, Stop]:
        """What is stopped now, by subscription; of two reasons, the reader's wish."""
        statement = _stops().where(StopRow.ended_at.is_(None)).order_by(StopRow.id)
        found: dict[str, Stop] = {}
        for subscription, reason, at, detail in self._connection.execute(statement):
            if subscription not in found or reason == StopReason.UNSUBSCRIBED:
                found[subscription] = Stop(subscription, StopReason(reason), at, detail)
        return found

    def history(self, subscription: str) -> list[tuple[Stop, datetime | None]]:
        """Every stop that ever was, newest first, with when it ended (None: it holds)."""
        row = StopRow
        statement = _stops().add_columns(row.ended_at).where(row.subscription == subscription)
        return [
            (Stop(name, StopReason(reason), at, detail), ended)
            for name, reason, at, detail, ended in self._connection.execute(
                statement.order_by(row.id.desc())
            )
        ]


def _stops() -> Select[str, str, datetime, str]:
    row = StopRow
    return select(row.subscription, row.reason, row.at, row.detail)

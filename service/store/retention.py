"""Removing what is past its time, a little at a time, in the caller's transaction.

Votes, works, digests and the receipts that prove days are never removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from service.records import DeliveryState
from service.records.retained import Kept
from service.store.dialect import chunks, skip_locked
from service.store.schema import BounceRow, DeliveryEventRow, DeliveryRow
from service.store.schema_watch import AlarmRow, RankingRunRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

REMOVED = "its bytes were removed by retention"
"""What the event says of a delivery whose bytes are gone; the day follows."""
_GONE = "its bytes"  # so begins that event, and that of what was forgotten

_FINAL = [str(each) for each in (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.CANCELLED)]


def _past(what: Kept, before: datetime) -> tuple[type[Any], tuple[ColumnElement[bool], ...]]:
    """The table that something is in, and which of its rows are past their time."""
    delivery, run = DeliveryRow, RankingRunRow
    tables: Mapping[Kept, tuple[type[Any], tuple[ColumnElement[bool], ...]]] = {
        Kept.RENDERED: (
            delivery,
            (
                delivery.state.in_(_FINAL),
                delivery.created_at < before,
                delivery.payload != b"",
            ),
        ),
        Kept.RANKINGS: (run, (run.digest.is_(None), run.at < before)),
        Kept.ALARMS: (AlarmRow, (AlarmRow.ended_at < before,)),
        Kept.BOUNCES: (BounceRow, (BounceRow.at < before,)),
    }
    return tables[what]


class Retention:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, what: Kept, before: datetime) -> int:
        """How many rows of it are older."""
        table, past = _past(what, before)
        statement = select(func.count()).select_from(table).where(*past)
        return self._connection.execute(statement).scalar_one()

    def remove(self, what: Kept, before: datetime, now: datetime, limit: int) -> int:
        """Remove some of it that is older, `limit` rows at most; returns how many. What another
        worker removes meanwhile is passed over."""
        table, past = _past(what, before)
        oldest = select(table.id).where(*past).order_by(table.id).limit(limit)
        found = list(self._connection.execute(skip_locked(oldest, self._connection)).scalars())
        if found and table is DeliveryRow:
            return self._empty(found, now)
        return self._connection.execute(delete(table).where(table.id.in_(found))).rowcount

    def _empty(self, ids: Sequence[str], now: datetime) -> int:
        """A delivery stays, with the hash of its bytes, and an event says when they went."""
        row = DeliveryRow
        statement = update(row).where(row.id.in_(ids), row.payload != b"").values(payload=b"")
        emptied = statement.returning(row.id, row.state, row.attempt)
        events = [
            {
                "delivery_id": each.id,
                "at": now,
                "attempt": each.attempt,
                "from_state": each.state,
                "to_state": each.state,
                "detail": f"{REMOVED} on {now:%Y-%m-%d}",
            }
            for each in self._connection.execute(emptied).all()
        ]
        if events:
            self._connection.execute(insert(DeliveryEventRow), events)
        return len(events)

    def removed(self, delivery_ids: Sequence[str]) -> dict[str, str]:
        """Why these deliveries have no bytes any more, and since when; those that have are left
        out."""
        row, event = DeliveryRow, DeliveryEventRow
        found: dict[str, str] = {}
        for part in chunks(delivery_ids):
            statement = (
                select(row.id, event.detail)
                .outerjoin(event, (event.delivery_id == row.id) & event.detail.startswith(_GONE))
                .where(row.id.in_(part), row.payload == b"")
                .order_by(event.id)
            )
            for identity, detail in self._connection.execute(statement):
                found[identity] = detail or f"{_GONE} are gone"
        return found

"""Frozen digests, and what was sent to whom."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, exists, func, insert, select

from service.records import DeliveryState, DigestContent, RenderedPart, Subscription
from service.store.dialect import insert_or
from service.store.schema import (
    DeliveryEventRow,
    DeliveryRow,
    DigestItemRow,
    DigestRow,
    WorkRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import InstrumentedAttribute

# A digest none of whose parts can arrive any more counts as not sent: its works come again.
_LOST = (DeliveryState.DEAD, DeliveryState.CANCELLED)


@dataclass(frozen=True, slots=True)
class PastDigest:
    """A digest as listed."""

    id: str
    subscription: str
    period: str
    revision: int
    window_lo: int
    window_hi: int
    frozen_at: datetime
    shown: int


class Digests:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._content = TypeAdapter(DigestContent)

    def last(self, subscription: str) -> PastDigest | None:
        """The subscription's newest digest."""
        return next(iter(self.past(subscription, limit=1)), None)

    def past(self, subscription: str | None = None, limit: int = 50) -> list[PastDigest]:
        """Digests, newest first."""
        row, item = DigestRow, DigestItemRow
        shown = (
            select(func.count()).where(item.digest_id == row.id).scalar_subquery().label("shown")
        )
        statement = (
            select(
                row.id,
                row.subscription,
                row.period,
                row.revision,
                row.window_lo,
                row.window_hi,
                row.frozen_at,
                shown,
            )
            .order_by(row.frozen_at.desc(), row.revision.desc())
            .limit(limit)
        )
        if subscription:
            statement = statement.where(row.subscription == subscription)
        return [PastDigest(*values) for values in self._connection.execute(statement)]

    def window_end(self, subscription: str) -> tuple[int, datetime] | None:
        """Where the next window begins: the end of the last digest that was not lost, and when
        that one was frozen."""
        row = DigestRow
        statement = (
            select(row.window_hi, row.frozen_at)
            .where(row.subscription == subscription, _arriving(row.id))
            .order_by(row.window_hi.desc())
            .limit(1)
        )
        found = self._connection.execute(statement).first()
        return (found[0], found[1]) if found else None

    def sent_works(self, subscription: str) -> frozenset[int]:
        """Works that this subscription was sent (or is being sent), under their present numbers."""
        row, item, work = DigestRow, DigestItemRow, WorkRow
        statement = (
            select(func.coalesce(work.merged_into, work.id))
            .join(item, item.work_id == work.id)
            .join(row, row.id == item.digest_id)
            .where(row.subscription == subscription, _arriving(row.id))
        )
        return frozenset(self._connection.execute(statement).scalars())

    def freeze(
        self,
        content: DigestContent,
        subscription: Subscription,
        parts: Sequence[RenderedPart],
        *,
        revision: int,
        window: tuple[int, int],
        now: datetime,
    ) -> bool:
        """Write digest, items and deliveries with their bytes, all or nothing.

        Returns False, writing nothing, when another worker froze this period first.
        """
        statement = insert_or(self._connection, DigestRow).values(
            id=content.digest_id,
            subscription=subscription.name,
            period=content.period,
            revision=revision,
            window_lo=window[0],
            window_hi=window[1],
            frozen_at=now,
            content=self._content.dump_python(content, mode="json"),
        )
        # RETURNING, because the count of inserted rows is not to be had on PostgreSQL.
        first = statement.on_conflict_do_nothing().returning(DigestRow.id)
        if self._connection.execute(first).first() is None:
            return False
        self._write_items(content)
        self._write_deliveries(content.digest_id, subscription, parts, now)
        return True

    def _write_items(self, content: DigestContent) -> None:
        items = [(section.topic, item) for section in content.sections for item in section.sent]
        rows = [
            {
                "digest_id": content.digest_id,
                "work_id": item.work.id,
                "rank": rank,
                "topic": topic,
                "score": item.ranked.score,
            }
            for rank, (topic, item) in enumerate(items, start=1)
        ]
        if rows:
            self._connection.execute(insert(DigestItemRow), rows)

    def _write_deliveries(
        self,
        digest_id: str,
        subscription: Subscription,
        parts: Sequence[RenderedPart],
        now: datetime,
    ) -> None:
        rows = [
            {
                "id": part.id,
                "digest_id": digest_id,
                "channel": subscription.channel,
                "destination": subscription.destination,
                "part": part.part,
                "parts": part.parts,
                "payload": part.payload,
                "sha256": hashlib.sha256(part.payload).hexdigest(),
                "state": str(DeliveryState.READY),
                "attempt": 0,
                "resends": 0,
                "not_before": now,
                "created_at": now,
            }
            for part in parts
        ]
        self._connection.execute(insert(DeliveryRow), rows)
        events = [
            {
                "delivery_id": part.id,
                "at": now,
                "attempt": 0,
                "from_state": "",
                "to_state": str(DeliveryState.READY),
                "detail": "written",
            }
            for part in parts
        ]
        self._connection.execute(insert(DeliveryEventRow), events)

    def content(self, digest_id: str) -> DigestContent:
        """What a digest showed, as it was frozen."""
        statement = select(DigestRow.content).where(DigestRow.id == digest_id)
        return self._content.validate_python(self._connection.execute(statement).scalar_one())


def _arriving(digest_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a digest has a delivery that arrived or still may."""
    return exists(
        select(DeliveryRow.id).where(
            DeliveryRow.digest_id == digest_id,
            DeliveryRow.state.not_in([str(state) for state in _LOST]),
        )
    )

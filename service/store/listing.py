"""Long lists, read page by page, the newest first.

A page begins after a `Mark`, the place where the last one ended: what comes in the meantime stands
before it and moves nothing. Each method gives one row more than `limit`, when there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, func, or_, select, true

from service.records import DeliveryState, Judgement, Vote
from service.store.delivery_lists import DeliveryLine
from service.store.digests import PastDigest
from service.store.receipts import Receipt, receipt_of
from service.store.schema import (
    DeliveryRow,
    DigestItemRow,
    DigestRow,
    ReceiptRow,
    VoteRow,
    WorkRow,
)
from service.store.votes import in_force

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import InstrumentedAttribute


Mark = tuple["datetime", str | int]
"""A place in a list: the time and the id of the row that stands there."""


@dataclass(frozen=True, slots=True)
class NumberedVote(Vote):
    """A vote with its number; a higher one was cast later."""

    id: int = 0


@dataclass(frozen=True, slots=True)
class Showing:
    """A digest that showed a work, and at which place; `relevance` None where it was not kept."""

    digest: str
    subscription: str
    period: str
    frozen_at: datetime
    topic: str
    rank: int
    relevance: float | None


class Listing:
    """Reads inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def receipts(
        self, limit: int, after: Mark | None = None, source: str | None = None
    ) -> list[Receipt]:
        """Receipts of all sources, or of one."""
        row = ReceiptRow
        statement = (
            select(row)
            .where(_after(row.finished_at, row.id, after))
            .order_by(row.finished_at.desc(), row.id.desc())
            .limit(limit + 1)
        )
        if source is not None:
            statement = statement.where(row.source == source)
        return [receipt_of(found) for found in self._connection.execute(statement)]

    def digests(
        self,
        limit: int,
        after: Mark | None = None,
        *,
        subscription: str | None = None,
        identity: str | None = None,
    ) -> list[PastDigest]:
        """Digests of all subscriptions, or of one; with `identity` the one with this id."""
        row, item = DigestRow, DigestItemRow
        shown = select(func.count()).where(item.digest_id == row.id).scalar_subquery()
        columns = [getattr(row, name) for name in _fields(PastDigest) if name != "shown"]
        statement = (
            select(*columns, shown.label("shown"))
            .where(_after(row.frozen_at, row.id, after))
            .order_by(row.frozen_at.desc(), row.id.desc())
            .limit(limit + 1)
        )
        if subscription is not None:
            statement = statement.where(row.subscription == subscription)
        if identity is not None:
            statement = statement.where(row.id == identity)
        return [PastDigest(**found._mapping) for found in self._connection.execute(statement)]

    def deliveries(
        self,
        limit: int,
        after: Mark | None = None,
        *,
        states: Collection[DeliveryState] = (),
        digest: str | None = None,
    ) -> list[DeliveryLine]:
        """Deliveries by when they were written; in these states (none: in any), of one digest."""
        row, of = DeliveryRow, DigestRow
        own = [name for name in _fields(DeliveryLine) if name not in {"subscription", "period"}]
        columns = [getattr(row, name) for name in own]
        statement = (
            select(*columns, of.subscription, of.period)
            .join(of, of.id == row.digest_id)
            .where(_after(row.created_at, row.id, after))
            .order_by(row.created_at.desc(), row.id.desc())
            .limit(limit + 1)
        )
        if states:
            statement = statement.where(row.state.in_([str(state) for state in states]))
        if digest is not None:
            statement = statement.where(row.digest_id == digest)
        return [
            DeliveryLine(**{**found._mapping, "state": DeliveryState(found.state)})
            for found in self._connection.execute(statement)
        ]

    def votes(
        self,
        limit: int,
        after: Mark | None = None,
        *,
        topic: str | None = None,
        work_id: int | None = None,
    ) -> list[NumberedVote]:
        """Votes in force for a topic, or on a work and what was merged into it; the last cast are
        first."""
        row = VoteRow
        among: list[ColumnElement[bool]] = []
        if topic is not None:
            among.append(row.topic == topic)
        if work_id is not None:
            among.append(or_(WorkRow.id == work_id, WorkRow.merged_into == work_id))
        statement = in_force(*among).add_columns(row.id).order_by(row.id.desc()).limit(limit + 1)
        if after is not None:
            statement = statement.where(row.id < after[1])
        return [
            NumberedVote(**{**found._mapping, "judgement": Judgement(found.judgement)})
            for found in self._connection.execute(statement)
        ]

    def showings(self, work_id: int) -> list[Showing]:
        """The digests that showed a work, or one that was merged into it; the newest first."""
        row, item = DigestRow, DigestItemRow
        statement = (
            select(
                row.id.label("digest"),
                row.subscription,
                row.period,
                row.frozen_at,
                item.topic,
                item.rank,
                item.relevance,
            )
            .join(item, item.digest_id == row.id)
            .join(WorkRow, WorkRow.id == item.work_id)
            .where(or_(WorkRow.id == work_id, WorkRow.merged_into == work_id))
            .order_by(row.frozen_at.desc(), row.id.desc())
        )
        return [Showing(**found._mapping) for found in self._connection.execute(statement)]


def _fields(kind: Any) -> list[str]:  # noqa: ANN401 - any dataclass
    return list(kind.__dataclass_fields__)


def _after(
    at: InstrumentedAttribute[datetime], row_id: InstrumentedAttribute[Any], mark: Mark | None
) -> ColumnElement[bool]:
    """Rows that stand after the mark in a list whose newest are first."""
    if mark is None:
        return true()
    return or_(at < mark[0], (at == mark[0]) & (row_id < mark[1]))

"""Frozen digests, and what was sent to whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Select, exists, func, insert, select, true
from sqlalchemy.orm import aliased

from service.errors import InputError
from service.records import (
    DeliveryState,
    DigestContent,
    RenderedPart,
    Subscription,
)
from service.store.deliveries import Deliveries
from service.store.dialect import insert_or, take_turn
from service.store.had import Had
from service.store.schema import (
    PRESENT_WORK,
    DeliveryRow,
    DigestChangeRow,
    DigestItemRow,
    DigestRow,
    WorkRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import InstrumentedAttribute

    from service.records import Change
    from service.records.stated import SentWork

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


@cache
def _adapter() -> TypeAdapter[DigestContent]:
    return TypeAdapter(DigestContent)  # making one takes as long as a small digest


class Digests:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self, subscription: str) -> PastDigest | None:
        """The subscription's digest of the latest week. Not the one that was frozen last: a clock
        that was set may have given several the same time, or an earlier one a later."""
        week = func.substr(DigestRow.period, func.length(DigestRow.period) - 7)  # "2026-W47"
        statement = _listed().where(DigestRow.subscription == subscription)
        latest = statement.order_by(week.desc(), DigestRow.revision.desc()).limit(1)
        found = self._connection.execute(latest).first()
        return PastDigest(*found) if found else None

    def last_periods(self) -> dict[str, str]:
        """The period of each subscription's `last`, in one reading."""
        row = DigestRow
        statement = select(row.subscription, row.period, row.revision)
        found = self._connection.execute(statement).all()
        return {name: period for name, period, _ in sorted(found, key=lambda f: (f[1][-8:], f[2]))}

    def past(
        self, subscription: str | None = None, limit: int = 50, until: datetime | None = None
    ) -> list[PastDigest]:
        """Digests, newest first; with `until` those that were frozen before it."""
        row = DigestRow
        statement = (
            _listed()
            .where(_before(until))
            .order_by(row.frozen_at.desc(), row.revision.desc())
            .limit(limit)
        )
        if subscription:
            statement = statement.where(row.subscription == subscription)
        return [PastDigest(*values) for values in self._connection.execute(statement)]

    def begun(self, prefix: str) -> list[PastDigest]:
        """The digests whose ids begin so, two at most."""
        wanted = DigestRow.id.startswith(prefix, autoescape=True)
        statement = _listed().where(wanted).order_by(DigestRow.id).limit(2)
        return [PastDigest(*values) for values in self._connection.execute(statement)]

    def window_end(
        self, subscription: str, until: datetime | None = None
    ) -> tuple[int, datetime] | None:
        """Where the next window begins: the end of the last digest that was not lost, and when
        that one was frozen. With `until` digests count that were frozen before it."""
        row = DigestRow
        statement = (
            select(row.window_hi, row.frozen_at)
            .where(_arrived(subscription, until))
            .order_by(row.window_hi.desc(), row.frozen_at.desc())
            .limit(1)
        )
        found = self._connection.execute(statement).first()
        return (found[0], found[1]) if found else None

    def overtaken(self, subscription: str, lo: int) -> bool:
        """Whether a digest of this subscription covers works after `lo`: a draft from there must
        not be frozen. Other freezers wait until the commit, so that it stays true."""
        take_turn(self._connection, "digest")
        end = self.window_end(subscription)
        return end is not None and end[0] > lo

    def successor(self, digest_id: str) -> str:
        """The period of the digest that sends the works of this one, which is lost; "" where there
        is none: the next one may have been frozen before this one was given up, and begin where it
        ends. Other freezers wait until the commit, so that it stays true."""
        take_turn(self._connection, "digest")
        own, later = DigestRow, aliased(DigestRow)
        statement = (
            select(later.period)
            .join(own, own.subscription == later.subscription)
            .where(own.id == digest_id, ~arriving(own.id))
            .where(later.window_hi > own.window_lo, later.window_lo < own.window_hi)
            .where(arriving(later.id))
            .order_by(later.window_hi)
            .limit(1)
        )
        return self._connection.scalar(statement) or ""

    def sent_works(self, subscription: str, until: datetime | None = None) -> frozenset[int]:
        """Works that this subscription was sent (or is being sent), under their present numbers;
        with `until` by digests that were frozen before it."""
        row, item = DigestRow, DigestItemRow
        statement = (
            select(PRESENT_WORK)
            .join(item, item.work_id == WorkRow.id)
            .join(row, row.id == item.digest_id)
            .where(_arrived(subscription, until))
        )
        return frozenset(self._connection.execute(statement).scalars())

    def sent(self, subscription: str, until: datetime | None = None) -> list[SentWork]:
        """Each work that this subscription was sent (or is being sent), once for each digest that
        sent it, in the order of the digests.

        With `until` digests count that were frozen before it, and works are left out that have
        been touched since: nobody knows what they were then.
        """
        return Had(self._connection).sent(_arrived(subscription, until), until)

    def told(
        self, subscription: str, until: datetime | None = None
    ) -> dict[int, dict[Change, datetime]]:
        """What this subscription was told of works, by their present numbers, and when last."""
        return Had(self._connection).told(_arrived(subscription, until))

    def latest(
        self, subscription: str, limit: int, until: datetime | None = None
    ) -> list[DigestContent]:
        """What the last digests that were not lost showed, oldest first; of a period's revisions
        the last. With `until` those that were frozen before it."""
        row = DigestRow
        statement = (
            select(row.period, row.content)
            .where(_arrived(subscription, until))
            .order_by(row.frozen_at.desc(), row.revision.desc())
            .limit(limit)
        )
        found: dict[str, DigestContent] = {}
        for period, content in self._connection.execute(statement):
            if period not in found:
                found[period] = _adapter().validate_python(content)
        return list(found.values())[::-1]

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
        """Write digest, items, news and deliveries with their bytes, all or nothing.

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
            content=_adapter().dump_python(content, mode="json"),
        )
        # RETURNING, because the count of inserted rows is not to be had on PostgreSQL.
        first = statement.on_conflict_do_nothing().returning(DigestRow.id)
        if self._connection.execute(first).first() is None:
            return False
        self._write_items(content)
        self._write_changes(content)
        Deliveries(self._connection).write(
            content.digest_id,
            subscription.channel,
            subscription.destination,
            parts,
            detail="written",
            now=now,
        )
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
                "relevance": None if item.ranked.search else item.ranked.relevance,
                "kind": str(item.work.kind),
                "flags": sorted(item.work.flags),
            }
            for rank, (topic, item) in enumerate(items, start=1)
        ]
        if rows:
            self._connection.execute(insert(DigestItemRow), rows)

    def _write_changes(self, content: DigestContent) -> None:
        rows = [
            {"digest_id": content.digest_id, "work_id": told.work.id, "change": str(told.change)}
            for told in content.changes
        ]
        if rows:
            self._connection.execute(insert(DigestChangeRow), rows)

    def content(self, digest_id: str) -> DigestContent:
        """What a digest showed, as it was frozen. Raises `InputError`."""
        statement = select(DigestRow.content).where(DigestRow.id == digest_id)
        content = self._connection.execute(statement).scalar_one_or_none()
        if content is None:
            raise InputError(
                f"digest {digest_id}", "is not in the archive", "see: litwatch digest list"
            )
        return _adapter().validate_python(content)


def _listed() -> Select[Any]:
    """The columns of a `PastDigest`, in its order."""
    row, item = DigestRow, DigestItemRow
    shown = select(func.count()).where(item.digest_id == row.id).scalar_subquery().label("shown")
    return select(
        row.id,
        row.subscription,
        row.period,
        row.revision,
        row.window_lo,
        row.window_hi,
        row.frozen_at,
        shown,
    )


def _arrived(subscription: str, until: datetime | None) -> ColumnElement[bool]:
    """Digests of a subscription that arrived or still may."""
    return (DigestRow.subscription == subscription) & arriving(DigestRow.id) & _before(until)


def _before(until: datetime | None) -> ColumnElement[bool]:
    return true() if until is None else DigestRow.frozen_at < until


def arriving(digest_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a digest has a delivery that arrived or still may."""
    return exists(
        select(DeliveryRow.id).where(
            DeliveryRow.digest_id == digest_id,
            DeliveryRow.state.not_in([str(state) for state in _LOST]),
        )
    )

"""Deliveries as people are shown them: lists, what happened to one, digests that came in part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, case, exists, func, select
from sqlalchemy.orm import aliased

from service.errors import InputError
from service.records import Delivery, DeliveryState
from service.store.schema import (
    DeliveryEventRow,
    DeliveryRow,
    DigestRow,
    StopRow,
    SubscriptionRow,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

_OPEN = "see: litwatch deliveries"


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery as listed."""

    id: str
    digest_id: str
    subscription: str
    period: str
    channel: str
    destination: str
    part: int
    parts: int
    state: DeliveryState
    attempt: int
    resends: int
    not_before: datetime | None
    lease_until: datetime | None
    created_at: datetime
    provider_id: str | None
    last_error: str | None
    remedy: str | None


@dataclass(frozen=True, slots=True)
class Partial:
    """A digest whose beginning arrived somewhere, and of which `missing` parts never will by
    themselves."""

    digest_id: str
    subscription: str
    period: str
    channel: str
    destination: str
    frozen_at: datetime
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A digest that its channel refused for good, and the address it goes to instead."""

    delivery_id: str
    digest_id: str
    channel: str
    destination: str
    cause: str
    fallback: str


STOPPED = exists(
    select(StopRow.id)
    .join(DigestRow, DigestRow.subscription == StopRow.subscription)
    .where(DigestRow.id == DeliveryRow.digest_id, StopRow.ended_at.is_(None))
)
"""Whether a delivery's subscription is stopped."""


class DeliveryLists:
    """Reads inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, prefix: str) -> str:
        """The id that begins so. Raises `InputError` when none does, or several."""
        row = DeliveryRow.id
        statement = select(row).where(row.startswith(prefix, autoescape=True)).limit(2)
        found = self._connection.execute(statement).scalars().all() if prefix else []
        if not found:
            raise InputError(f"delivery {prefix!r}", "does not exist", _OPEN)
        if len(found) > 1 and prefix not in found:
            raise InputError(f"delivery {prefix!r}", "is the beginning of several", _OPEN)
        return prefix if prefix in found else found[0]

    def get(self, identity: str) -> Delivery:
        """One delivery with its bytes and its thread."""
        row, first = DeliveryRow, aliased(DeliveryRow)
        found = self._connection.execute(select(row).where(row.id == identity)).one()
        thread = self._connection.execute(
            select(first.provider_id).where(
                first.digest_id == found.digest_id,
                first.channel == found.channel,
                first.destination == found.destination,
                first.part == 1,
            )
        ).scalar_one_or_none()
        values = {
            name: getattr(found, name)
            for name in Delivery.__dataclass_fields__
            if name not in {"state", "thread"}
        }
        return Delivery(
            **values,
            state=DeliveryState(found.state),
            thread=thread if found.part > 1 else None,
        )

    def posted(self, channel: str, destination: str, provider_id: str) -> Delivery | None:
        """The delivery that the provider knows under this id; None for one that is not ours."""
        row = DeliveryRow
        found = self._connection.execute(
            select(row.id).where(
                row.provider_id == provider_id,
                row.channel == channel,
                row.destination == destination,
            )
        ).scalar_one_or_none()
        return None if found is None else self.get(found)

    def lines(
        self,
        digest_id: str | None = None,
        limit: int | None = 200,
        states: Collection[DeliveryState] = (),
    ) -> list[DeliveryLine]:
        """Deliveries as listed: those in doubt, then the dead, then the rest, each newest first.
        `limit` None: all; `states` empty: all."""
        row, digest = DeliveryRow, DigestRow
        urgent = {str(DeliveryState.UNKNOWN): 0, str(DeliveryState.DEAD): 1}
        names = DeliveryLine.__dataclass_fields__
        kept = [getattr(row, name) for name in names if name not in {"subscription", "period"}]
        statement = (
            select(*kept, digest.subscription, digest.period)
            .join(digest, digest.id == row.digest_id)
            .order_by(
                case(urgent, value=row.state, else_=2),
                digest.frozen_at.desc(),
                digest.id,
                row.channel,
                row.destination,
                row.part,
            )
            .limit(limit)
        )
        if digest_id:
            statement = statement.where(row.digest_id == digest_id)
        if states:
            statement = statement.where(row.state.in_([str(state) for state in states]))
        return [
            DeliveryLine(
                **{name: getattr(found, name) for name in names}
                | {"state": DeliveryState(found.state)}
            )
            for found in self._connection.execute(statement)
        ]

    def line(self, identity: str) -> DeliveryLine:
        """One delivery as listed."""
        digest_id = self._connection.execute(
            select(DeliveryRow.digest_id).where(DeliveryRow.id == identity)
        ).scalar_one()
        return next(line for line in self.lines(digest_id, None) if line.id == identity)

    def events(self, identity: str) -> list[tuple[datetime, str, str, str]]:
        """Every change of a delivery's state: when, from, to, why."""
        row = DeliveryEventRow
        statement = (
            select(row.at, row.from_state, row.to_state, row.detail)
            .where(row.delivery_id == identity)
            .order_by(row.id)
        )
        return [(at, old, new, why) for at, old, new, why in self._connection.execute(statement)]

    def partial(self) -> list[Partial]:
        """Digests that arrived in part, newest first."""
        row, first, digest = DeliveryRow, aliased(DeliveryRow), DigestRow
        lost = [str(DeliveryState.DEAD), str(DeliveryState.CANCELLED)]
        begun = exists(
            select(first.id).where(
                first.digest_id == row.digest_id,
                first.channel == row.channel,
                first.destination == row.destination,
                first.part == 1,
                first.state == str(DeliveryState.SENT),
            )
        )
        of = (
            row.digest_id,
            digest.subscription,
            digest.period,
            row.channel,
            row.destination,
            digest.frozen_at,
        )
        statement = (
            select(*of, row.part)
            .join(digest, digest.id == row.digest_id)
            .where(row.part > 1, row.state.in_(lost), begun)
            .order_by(digest.frozen_at.desc(), digest.id, row.channel, row.destination, row.part)
        )
        found: dict[tuple[str, str, str, str, str, datetime], list[int]] = {}
        rows = self._connection.execute(statement)
        for name, subscription, period, channel, to, at, part in rows:
            found.setdefault((name, subscription, period, channel, to, at), []).append(part)
        return [Partial(*names, tuple(parts)) for names, parts in found.items()]

    def counts(self) -> dict[DeliveryState, int]:
        """How many deliveries are in each state that occurs."""
        row = DeliveryRow.state
        found = self._connection.execute(select(row, func.count()).group_by(row).order_by(row))
        return {DeliveryState(state): number for state, number in found}

    def stop_of(self, delivery: Delivery) -> str:
        """Why nothing is sent to a delivery's subscription; "" when it is not stopped."""
        statement = (
            select(StopRow.reason)
            .join(DigestRow, DigestRow.subscription == StopRow.subscription)
            .where(DigestRow.id == delivery.digest_id, StopRow.ended_at.is_(None))
            .order_by(StopRow.id)
        )
        return ", ".join(dict.fromkeys(self._connection.execute(statement).scalars()))

    def refused(self) -> list[Refused]:
        """Digests whose first part is dead and that their subscription sends elsewhere then.

        Only the newest of a subscription: what an older one showed, a later one has repeated.
        """
        row, digest, to, other = DeliveryRow, DigestRow, SubscriptionRow, aliased(DeliveryRow)
        newer = aliased(DigestRow)
        statement = (
            select(row.id, row.digest_id, row.channel, row.destination, row.last_error, to.fallback)
            .join(digest, digest.id == row.digest_id)
            .join(to, to.name == digest.subscription)
            .where(
                row.part == 1,
                row.state == str(DeliveryState.DEAD),
                to.fallback != "",
                to.active,
                ~STOPPED,
                ~exists(
                    select(other.id).where(
                        other.digest_id == digest.id,
                        other.channel == "email",
                        other.destination == to.fallback,
                    )
                ),
                ~exists(
                    select(newer.id).where(
                        newer.subscription == digest.subscription,
                        newer.frozen_at > digest.frozen_at,
                    )
                ),
            )
            .order_by(digest.frozen_at)
        )
        return [
            Refused(identity, digest_id, channel, to_whom, cause or "", fallback)
            for identity, digest_id, channel, to_whom, cause, fallback in self._connection.execute(
                statement
            )
        ]

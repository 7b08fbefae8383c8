"""Mails that came back, and what they end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, or_, select

from service.records import StopReason
from service.store.dialect import insert_or, take_turn
from service.store.schema import BounceRow, DeliveryRow, DigestRow, StopRow, SubscriptionRow
from service.store.stops import Stops

if TYPE_CHECKING:
    from datetime import datetime

    from service.records import Bounce

ENOUGH = 2
"""Deliveries that must have come back for good before an address is given up."""
MEMORY = timedelta(days=90)
"""How long a mail that came back counts."""


@dataclass(frozen=True, slots=True)
class BounceLine:
    """A mail that came back, as listed; `stopped` says whether its subscription is stopped."""

    at: datetime
    subscription: str
    period: str
    address: str
    hard: bool
    status: str
    detail: str
    delivery_id: str
    stopped: bool


class Bounces:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def destination(self, delivery_id: str) -> str | None:
        """The mail address that a delivery went to; None where there is no such delivery."""
        row = DeliveryRow
        statement = select(row.destination).where(row.id == delivery_id, row.channel == "email")
        return self._connection.execute(statement).scalar_one_or_none()

    def add(self, bounce: Bounce, now: datetime, *, proof: bool = False) -> list[str] | None:
        """Keep a mail that came back, once per delivery and `hard`; None when it was kept already.

        Returns the subscriptions that are stopped by it: once `ENOUGH` deliveries have come back
        for good (one, when that is `proof` that the address does not exist), within `MEMORY` and
        since the subscription was last resumed. These are the ones by mail to the address, and
        the one that was sent, where the address is its fallback: another whose channel works must
        not end with a fallback that it does not use. The delivery must exist (`StoreError`).
        """
        take_turn(self._connection, "bounce")  # of two at a time, neither would see the other
        row = BounceRow
        statement = insert_or(self._connection, row).values(
            delivery_id=bounce.delivery_id,
            address=bounce.address.casefold(),
            hard=bounce.hard,
            status=bounce.status,
            detail=bounce.detail,
            at=now,
        )
        kept = statement.on_conflict_do_nothing().returning(row.id)
        if self._connection.execute(kept).first() is None:
            return None
        return self._ended(bounce, now, 1 if proof else ENOUGH) if bounce.hard else []

    def _ended(self, bounce: Bounce, now: datetime, enough: int) -> list[str]:
        stops = Stops(self._connection)
        detail = f"{bounce.address}: {bounce.detail}"
        return [
            name
            for name in self._reached(bounce)
            if self._counted(bounce.address, self._since(name, now)) >= enough
            and stops.stop(name, StopReason.BOUNCED, detail, now)
        ]

    def _reached(self, bounce: Bounce) -> list[str]:
        """The subscriptions in whose place an address stands now, by name."""
        row, address = SubscriptionRow, bounce.address.casefold()
        sent = (
            select(DigestRow.subscription)
            .join(DeliveryRow, DeliveryRow.digest_id == DigestRow.id)
            .where(DeliveryRow.id == bounce.delivery_id)
            .scalar_subquery()
        )
        by_mail = (row.channel == "email") & (func.lower(row.destination) == address)
        instead = (row.name == sent) & (func.lower(row.fallback) == address)
        statement = select(row.name).where(row.active, or_(by_mail, instead)).order_by(row.name)
        return list(self._connection.execute(statement).scalars())

    def _since(self, subscription: str, now: datetime) -> datetime:
        """From when on what came back counts against a subscription."""
        resumed: datetime | None = self._connection.execute(
            select(func.max(StopRow.ended_at)).where(
                StopRow.subscription == subscription, StopRow.reason == str(StopReason.BOUNCED)
            )
        ).scalar_one()
        return max(resumed, now - MEMORY) if resumed else now - MEMORY

    def _counted(self, address: str, since: datetime) -> int:
        row = BounceRow
        statement = select(func.count(row.id)).where(
            row.address == address.casefold(), row.hard, row.at > since
        )
        return self._connection.execute(statement).scalar_one()

    def lines(self, limit: int | None = 200) -> list[BounceLine]:
        """What came back, newest first. `limit` None: all."""
        row, digest, stop = BounceRow, DigestRow, StopRow
        stopped = (
            select(stop.id)
            .where(stop.subscription == digest.subscription, stop.ended_at.is_(None))
            .exists()
        )
        kept = (row.address, row.hard, row.status, row.detail, row.delivery_id)
        statement = (
            select(row.at, digest.subscription, digest.period, *kept, stopped)
            .join(DeliveryRow, DeliveryRow.id == row.delivery_id)
            .join(digest, digest.id == DeliveryRow.digest_id)
            .order_by(row.at.desc(), row.id.desc())
            .limit(limit)
        )
        return [BounceLine(*found) for found in self._connection.execute(statement)]

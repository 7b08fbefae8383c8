"""The outbox: claim, commit, send once, record. Does not send and does not decide what is next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, exists, insert, or_, select, update
from sqlalchemy.orm import aliased

from service.records import Delivery, DeliveryState
from service.store.dialect import skip_locked
from service.store.schema import DeliveryEventRow, DeliveryRow, DigestRow

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_READY = (str(DeliveryState.READY), str(DeliveryState.RETRY))


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery as listed."""

    id: str
    subscription: str
    period: str
    channel: str
    destination: str
    part: int
    parts: int
    state: DeliveryState
    attempt: int
    not_before: datetime | None
    provider_id: str | None
    last_error: str | None
    remedy: str | None


class Deliveries:
    """Reads and writes inside the caller's transaction; `now` is the caller's clock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, owner: str, now: datetime, leases: dict[str, timedelta]) -> Delivery | None:
        """Take one delivery that is due for sending; commit before the call goes out.

        The attempt number rises with each claim and fences off late results of earlier ones.
        Parts after the first wait until it has its thread. Only channels of `leases` are taken.
        """
        row, first = DeliveryRow, aliased(DeliveryRow)
        thread_exists = exists(
            select(first.id).where(
                first.digest_id == row.digest_id,
                first.channel == row.channel,
                first.destination == row.destination,
                first.part == 1,
                first.state == str(DeliveryState.SENT),
            )
        )
        statement = select(row.id, row.channel).where(
            row.state.in_(_READY),
            row.not_before <= now,
            row.channel.in_(list(leases)),
            or_(row.part == 1, thread_exists),
        )
        return self._take(statement, owner, now, leases, sending=True)

    def claim_unknown(
        self, owner: str, now: datetime, leases: dict[str, timedelta]
    ) -> Delivery | None:
        """Take one UNKNOWN delivery that is due for a look; its attempt stays what it was."""
        row = DeliveryRow
        statement = select(row.id, row.channel).where(
            row.state == str(DeliveryState.UNKNOWN),
            row.not_before <= now,
            row.channel.in_(list(leases)),
            or_(row.lease_until.is_(None), row.lease_until < now),
        )
        return self._take(statement, owner, now, leases, sending=False)

    def _take(
        self,
        statement: Any,  # noqa: ANN401 - a Select of (id, channel)
        owner: str,
        now: datetime,
        leases: dict[str, timedelta],
        *,
        sending: bool,
    ) -> Delivery | None:
        ordered = statement.order_by(DeliveryRow.not_before, DeliveryRow.part).limit(1)
        found = self._connection.execute(skip_locked(ordered, self._connection)).first()
        if found is None:
            return None
        identity, channel = found
        values: dict[str, Any] = {"owner": owner, "lease_until": now + leases[channel]}
        if sending:
            self._event(identity, now, str(DeliveryState.SENDING), f"claimed by {owner}", rise=1)
            values |= {
                "state": str(DeliveryState.SENDING),
                "attempt": DeliveryRow.attempt + 1,
                "started_at": now,
            }
        self._connection.execute(
            update(DeliveryRow).where(DeliveryRow.id == identity).values(values)
        )
        return self.get(identity)

    def finish(
        self,
        delivery: Delivery,
        *,
        state: DeliveryState,
        not_before: datetime | None,
        detail: str,
        provider_id: str | None,
        remedy: str,
        resend: bool,
        now: datetime,
    ) -> bool:
        """Record what a call or a look came to. False when somebody else has decided since:
        then only the event is written."""
        row = DeliveryRow
        values: dict[str, Any] = {
            "state": str(state),
            "not_before": not_before,
            "last_error": None if state is DeliveryState.SENT else detail,
            "remedy": remedy or None,
            "owner": None,
            "lease_until": None,
        }
        if provider_id:
            values["provider_id"] = provider_id
        if resend:
            values["resends"] = row.resends + 1
        if state is DeliveryState.UNKNOWN and delivery.state is DeliveryState.SENDING:
            values["first_unknown_at"] = now
        fence = and_(
            row.id == delivery.id,
            row.attempt == delivery.attempt,
            row.state == str(delivery.state),
        )
        held = self._connection.execute(update(row).where(fence).values(values)).rowcount == 1
        late = "" if held else "too late, not applied: "
        self._note(
            delivery.id, now, delivery.attempt, (str(delivery.state), str(state)), late + detail
        )
        return held

    def expired(self, now: datetime) -> list[Delivery]:
        """Deliveries in SENDING whose lease has run out: their sender went silent."""
        row = DeliveryRow
        statement = select(row.id).where(
            row.state == str(DeliveryState.SENDING), row.lease_until < now
        )
        return [self.get(identity) for identity in self._connection.execute(statement).scalars()]

    def orphans(self) -> list[Delivery]:
        """Later parts whose first part can never arrive."""
        row, first = DeliveryRow, aliased(DeliveryRow)
        lost = [str(DeliveryState.DEAD), str(DeliveryState.CANCELLED)]
        statement = select(row.id).where(
            row.part > 1,
            row.state.in_(_READY),
            exists(
                select(first.id).where(
                    first.digest_id == row.digest_id,
                    first.channel == row.channel,
                    first.destination == row.destination,
                    first.part == 1,
                    first.state.in_(lost),
                )
            ),
        )
        return [self.get(identity) for identity in self._connection.execute(statement).scalars()]

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
        names = (
            "id digest_id channel destination part parts payload sha256 attempt started_at resends"
        )
        values = {name: getattr(found, name) for name in names.split()}
        return Delivery(
            **values,
            state=DeliveryState(found.state),
            thread=thread if found.part > 1 else None,
        )

    def lines(self, digest_id: str | None = None, limit: int = 200) -> list[DeliveryLine]:
        """Deliveries as listed, newest first."""
        row, digest = DeliveryRow, DigestRow
        statement = (
            select(row, digest.subscription, digest.period)
            .join(digest, digest.id == row.digest_id)
            .order_by(row.created_at.desc(), row.part)
            .limit(limit)
        )
        if digest_id:
            statement = statement.where(row.digest_id == digest_id)
        return [
            DeliveryLine(
                id=found.id,
                subscription=found.subscription,
                period=found.period,
                channel=found.channel,
                destination=found.destination,
                part=found.part,
                parts=found.parts,
                state=DeliveryState(found.state),
                attempt=found.attempt,
                not_before=found.not_before,
                provider_id=found.provider_id,
                last_error=found.last_error,
                remedy=found.remedy,
            )
            for found in self._connection.execute(statement)
        ]

    def events(self, identity: str) -> list[tuple[datetime, str, str, str]]:
        """Every change of a delivery's state: when, from, to, why."""
        row = DeliveryEventRow
        statement = (
            select(row.at, row.from_state, row.to_state, row.detail)
            .where(row.delivery_id == identity)
            .order_by(row.id)
        )
        return [(at, old, new, why) for at, old, new, why in self._connection.execute(statement)]

    def _event(self, identity: str, now: datetime, to_state: str, detail: str, rise: int) -> None:
        row = DeliveryRow
        attempt, state = self._connection.execute(
            select(row.attempt, row.state).where(row.id == identity)
        ).one()
        self._note(identity, now, attempt + rise, (state, to_state), detail)

    def _note(
        self, identity: str, now: datetime, attempt: int, change: tuple[str, str], detail: str
    ) -> None:
        self._connection.execute(
            insert(DeliveryEventRow).values(
                delivery_id=identity,
                at=now,
                attempt=attempt,
                from_state=change[0],
                to_state=change[1],
                detail=detail,
            )
        )

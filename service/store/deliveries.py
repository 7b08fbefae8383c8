"""The outbox: claim, commit, send once, record. Does not send and does not decide what is next."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update
from sqlalchemy.orm import aliased

from service.records import Delivery, DeliveryState
from service.store.delivery_lists import STOPPED, DeliveryLists
from service.store.dialect import insert_or, skip_locked
from service.store.schema import DeliveryEventRow, DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from service.records import RenderedPart

_READY = (str(DeliveryState.READY), str(DeliveryState.RETRY))
_LOST = (str(DeliveryState.DEAD), str(DeliveryState.CANCELLED))


def _first_part(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a delivery's first part is so; the conditions are about `_FIRST`."""
    row = DeliveryRow
    return exists(
        select(_FIRST.id).where(
            _FIRST.digest_id == row.digest_id,
            _FIRST.channel == row.channel,
            _FIRST.destination == row.destination,
            _FIRST.part == 1,
            *conditions,
        )
    )


_FIRST = aliased(DeliveryRow)
# A later part may go once the first has its thread; where none will come, it never can.
_HAS_THREAD = or_(
    DeliveryRow.part == 1,
    _first_part(_FIRST.state == str(DeliveryState.SENT), _FIRST.provider_id.is_not(None)),
)
_NO_THREAD_TO_COME = and_(
    DeliveryRow.part > 1,
    _first_part(
        or_(
            _FIRST.state.in_(_LOST),
            and_(_FIRST.state == str(DeliveryState.SENT), _FIRST.provider_id.is_(None)),
        )
    ),
)


class Deliveries(DeliveryLists):
    """Reads and writes inside the caller's transaction; `now` is the time by `Store.now`."""

    # -- one sending

    def claim(self, owner: str, now: datetime, leases: dict[str, timedelta]) -> Delivery | None:
        """Take one delivery that is due for sending; commit before the call goes out.

        The attempt number rises with each claim and fences off late results of earlier ones.
        Only channels of `leases` are taken.
        """
        due = (DeliveryRow.state.in_(_READY), _HAS_THREAD, ~STOPPED)
        return self._take(due, owner, now, leases, sending=True)

    def claim_unknown(
        self, owner: str, now: datetime, leases: dict[str, timedelta]
    ) -> Delivery | None:
        """Take one UNKNOWN delivery that is due for a look; its attempt stays what it was."""
        row = DeliveryRow
        due = (
            row.state == str(DeliveryState.UNKNOWN),
            or_(row.lease_until.is_(None), row.lease_until < now),
        )
        return self._take(due, owner, now, leases, sending=False)

    def _take(
        self,
        due: tuple[ColumnElement[bool], ...],
        owner: str,
        now: datetime,
        leases: dict[str, timedelta],
        *,
        sending: bool,
    ) -> Delivery | None:
        row = DeliveryRow
        statement = (
            select(row.id, row.channel)
            .where(row.not_before <= now, row.channel.in_(list(leases)), *due)
            .order_by(row.not_before, row.part)
            .limit(1)
        )
        found = self._connection.execute(skip_locked(statement, self._connection)).first()
        if found is None:
            return None
        identity, channel = found
        values: dict[str, Any] = {"owner": owner, "lease_until": now + leases[channel]}
        if sending:
            before = self.get(identity)
            change = (str(before.state), str(DeliveryState.SENDING))
            self._note(identity, now, before.attempt + 1, change, f"claimed by {owner}")
            values |= {
                "state": str(DeliveryState.SENDING),
                "attempt": DeliveryRow.attempt + 1,
                "started_at": now,
            }
        self._connection.execute(
            update(DeliveryRow).where(DeliveryRow.id == identity).values(values)
        )
        return self.get(identity)

    def holds(self, delivery: Delivery, now: datetime) -> bool:
        """Whether a claim still stands, with less than half of its lease used."""
        row = DeliveryRow
        found = self._connection.execute(
            select(row.started_at, row.lease_until).where(_unchanged(delivery))
        ).first()
        if found is None or found.started_at is None or found.lease_until is None:
            return False
        started: datetime = found.started_at
        lease: timedelta = found.lease_until - started
        return now - started < lease / 2

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
        plain: bool,
        now: datetime,
        anew: bool = False,
    ) -> bool:
        """Record what a call, a look or a person decided. False when somebody else has decided
        since: then only the event is written. `anew` lets the days of trying begin again."""
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
        if plain:
            values["plain"] = True
        if resend:
            values["resends"] = DeliveryRow.resends + 1
        if anew:
            values["created_at"] = now
        if state is DeliveryState.UNKNOWN and delivery.state is DeliveryState.SENDING:
            values["first_unknown_at"] = now
        statement = update(DeliveryRow).where(_unchanged(delivery)).values(values)
        held = self._connection.execute(statement).rowcount == 1
        late = "" if held else "too late, not applied: "
        self._note(
            delivery.id, now, delivery.attempt, (str(delivery.state), str(state)), late + detail
        )
        return held

    # -- what has to be found

    def expired(self, now: datetime) -> list[Delivery]:
        """Deliveries in SENDING whose lease has run out: their sender went silent."""
        row = DeliveryRow
        return self._many(row.state == str(DeliveryState.SENDING), row.lease_until < now)

    def unfinished(self) -> list[Delivery]:
        """Deliveries that are still to be sent, or are being sent."""
        return self._many(DeliveryRow.state.in_([*_READY, str(DeliveryState.SENDING)]))

    def orphans(self) -> list[Delivery]:
        """Later parts that wait for a thread that can never come."""
        return self._many(DeliveryRow.state.in_(_READY), _NO_THREAD_TO_COME)

    def stopped(self) -> list[tuple[Delivery, str]]:
        """Deliveries that wait for a subscription that was stopped, each with the reason."""
        waiting = self._many(DeliveryRow.state.in_(_READY), STOPPED)
        return [(delivery, self.stop_of(delivery)) for delivery in waiting]

    def _many(self, *conditions: ColumnElement[bool]) -> list[Delivery]:
        statement = select(DeliveryRow.id).where(*conditions).order_by(DeliveryRow.id)
        return [self.get(identity) for identity in self._connection.execute(statement).scalars()]

    # -- what has to be written

    def write(
        self,
        digest_id: str,
        channel: str,
        destination: str,
        parts: Sequence[RenderedPart],
        *,
        detail: str,
        now: datetime,
    ) -> bool:
        """Put a digest's parts for one place into the outbox; False, writing nothing, when they
        are there already. Raises `StoreError` when only some are."""
        for place, part in enumerate(parts):
            statement = insert_or(self._connection, DeliveryRow).values(
                id=part.id,
                digest_id=digest_id,
                channel=channel,
                destination=destination,
                part=part.part,
                parts=part.parts,
                payload=part.payload,
                sha256=hashlib.sha256(part.payload).hexdigest(),
                state=str(DeliveryState.READY),
                attempt=0,
                resends=0,
                not_before=now,
                created_at=now,
            )
            # Another worker may have been first; but where the first part is new, so are the rest.
            chosen = statement.on_conflict_do_nothing() if place == 0 else statement
            # RETURNING, because the count of inserted rows is not to be had on PostgreSQL.
            if self._connection.execute(chosen.returning(DeliveryRow.id)).first() is None:
                return False
            self._note(part.id, now, 0, ("", str(DeliveryState.READY)), detail)
        return True

    def revive(self, first: Delivery, detail: str, now: datetime) -> int:
        """Let the later parts that were cancelled for want of a thread wait for it again; returns
        how many."""
        row = DeliveryRow
        lost = self._many(
            row.digest_id == first.digest_id,
            row.channel == first.channel,
            row.destination == first.destination,
            row.part > 1,
            row.state == str(DeliveryState.CANCELLED),
            row.payload != b"",
        )
        return sum(
            self.finish(
                delivery,
                state=DeliveryState.READY,
                not_before=now,
                detail=detail,
                provider_id=None,
                remedy="",
                resend=False,
                plain=False,
                now=now,
                anew=True,
            )
            for delivery in lost
        )

    def note(self, delivery: Delivery, detail: str, now: datetime) -> None:
        """Write an event that leaves the delivery as it is."""
        state = str(delivery.state)
        self._note(delivery.id, now, delivery.attempt, (state, state), detail)

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


def _unchanged(delivery: Delivery) -> ColumnElement[bool]:
    """The fence: nobody has claimed or decided since the delivery was read."""
    row = DeliveryRow
    return and_(
        row.id == delivery.id, row.attempt == delivery.attempt, row.state == str(delivery.state)
    )

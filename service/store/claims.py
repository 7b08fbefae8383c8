"""Claims: what a worker has for itself, for as long as it lives.

A claim is taken in a transaction of its own and lasts until its lease is over; its holder extends
it. What comes of the work is written in a transaction that asks `fence` first: it holds the
claim's row to the commit, so that nobody can take the claim in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from service.errors import ClaimLostError
from service.records.workers import Claim
from service.store.dialect import insert_missing, skip_locked
from service.store.schema_work import ClaimRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class Claims:
    """Reads and writes inside the caller's transaction; `now` is the time by `Store.now`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, name: str, holder: str, now: datetime, until: datetime) -> Claim | None:
        """Take what nobody holds, or what its holder has let run out; None where somebody has it,
        or is just writing under it. Commit before the work begins."""
        row, run = ClaimRow, self._connection.execute
        insert_missing(self._connection, row, [{"name": name, "token": 0}])
        free = or_(row.holder.is_(None), row.held_until < now)
        asked = select(row.token).where(row.name == name, free)
        token = run(skip_locked(asked, self._connection)).scalar_one_or_none()
        if token is None:
            return None
        values = {"holder": holder, "held_until": until, "token": token + 1}
        run(update(row).where(row.name == name).values(values))
        return Claim(name, holder, token + 1, until)

    def extend(self, claims: Sequence[Claim], until: datetime) -> list[Claim]:
        """Hold them until then; those that are not held any more come back."""
        ordered = sorted(claims, key=lambda each: each.name)  # two that lock rows lock them alike
        return [
            each
            for each in ordered
            if not self._connection.execute(
                update(ClaimRow).where(_same(each)).values(held_until=until)
            ).rowcount
        ]

    def fence(self, claim: Claim) -> None:
        """Let what is written in this transaction count only if the claim still stands, which it
        then does to the commit. Raises `ClaimLostError`."""
        statement = select(ClaimRow.token).where(_same(claim)).with_for_update()
        if self._connection.execute(statement).first() is None:
            cause = "was taken over by another worker: what came of it here is not kept"
            raise ClaimLostError(claim.name, cause)

    def release(self, claim: Claim, now: datetime) -> None:
        """Let others have it. Nothing happens where they have it already."""
        freed = {"holder": None, "held_until": now}
        self._connection.execute(update(ClaimRow).where(_same(claim)).values(freed))

    def held(self) -> list[Claim]:
        """All that is held, also by workers that are gone, by name."""
        row = ClaimRow
        columns = select(row.name, row.holder, row.token, row.held_until)
        found = self._connection.execute(columns.order_by(row.name))
        return [
            Claim(name, holder, token, until)
            for name, holder, token, until in found
            if holder is not None and until is not None
        ]

    def forget(self, before: datetime) -> None:
        """Drop the rows of what nobody has held since then."""
        self._connection.execute(delete(ClaimRow).where(ClaimRow.held_until < before))


def _same(claim: Claim) -> ColumnElement[bool]:
    row = ClaimRow
    return and_(row.name == claim.name, row.token == claim.token, row.holder == claim.holder)

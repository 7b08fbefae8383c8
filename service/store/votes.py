"""What readers said of works: append-only, the latest of each reader counts.

A vote stays with the work that its reader saw. When that work was merged into another, it counts
for the other; a split moves no vote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from service.records import Judgement, Vote
from service.store.columns import storable
from service.store.dialect import chunks, insert_or, take_turn
from service.store.schema import PRESENT_WORK, VoteRow, WorkRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    _Said = Select[str, int, str, str, str, datetime, str]


class Votes:
    """Reads and writes inside the caller's transaction. Votes are given under the present numbers
    of their works; "latest" is the last to be written, for clocks of several machines differ."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cast(self, vote: Vote, key: str | None = None) -> bool:
        """Write a vote; returns whether it changed what its reader says of the work.

        The same again changes nothing, and neither does taking back what was never given. A `key`
        names one press of a button or one link: it is kept, and counts once for all time, even
        when the reader has changed their mind between. A vote without a note keeps the note of
        the same judgement. Topic and work must exist (`StoreError`).
        """
        take_turn(self._connection, "vote")
        old = self._latest(vote)
        said = old.judgement if old else Judgement.WITHDRAWN
        note = storable(vote.note)
        if old and said == vote.judgement:
            note = note or old.note
        changed = said != vote.judgement or (old is not None and note != old.note)
        if not changed and key is None:
            return False
        statement = insert_or(self._connection, VoteRow).values(
            topic=vote.topic,
            work_id=vote.work_id,
            voter=vote.voter,
            judgement=str(vote.judgement),
            via=vote.via,
            at=vote.at,
            note=note,
            key=key,
        )
        # RETURNING, because the count of inserted rows is not to be had on PostgreSQL.
        fresh = statement.on_conflict_do_nothing(index_elements=["key"]).returning(VoteRow.id)
        return self._connection.execute(fresh).first() is not None and changed

    def _latest(self, vote: Vote) -> Vote | None:
        row = VoteRow
        on = row.work_id.in_(self._numbers(vote.work_id))
        statement = _votes().where(row.topic == vote.topic, row.voter == vote.voter, on)
        return next(iter(self._read(statement.order_by(row.id.desc()).limit(1))), None)

    def _numbers(self, work_id: int) -> list[int]:
        """Every number under which readers may have seen what is now this work."""
        run, row = self._connection.execute, WorkRow
        present = run(select(PRESENT_WORK).where(row.id == work_id)).scalar_one_or_none()
        if present is None:
            return []
        same = or_(row.id == present, row.merged_into == present)
        return list(run(select(row.id).where(same)).scalars())

    def current(self, topic: str) -> list[Vote]:
        """Every reader's vote in force on every work of a topic, in the order they were cast."""
        return self._read(in_force(VoteRow.topic == topic).order_by(VoteRow.id))

    def of_works(self, work_ids: Sequence[int]) -> dict[int, list[Vote]]:
        """The votes in force on each of these works, of all topics, in the order they were cast.
        A work without votes, or that was merged away, is left out."""
        found: dict[int, list[Vote]] = {}
        for part in chunks(work_ids):
            own = WorkRow.merged_into.is_(None) & WorkRow.id.in_(part)
            statement = in_force(or_(own, WorkRow.merged_into.in_(part)))
            for vote in self._read(statement.order_by(VoteRow.id)):
                found.setdefault(vote.work_id, []).append(vote)
        return found

    def history(self, topic: str, work_id: int) -> list[Vote]:
        """All that was ever said of a work for a topic, newest first, withdrawals among it."""
        on = VoteRow.work_id.in_(self._numbers(work_id))
        statement = _votes().where(VoteRow.topic == topic, on)
        return self._read(statement.order_by(VoteRow.id.desc()))

    def counts(self) -> dict[str, dict[Judgement, int]]:
        """How many votes are in force, by topic and judgement; what is nought is left out."""
        votes = in_force().subquery()
        columns = (votes.c.topic, votes.c.judgement)
        statement = select(*columns, func.count()).group_by(*columns).order_by(*columns)
        found: dict[str, dict[Judgement, int]] = {}
        for topic, judgement, count in self._connection.execute(statement):
            found.setdefault(topic, {})[Judgement(judgement)] = count
        return found

    def _read(self, statement: _Said) -> list[Vote]:
        return [
            Vote(topic, work_id, voter, Judgement(judgement), via, at, note)
            for topic, work_id, voter, judgement, via, at, note in self._connection.execute(
                statement
            )
        ]


def _votes() -> _Said:
    row = VoteRow
    columns = select(
        row.topic,
        PRESENT_WORK.label("work_id"),
        row.voter,
        row.judgement,
        row.via,
        row.at,
        row.note,
    )
    return columns.join(WorkRow, WorkRow.id == row.work_id)


def in_force(*among: ColumnElement[bool]) -> _Said:
    """The latest vote of each reader on each work, unless it was taken back."""
    latest = (
        select(func.max(VoteRow.id))
        .join(WorkRow, WorkRow.id == VoteRow.work_id)
        .where(*among)
        .group_by(VoteRow.topic, PRESENT_WORK, VoteRow.voter)
    )
    return _votes().where(VoteRow.id.in_(latest), VoteRow.judgement != str(Judgement.WITHDRAWN))

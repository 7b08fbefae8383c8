"""What readers said of works: append-only, the latest of each person counts.

A vote stays with the work that its reader saw. When that work was merged into another, it counts
for the other; a split moves no vote. It stays with the name it was given under as well: whose name
that is, is looked up (`Aliases`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from service.records import Judgement, Vote
from service.store.aliases import Aliases, known, person
from service.store.columns import storable
from service.store.dialect import chunks, insert_or, take_turn
from service.store.schema import PRESENT_WORK, VoteRow, WorkRow
from service.store.schema_people import AliasRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    _Said = Select[str, int, str, str, str, datetime, str, str]


class Votes:
    """Reads and writes inside the caller's transaction. Votes are given under the present numbers
    of their works; "latest" is the last to be written, for clocks of several machines differ."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cast(self, vote: Vote, key: str | None = None) -> bool:
        """Write a vote; returns whether it changed what its reader says of the work, under
        whatever name.

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
        whose = Aliases(self._connection).person_of(vote.voter)
        statement = _votes().where(row.topic == vote.topic, person(row.voter) == whose, on)
        return next(iter(self._read(statement.order_by(row.id.desc()).limit(1))), None)

    def _numbers(self, work_id: int) -> list[int]:
        """Every number under which readers may have seen what is now this work."""
        run, row = self._connection.execute, WorkRow
        present = run(select(PRESENT_WORK).where(row.id == work_id)).scalar_one_or_none()
        if present is None:
            return []
        same = or_(row.id == present, row.merged_into == present)
        return list(run(select(row.id).where(same)).scalars())

    def current(self, topic: str | None = None) -> list[Vote]:
        """Everybody's vote in force on every work of a topic, or of all of them, in the order they
        were cast."""
        among = () if topic is None else (VoteRow.topic == topic,)
        return self._read(in_force(*among).order_by(VoteRow.id))

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

    def said(self, topic: str, work_id: int, reader: str) -> Vote | None:
        """The vote in force on a work of the person who goes by this name, whichever of their names
        they gave it under."""
        whose = Aliases(self._connection).person_of(reader)
        on = VoteRow.work_id.in_(self._numbers(work_id))
        among = (VoteRow.topic == topic, on, person(VoteRow.voter) == whose)
        return next(iter(self._read(in_force(*among))), None)

    def history(self, topic: str | None, work_id: int) -> list[Vote]:
        """All that was ever said of a work for a topic, or for any, newest first, withdrawals
        among it."""
        statement = _votes().where(VoteRow.work_id.in_(self._numbers(work_id)))
        if topic is not None:
            statement = statement.where(VoteRow.topic == topic)
        return self._read(statement.order_by(VoteRow.id.desc()))

    def voters(self) -> dict[str, int]:
        """Every name that anybody ever voted under, with how many of the votes in force were given
        under it."""
        votes = in_force().subquery()
        counts = select(votes.c.voter, func.count()).group_by(votes.c.voter)
        names = self._connection.execute(select(VoteRow.voter).distinct()).scalars()
        told = dict.fromkeys(sorted(names), 0)
        told.update((name, count) for name, count in self._connection.execute(counts))
        return told

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
            Vote(topic, work_id, voter, Judgement(judgement), via, at, note, whose)
            for topic, work_id, voter, judgement, via, at, note, whose in self._connection.execute(
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
        func.coalesce(AliasRow.person, "").label("person"),
    )
    joined = columns.join(WorkRow, WorkRow.id == row.work_id)
    return joined.outerjoin(AliasRow, known(row.voter))


def in_force(*among: ColumnElement[bool]) -> _Said:
    """The latest vote of each person on each work, unless it was taken back. `among` is said of
    `VoteRow`, `WorkRow` and `AliasRow`."""
    latest = (
        select(func.max(VoteRow.id))
        .join(WorkRow, WorkRow.id == VoteRow.work_id)
        .outerjoin(AliasRow, known(VoteRow.voter))
        .where(*among)
        .group_by(VoteRow.topic, PRESENT_WORK, person(VoteRow.voter))
    )
    return _votes().where(VoteRow.id.in_(latest), VoteRow.judgement != str(Judgement.WITHDRAWN))

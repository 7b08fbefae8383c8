"""Which works are asked for again at their sources, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, case, func, or_, select, union_all, update

from service.records import Judgement, Kind
from service.store.dialect import chunks, insert_or
from service.store.digests import arriving
from service.store.schema import (
    PRESENT_WORK,
    DigestItemRow,
    DigestRow,
    RecordRow,
    WorkKeyRow,
    WorkRow,
)
from service.store.schema_watch import RecheckRow
from service.store.votes import in_force

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import CompoundSelect

_IDS = ("pmid:", "doi:", "pmcid:", "arxiv:")


@dataclass(frozen=True, slots=True)
class Watched:
    """A work that somebody was sent, or saved, `since` then; `published` is a partial ISO date.

    `names` are its identifiers as the archive's keys are ("pmid:1"), and "europepmc:PPR/PPR1" for
    what Europe PMC numbers; `failures` counts the times that it could not be asked for.
    """

    work_id: int
    since: datetime
    published: str | None
    preprint: bool
    names: tuple[str, ...]
    failures: int = 0


class Rechecks:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def unenrolled(self) -> list[tuple[int, datetime]]:
        """Works that were sent or saved since they were enrolled, if ever, with when that was."""
        row, had = RecheckRow, self._had().subquery()
        latest = func.max(had.c.at)
        statement = (
            select(had.c.work_id, latest)
            .outerjoin(row, row.work_id == had.c.work_id)
            .group_by(had.c.work_id, row.since)
            .having(or_(row.since.is_(None), latest > row.since))
        )
        return [(work_id, at) for work_id, at in self._connection.execute(statement)]

    def enrol(self, had: Sequence[tuple[int, datetime]], after: timedelta) -> None:
        """Have works that were sent or saved then asked for so long after, or when they are due
        anyway."""
        row = RecheckRow
        for work_id, since in had:
            due = since + after
            told = insert_or(self._connection, row).values(
                work_id=work_id, since=since, due_at=due, failures=0
            )
            sooner = case((row.due_at < due, row.due_at), else_=due)
            self._connection.execute(
                told.on_conflict_do_update(
                    index_elements=["work_id"], set_={"since": since, "due_at": sooner}
                )
            )

    def _had(self) -> CompoundSelect[int | None, datetime]:
        item, saved = DigestItemRow, in_force().subquery()
        sent = (
            select(PRESENT_WORK.label("work_id"), DigestRow.frozen_at.label("at"))
            .join(item, item.work_id == WorkRow.id)
            .join(DigestRow, DigestRow.id == item.digest_id)
            .where(arriving(DigestRow.id))
        )
        kept = select(saved.c.work_id, saved.c.at).where(saved.c.judgement == str(Judgement.SAVED))
        return union_all(sent, kept)

    def due(self, now: datetime, limit: int) -> list[Watched]:
        """The works that are to be asked for now, the longest due first."""
        row, work = RecheckRow, WorkRow
        statement = (
            select(row.work_id, row.since, row.failures, work.published, work.kind)
            .join(work, work.id == row.work_id)
            .where(row.due_at <= now, work.merged_into.is_(None))
            .order_by(row.due_at, row.work_id)
            .limit(limit)
        )
        found = self._connection.execute(statement).all()
        names = self.names([each.work_id for each in found])
        return [
            Watched(
                each.work_id,
                each.since,
                each.published,
                each.kind == Kind.PREPRINT,
                tuple(sorted(names.get(each.work_id, ()))),
                each.failures,
            )
            for each in found
        ]

    def names(self, work_ids: Sequence[int]) -> dict[int, set[str]]:
        """The names of works, as in `Watched`."""
        found: dict[int, set[str]] = {}
        key, row, work = WorkKeyRow, RecordRow, WorkRow
        for part in chunks(work_ids):
            keyed = select(key.work_id, key.key).where(key.work_id.in_(part))
            for work_id, name in self._connection.execute(keyed):
                if name.startswith(_IDS):
                    found.setdefault(work_id, set()).add(name)
            own = select(work.id, work.doi).where(work.id.in_(part), work.doi.is_not(None))
            for work_id, doi in self._connection.execute(own):  # keys lack the version of some
                found.setdefault(work_id, set()).add(f"doi:{doi}")
            numbered = select(row.work_id, row.source_id).where(
                row.work_id.in_(part), row.source == "europepmc"
            )
            for of, source_id in self._connection.execute(numbered):
                found.setdefault(of or 0, set()).add(f"europepmc:{source_id}")
        return found

    def waiting(self, now: datetime) -> tuple[int, int]:
        """How many works are watched, and how many of them are due."""
        row = RecheckRow
        alive = select(func.count()).join(WorkRow, WorkRow.id == row.work_id)
        alive = alive.where(WorkRow.merged_into.is_(None))
        run = self._connection.execute
        return run(alive).scalar_one(), run(alive.where(row.due_at <= now)).scalar_one()

    def checked(self, due: Mapping[int, datetime], now: datetime) -> None:
        """These works were asked for; each is again from its time on."""
        for work_id, at in due.items():
            values = {"checked_at": now, "due_at": at, "failures": 0}
            self._connection.execute(
                update(RecheckRow).where(RecheckRow.work_id == work_id).values(values)
            )

    def failed(self, due: Mapping[int, datetime]) -> None:
        """These could not be asked for, and are tried again from their times on."""
        for work_id, at in due.items():
            values = {"due_at": at, "failures": RecheckRow.failures + 1}
            self._connection.execute(
                update(RecheckRow).where(RecheckRow.work_id == work_id).values(values)
            )

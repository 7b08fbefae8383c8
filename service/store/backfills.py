"""Back-fills and their parts: planned once, claimed one by one, noted batch by batch.

A part is held for as long as its holder keeps storing batches of it. What is written of a batch
is written together with the batch's number, so that a batch is in the archive once.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from service.errors import ClaimLostError
from service.records import Tally
from service.records.backfills import Backfill, Part, PartState
from service.store.dialect import chunks, insert_or, skip_locked
from service.store.schema import RecordRow, WorkRow
from service.store.schema_work import BackfillPartRow, BackfillRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row

    from service.records import Record
    from service.records.backfills import PlannedFile


class Backfills:
    """Reads and writes inside the caller's transaction; `now` is the time by `Store.now`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- plans

    def open(
        self,
        key: str,
        source: str,
        encoder: str | None,
        files: Sequence[PlannedFile],
        now: datetime,
    ) -> Backfill:
        """The back-fill of this key, made where there is none; its files are where they are now."""
        row, run = BackfillRow, self._connection.execute
        values = {"key": key, "source": source, "encoder": encoder, "created_at": now}
        run(insert_or(self._connection, row).on_conflict_do_nothing(), [values])
        # The row is held to the commit: two that open the same plan at once make its parts once.
        found = select(row.id).where(row.key == key).with_for_update()
        number = run(found).scalar_one()
        part = BackfillPartRow
        known = run(select(part.position, part.file).where(part.backfill_id == number))
        held = {position: file for position, file in known}  # noqa: C416 - rows are no pairs to the type checker
        fresh = [
            asdict(file) | _BLANK | {"backfill_id": number, "position": position}
            for position, file in enumerate(files)
            if position not in held
        ]
        if fresh:
            run(insert(part), fresh)
        for position, file in enumerate(files):
            if held.get(position, file.file) != file.file:
                at = (part.backfill_id == number, part.position == position)
                run(update(part).where(*at).values(file=file.file))
        return self.get(number)

    def get(self, number: int) -> Backfill:
        """The back-fill with this number and all its parts, in their order."""
        row = BackfillRow
        found = self._connection.execute(select(row).where(row.id == number)).one()
        return self._with_parts(found)

    def find(self, key: str) -> Backfill | None:
        """The back-fill of this key, where there is one."""
        found = self._connection.execute(select(BackfillRow).where(BackfillRow.key == key)).first()
        return self._with_parts(found) if found else None

    def all(self) -> list[Backfill]:
        """Every back-fill with its parts, the newest first."""
        found = self._connection.execute(select(BackfillRow).order_by(BackfillRow.id.desc())).all()
        return [self._with_parts(each) for each in found]

    def forget(self, number: int) -> None:
        """Drop a plan with what is noted of its parts; what they stored stays in the archive."""
        part = BackfillPartRow
        self._connection.execute(delete(part).where(part.backfill_id == number))
        self._connection.execute(delete(BackfillRow).where(BackfillRow.id == number))

    def retry(self, number: int) -> int:
        """Let the parts that failed be taken again; returns how many."""
        part = BackfillPartRow
        failed = (part.backfill_id == number, part.state == PartState.FAILED)
        again = {"state": str(PartState.WAITING), "error": None, "finished_at": None}
        taken: int = self._connection.execute(update(part).where(*failed).values(again)).rowcount
        if taken:
            self.reopen(number)
        return taken

    def reopen(self, number: int) -> None:
        """It is not over."""
        row = BackfillRow
        self._connection.execute(update(row).where(row.id == number).values(finished_at=None))

    def over(self, number: int, now: datetime) -> None:
        """Nothing is left to be done of it."""
        row = BackfillRow
        self._connection.execute(update(row).where(row.id == number).values(finished_at=now))

    # -- parts

    def claim(
        self, number: int, holder: str, now: datetime, until: datetime, part_id: int | None = None
    ) -> Part | None:
        """Take the first part that is free, or this one; None where there is none. Free is what
        waits, what its holder let run out, and a named part that this very holder has already.

        Commit before the work begins.
        """
        part = BackfillPartRow
        late = and_(part.state == PartState.TAKEN, part.held_until < now)
        free = or_(part.state == PartState.WAITING, late)
        asked = select(part.id, part.attempt).where(part.backfill_id == number)
        if part_id is None:
            asked = asked.where(free).order_by(part.position).limit(1)
        else:
            own = and_(part.state == PartState.TAKEN, part.holder == holder)
            asked = asked.where(part.id == part_id, or_(free, own))
        found = self._connection.execute(skip_locked(asked, self._connection)).first()
        if found is None:
            return None
        values = {
            "state": str(PartState.TAKEN),
            "holder": holder,
            "held_until": until,
            "attempt": found.attempt + 1,
        }
        run = self._connection.execute
        run(update(part).where(part.id == found.id).values(values))
        first = (part.id == found.id, part.started_at.is_(None))
        run(update(part).where(*first).values(started_at=now))
        return self._part(found.id)

    def _part(self, part_id: int) -> Part:
        part = BackfillPartRow
        return _part(self._connection.execute(select(part).where(part.id == part_id)).one())

    def free(self, number: int, holders: Sequence[str]) -> int:
        """Let others take what these hold; returns how many parts that were."""
        part = BackfillPartRow
        held = (part.backfill_id == number, part.state == PartState.TAKEN)
        values = {"state": str(PartState.WAITING), "holder": None, "held_until": None}
        statement = update(part).where(*held, part.holder.in_(holders)).values(values)
        freed: int = self._connection.execute(statement).rowcount
        return freed

    def standing(self, part: Part) -> frozenset[int]:
        """Let what is written in this transaction count only if the part is still held so, which
        it then is to the commit; returns the batches stored by now. Raises `ClaimLostError`."""
        return frozenset(self._locked(part).stored)

    def _locked(self, part: Part) -> Row[Any]:
        row = BackfillPartRow
        asked = select(row.stored, row.tally, row.read, row.deleted).where(_same(part))
        found = self._connection.execute(asked.with_for_update()).first()
        if found is None:
            cause = "was taken over by another process: what came of it here is not kept"
            raise ClaimLostError(part.file, cause)
        return found

    def note(
        self,
        part: Part,
        batch: int,
        tally: Tally,
        *,
        read: int,
        until: datetime,
        deleted: Sequence[str] = (),
    ) -> None:
        """This batch is in the archive; the part is held until then. Raises `ClaimLostError`."""
        held = self._locked(part)
        values = {
            "stored": sorted({*held.stored, batch}),
            "tally": asdict(Tally(**held.tally) + tally),
            "read": max(held.read, read),
            "deleted": [*held.deleted, *deleted],
            "held_until": until,
        }
        self._connection.execute(update(BackfillPartRow).where(_same(part)).values(values))

    def finish(self, part: Part, seconds: float, now: datetime, error: str | None = None) -> Part:
        """The part is done, or with an `error` has failed. Raises `ClaimLostError`."""
        self._locked(part)
        row = BackfillPartRow
        values = {
            "state": str(PartState.FAILED if error else PartState.DONE),
            "holder": None,
            "held_until": None,
            "error": error,
            "finished_at": now,
        }
        more = {"seconds": row.seconds + seconds}
        self._connection.execute(update(row).where(_same(part)).values(values | more))
        return self._part(part.id)

    def release(self, part: Part, seconds: float) -> None:
        """Let others go on with it. Nothing happens where they have it already."""
        row = BackfillPartRow
        values = {"state": str(PartState.WAITING), "holder": None, "held_until": None}
        more = {"seconds": row.seconds + seconds}
        self._connection.execute(update(row).where(_same(part)).values(values | more))

    def embedded(self, part_id: int, count: int) -> None:
        """So many more works of the part have vectors."""
        row = BackfillPartRow
        more = {"embedded": row.embedded + count}
        self._connection.execute(update(row).where(row.id == part_id).values(more))

    def deleted(self, number: int) -> list[str]:
        """What the files of a back-fill name as deleted at their source."""
        part = BackfillPartRow
        asked = select(part.deleted).where(part.backfill_id == number).order_by(part.position)
        found = self._connection.execute(asked).scalars()
        return list(dict.fromkeys(each for some in found for each in some))

    def _with_parts(self, row: Row[Any]) -> Backfill:
        part = BackfillPartRow
        asked = select(part).where(part.backfill_id == row.id).order_by(part.position)
        parts = tuple(_part(each) for each in self._connection.execute(asked))
        named = ("id", "key", "source", "encoder", "created_at", "finished_at")
        return Backfill(**{name: getattr(row, name) for name in named}, parts=parts)

    # -- works

    def texts(self, records: Sequence[Record]) -> list[tuple[int, str, str, bytes]]:
        """The works (id, title, abstract, text hash) that these records, of one source, are in."""
        row, work = RecordRow, WorkRow
        found: dict[int, tuple[int, str, str, bytes]] = {}
        for some in chunks(sorted({record.source_id for record in records})):
            asked = (
                select(work.id, work.title, work.abstract, work.text_hash)
                .join(row, row.work_id == work.id)
                .where(row.source == records[0].source, row.source_id.in_(some))
                .where(work.merged_into.is_(None), work.gone_at.is_(None))
            )
            found |= {each.id: tuple(each) for each in self._connection.execute(asked)}
        return [found[number] for number in sorted(found)]


# What a part has before anything is done.
_BLANK: dict[str, Any] = {
    "state": str(PartState.WAITING),
    "attempt": 0,
    "stored": [],
    "read": 0,
    "tally": asdict(Tally()),
    "deleted": [],
    "embedded": 0,
    "seconds": 0.0,
}
_PLAIN = [name for name in Part.__dataclass_fields__ if name not in {"state", "stored", "tally"}]


def _part(row: Row[Any]) -> Part:
    told = {name: getattr(row, name) for name in _PLAIN}
    stored, tally = frozenset(row.stored), Tally(**row.tally)
    return Part(state=PartState(row.state), stored=stored, tally=tally, **told)


def _same(part: Part) -> ColumnElement[bool]:
    row = BackfillPartRow
    return and_(
        row.id == part.id,
        row.state == PartState.TAKEN,
        row.attempt == part.attempt,
        row.holder == part.holder,
    )

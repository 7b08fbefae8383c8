"""Writing what was polled: records, the works they make, the keys that find them.

Does not decide which records are one work: it is handed `WorkPlan`s. What is there already is
read in `held`.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import Connection, Table, Update, bindparam, delete, insert, select, update

from service.store.columns import storable
from service.store.dialect import chunks, insert_missing, take_numbers, take_turn
from service.store.held import Stored, payload_hash
from service.store.schema import (
    MergeEventRow,
    RecordRow,
    SeparationRow,
    WorkKeyRow,
    WorkRow,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from service.records import Arrival, Record, WorkFields, WorkPlan

SEQUENCE = "ingest"


class _Before(NamedTuple):
    """What decides whether a work is new again once it has changed."""

    text_hash: bytes
    seq: int
    announce: bool


def text_hash(title: str, abstract: str) -> bytes:
    """Sixteen bytes over what is embedded and ranked."""
    return hashlib.blake2b(f"{title}\n{abstract}".encode(), digest_size=16).digest()


class Intake:
    """Records in, works changed; everything inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def alone(self) -> None:
        """Wait for other writers of records, and keep them waiting until the commit.

        Whoever asks what is there before placing records needs this: two that ask at once would
        each find nothing and make two works of one.
        """
        take_turn(self._connection, SEQUENCE)

    def seen_again(self, record_ids: Sequence[int], now: datetime) -> None:
        """The same payload came again; a record once gone is back, and its work with it."""
        for part in chunks(record_ids):
            back = select(RecordRow.work_id).where(
                RecordRow.id.in_(part), RecordRow.gone_at.is_not(None)
            )
            works = list(self._connection.execute(back).scalars())
            self._connection.execute(
                update(RecordRow)
                .where(RecordRow.id.in_(part))
                .values(last_seen_at=now, gone_at=None)
            )
            if works:
                self._connection.execute(
                    update(WorkRow).where(WorkRow.id.in_(works)).values(gone_at=None)
                )

    def wake(self, keys: Sequence[str], before: int) -> int:
        """Have the announced works with one of these keys looked at again by the next digests:
        those that had a number up to `before` get a new one. Returns how many."""
        row, found = WorkRow, set[int]()
        for part in chunks(keys):
            keyed = select(WorkKeyRow.work_id).where(WorkKeyRow.key.in_(part))
            asleep = (row.announce, row.gone_at.is_(None), row.merged_into.is_(None))
            found.update(
                self._connection.execute(
                    select(row.id).where(row.id.in_(keyed), row.seq <= before, *asleep)
                ).scalars()
            )
        woken = sorted(found)
        numbers = take_numbers(self._connection, SEQUENCE, len(woken)) if woken else ()
        pairs = [{"row": n, "seq": seq} for n, seq in zip(woken, numbers, strict=True)]
        if pairs:
            self._connection.execute(_update_by_id(WorkRow), pairs)
        return len(woken)

    def keep_unparsed(
        self, failures: Sequence[tuple[Record, str]], held: Mapping[str, Stored], now: datetime
    ) -> None:
        """Keep the raw payload of records that could not be understood, with the reason.

        One that could be before stays in its work, which goes on showing what it last said.
        """
        rows = [
            (record, held[record.key].work_id if record.key in held else None, "", error)
            for record, error in failures
        ]
        self._write_records(rows, held, now)

    def apply(
        self,
        plans: Sequence[WorkPlan],
        arrivals: Sequence[Arrival],
        records: Sequence[Record],
        *,
        now: datetime,
        announce: bool,
    ) -> None:
        """Carry out the plans. `records` are the raw ones of `arrivals`, in the same order."""
        ids = self._write_works(plans, now, announce)
        rows = [
            (records[i], work_id, reason, None)
            for plan, work_id in zip(plans, ids, strict=True)
            for i, reason in plan.joins
        ]
        held = {
            records[i].key: Stored(a.record_id, a.work_id, b"", gone=False)
            for i, a in enumerate(arrivals)
            if a.record_id is not None
        }
        for plan in plans:
            self._absorb(plan, now)
        self._write_records(rows, held, now)
        insert_missing(
            self._connection,
            WorkKeyRow,
            [
                {"key": key, "work_id": work_id}
                for plan, work_id in zip(plans, ids, strict=True)
                for key in sorted(plan.keys)
            ],
        )

    def _write_works(self, plans: Sequence[WorkPlan], now: datetime, announce: bool) -> list[int]:
        numbers = iter(take_numbers(self._connection, SEQUENCE, len(plans)))
        before = self._before(
            [
                n
                for p in plans
                if p.work_id
                for n in (p.work_id, *(other for other, _ in p.absorbed))
            ]
        )
        fresh: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        ids: list[int] = []
        for plan in plans:
            number = next(numbers)
            values = work_values(plan.fields) | {"updated_at": now, "gone_at": None}
            if plan.work_id is None:
                row = {"id": number, "seq": number, "announce": announce, "first_seen_at": now}
                fresh.append(values | row | {"merged_into": None})
                ids.append(number)
                continue
            old_hash, seq, announced = before[plan.work_id]
            # A quiet work that takes in an announced one speaks for both, or nobody would see it.
            waking = not announced and any(before[other].announce for other, _ in plan.absorbed)
            if old_hash != values["text_hash"] or waking:
                seq = number
            row = {"row": plan.work_id, "seq": seq, "announce": announced or waking}
            changed.append(values | row)
            ids.append(plan.work_id)
        if fresh:
            self._connection.execute(insert(WorkRow), fresh)
        if changed:
            self._connection.execute(_update_by_id(WorkRow), changed)
        return ids

    def _before(self, work_ids: Sequence[int]) -> dict[int, _Before]:
        found: dict[int, _Before] = {}
        row = WorkRow
        for part in chunks(work_ids):
            statement = select(row.id, row.text_hash, row.seq, row.announce).where(row.id.in_(part))
            found |= {
                i: _Before(digest, seq, announce)
                for i, digest, seq, announce in self._connection.execute(statement)
            }
        return found

    def _write_records(
        self,
        rows: Sequence[tuple[Record, int | None, str, str | None]],
        held: Mapping[str, Stored],
        now: datetime,
    ) -> None:
        fresh: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        placed: list[dict[str, Any]] = []  # held, but understood only now
        for record, work_id, reason, error in rows:
            values = {
                "format": record.format,
                "payload": zlib.compress(record.payload, 1),
                "payload_hash": payload_hash(record.payload),
                "work_id": work_id,
                "error": error,
                "last_seen_at": now,
                "gone_at": None,
            }
            stored = held.get(record.key)
            if stored and stored.work_id is None:
                placed.append(values | {"row": stored.record_id, "joined_by": reason})
            elif stored:
                changed.append(values | {"row": stored.record_id})
            else:
                key = {
                    "source": record.source,
                    "source_id": record.source_id,
                    "version": record.version,
                }
                fresh.append(values | key | {"joined_by": reason, "first_seen_at": now})
        if fresh:
            self._connection.execute(insert(RecordRow), fresh)
        for some in (changed, placed):
            if some:
                self._connection.execute(_update_by_id(RecordRow), some)

    def _absorb(self, plan: WorkPlan, now: datetime) -> None:
        """Move the absorbed works' records to the surviving work, and what a person said of
        them; note it for undoing."""
        for other, reason in plan.absorbed:
            moved = list(
                self._connection.execute(
                    select(RecordRow.id).where(RecordRow.work_id == other)
                ).scalars()
            )
            kept = plan.work_id
            apart = select(SeparationRow.record_id).where(SeparationRow.work_id == other)
            told = [
                {"record_id": rid, "work_id": kept}
                for rid in self._connection.execute(apart).scalars()
            ]
            insert_missing(self._connection, SeparationRow, told)
            statements = (
                delete(SeparationRow).where(SeparationRow.work_id == other),
                update(RecordRow).where(RecordRow.work_id == other).values(work_id=kept),
                update(WorkRow).where(WorkRow.id == other).values(merged_into=kept, updated_at=now),
                update(WorkRow).where(WorkRow.merged_into == other).values(merged_into=kept),
                delete(WorkKeyRow).where(WorkKeyRow.work_id == other),
                insert(MergeEventRow).values(
                    at=now, kept=kept, other=other, action="merge", record_ids=moved, reason=reason
                ),
            )
            for statement in statements:
                self._connection.execute(statement)

    def mark_gone(self, source: str, source_ids: Sequence[str], now: datetime) -> int:
        """Records that the source deleted; a work without any other record goes with them.

        Returns how many records that touched. Nothing is erased.
        """
        touched = 0
        for part in chunks(source_ids):
            matching = (
                RecordRow.source == source,
                RecordRow.source_id.in_(part),
                RecordRow.gone_at.is_(None),
            )
            works = set(
                self._connection.execute(select(RecordRow.work_id).where(*matching)).scalars()
            )
            touched += self._connection.execute(
                update(RecordRow).where(*matching).values(gone_at=now)
            ).rowcount
            alive = select(RecordRow.work_id).where(
                RecordRow.work_id.in_(works), RecordRow.gone_at.is_(None)
            )
            gone = works - set(self._connection.execute(alive).scalars()) - {None}
            self._connection.execute(
                update(WorkRow).where(WorkRow.id.in_(gone)).values(gone_at=now)
            )
        return touched


def _update_by_id(mapped: type[WorkRow | RecordRow]) -> Update:
    """An UPDATE of one row per parameter set; its id comes as `row`. The table is named, not the
    class, because the ORM's bulk update wants the primary key among the values."""
    table = cast("Table", mapped.__table__)
    return update(table).where(table.c.id == bindparam("row"))


def work_values(fields: WorkFields) -> dict[str, Any]:
    """A work's columns from its merged fields."""
    title, abstract = storable(fields.title), storable(fields.abstract)
    return {
        "title": title,
        "abstract": abstract,
        "authors": [storable(name) for name in fields.authors],
        "venue": fields.venue,
        "published": fields.published,
        "entered": fields.entered,
        "kind": str(fields.kind),
        "flags": sorted(str(flag) for flag in fields.flags),
        "doi": fields.ids.doi,
        "pmid": fields.ids.pmid,
        "pmcid": fields.ids.pmcid,
        "arxiv": fields.ids.arxiv,
        "url": fields.url,
        "pdf_url": fields.pdf_url,
        "sources": list(fields.sources),
        "keywords": [storable(name) for name in fields.keywords],
        "mesh": [storable(name) for name in fields.mesh],
        "text_hash": text_hash(title, abstract),
    }

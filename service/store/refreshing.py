"""Works computed anew from their stored records: what is read for it, and what is written."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Table, bindparam, func, select, update

from service.records import Record
from service.store.columns import storable
from service.store.dialect import insert_missing, insert_or
from service.store.intake import work_values
from service.store.schema import CounterRow, RecordRow, WorkKeyRow, WorkRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from service.records import WorkFields

_MARK = "refresh"  # of the counters: where the last refresh was stopped, by version


class Refreshing:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def after(self, work_id: int, limit: int) -> list[int]:
        """The next works above a number, in order, without those merged away."""
        row = WorkRow
        statement = select(row.id).where(row.id > work_id, row.merged_into.is_(None))
        return list(self._connection.execute(statement.order_by(row.id).limit(limit)).scalars())

    def left(self, work_id: int) -> int:
        """How many works come after a number."""
        row = WorkRow
        statement = select(func.count()).where(row.id > work_id, row.merged_into.is_(None))
        return self._connection.execute(statement).scalar_one()

    def prints(self, work_ids: Sequence[int]) -> dict[int, frozenset[tuple[int, bytes]]]:
        """What each work is made of: its records with the hashes of their payloads."""
        row = RecordRow
        statement = select(row.work_id, row.id, row.payload_hash).where(row.work_id.in_(work_ids))
        found: dict[int, set[tuple[int, bytes]]] = {}
        for work_id, record_id, digest in self._connection.execute(statement):
            found.setdefault(work_id or 0, set()).add((record_id, digest))
        return {work_id: frozenset(prints) for work_id, prints in found.items()}

    def differing(self, fields: Mapping[int, WorkFields]) -> set[int]:
        """Those of the works that do not show these fields."""
        statement = select(WorkRow).where(WorkRow.id.in_(fields))
        return {
            row.id
            for row in self._connection.execute(statement)
            if any(
                getattr(row, name) != (storable(new) if isinstance(new, str) else new)
                for name, new in work_values(fields[row.id]).items()
            )
        }

    def unkeyed(self, keys: Mapping[int, AbstractSet[str]]) -> set[int]:
        """Those of the works that cannot be found by all of these keys."""
        row = WorkKeyRow
        held: dict[int, set[str]] = {}
        statement = select(row.work_id, row.key).where(row.work_id.in_(keys))
        for work_id, key in self._connection.execute(statement):
            held.setdefault(work_id, set()).add(key)
        return {work_id for work_id, wanted in keys.items() if wanted - held.get(work_id, set())}

    def misunderstood(self, work_ids: Sequence[int]) -> set[int]:
        """Records of these works that are noted as not understood."""
        row = RecordRow
        statement = select(row.id).where(row.work_id.in_(work_ids), row.error.is_not(None))
        return set(self._connection.execute(statement).scalars())

    def write(
        self, works: Mapping[int, tuple[WorkFields, AbstractSet[str]]], now: datetime
    ) -> None:
        """Let each work show these fields and be found by these keys, too. It is no newer for
        that: its number in the sequence stays, and whether digests may call it new."""
        if not works:
            return
        rows: list[dict[str, Any]] = [
            work_values(fields) | {"row": work_id, "updated_at": now}
            for work_id, (fields, _) in works.items()
        ]
        table = cast("Table", WorkRow.__table__)  # the ORM's bulk update wants the primary key
        self._connection.execute(update(table).where(table.c.id == bindparam("row")), rows)
        found_by = [
            {"key": key, "work_id": work_id}
            for work_id, (_, keys) in works.items()
            for key in sorted(keys)
        ]
        insert_missing(self._connection, WorkKeyRow, found_by)

    def understood(self, record_ids: Sequence[int]) -> None:
        """Note that these records are understood now."""
        row = RecordRow
        self._connection.execute(update(row).where(row.id.in_(record_ids)).values(error=None))

    def unplaced(self, record_id: int, limit: int) -> list[tuple[int, Record]]:
        """The next records above a number that are in no work, because nobody understood them."""
        row = RecordRow
        statement = (
            select(row.id, row.source, row.source_id, row.version, row.format, row.payload)
            .where(row.id > record_id, row.work_id.is_(None), row.gone_at.is_(None))
            .order_by(row.id)
            .limit(limit)
        )
        return [
            (rid, Record(source, source_id, version, form, zlib.decompress(payload)))
            for rid, source, source_id, version, form, payload in self._connection.execute(
                statement
            )
        ]

    # -- where a refresh was stopped

    def mark(self, version: str) -> int:
        """Up to which work a refresh by this version of the program has come; 0 at the start."""
        statement = select(CounterRow.value).where(CounterRow.name == f"{_MARK} {version}")
        return self._connection.execute(statement).scalar_one_or_none() or 0

    def set_mark(self, version: str, work_id: int) -> None:
        """Note how far it has come; 0 when it is through."""
        values = {"name": f"{_MARK} {version}", "value": work_id}
        statement = insert_or(self._connection, CounterRow).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"value": work_id})
        )

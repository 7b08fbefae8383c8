"""Reading many works in pages, with the records that they were made of."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from service.records import Record
from service.store.dialect import chunks
from service.store.schema import PRESENT_WORK, RecordRow, WorkRow
from service.store.works import work_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.records import Work

_AT_ONCE = 20  # payloads in memory: that of a full text is large


class Exporting:
    """Reads inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def after(self, work_id: int, limit: int) -> list[Work]:
        """The next works above a number, in order; those merged away or deleted at their sources
        are left out."""
        row = WorkRow
        alive = (row.merged_into.is_(None), row.gone_at.is_(None))
        statement = select(row).where(row.id > work_id, *alive).order_by(row.id).limit(limit)
        return [work_of(found) for found in self._connection.execute(statement)]

    def present(self, work_ids: Sequence[int]) -> dict[int, int]:
        """The present number of each of these works that is in the archive."""
        found: dict[int, int] = {}
        for part in chunks(work_ids):
            statement = select(WorkRow.id, PRESENT_WORK).where(WorkRow.id.in_(part))
            found.update((old, new) for old, new in self._connection.execute(statement))
        return found

    def records(self, work_ids: Sequence[int]) -> Iterator[tuple[int, Record]]:
        """All records of these works that could be understood, each with its work's number, oldest
        first; a few payloads are in memory at a time."""
        row = RecordRow
        for part in chunks(work_ids):
            statement = (
                select(row.work_id, row.source, row.source_id, row.version, row.format, row.payload)
                .where(row.work_id.in_(part), row.error.is_(None))
                .order_by(row.id)
            )
            found = self._connection.execute(statement, execution_options={"yield_per": _AT_ONCE})
            for work_id, source, source_id, version, form, payload in found:
                body = zlib.decompress(payload)
                yield work_id or 0, Record(source, source_id, version, form, body)

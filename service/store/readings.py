"""Which works readers have marked as read.

A mark stays with the work that its reader saw. When that was merged into another, it is the
other's; whatever name of theirs a person marked it under, they have read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, or_, select

from service.store.aliases import Aliases, known, person
from service.store.dialect import chunks, insert_missing
from service.store.schema import PRESENT_WORK, WorkRow
from service.store.schema_people import AliasRow, ReadingRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime


class Readings:
    """Reads and writes inside the caller's transaction. Works go by their present numbers, and
    answer to those of what was merged into them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mark(self, reader: str, work_ids: Sequence[int], now: datetime) -> None:
        """These works were read; those that were marked before stay as they are. Works must exist
        (`StoreError`)."""
        numbers = sorted({*work_ids})
        rows = [{"reader": reader, "work_id": number, "at": now} for number in numbers]
        insert_missing(self._connection, ReadingRow, rows)

    def unmark(self, reader: str, work_ids: Sequence[int]) -> None:
        """These works were not read after all."""
        row = ReadingRow
        for name, number, _ in self._marks(reader, {*self._present(work_ids).values()}):
            gone = delete(row).where(row.reader == name, row.work_id == number)
            self._connection.execute(gone)

    def of(self, reader: str, work_ids: Sequence[int]) -> set[int]:
        """Those of the works that the reader has marked as read."""
        present = self._present(work_ids)
        read = {number for _, _, number in self._marks(reader, {*present.values()})}
        return {number for number in work_ids if present.get(number) in read}

    def _present(self, work_ids: Sequence[int]) -> dict[int, int]:
        """What each of the works is now; one that never was is left out."""
        found: dict[int, int] = {}
        for part in chunks(sorted({*work_ids})):
            statement = select(WorkRow.id, PRESENT_WORK).where(WorkRow.id.in_(part))
            found.update((number, now) for number, now in self._connection.execute(statement))
        return found

    def _marks(self, reader: str, present: Collection[int]) -> list[tuple[str, int, int]]:
        """The person's marks on these works: under which name, on which number, of which work."""
        row, found = ReadingRow, list[tuple[str, int, int]]()
        whose = Aliases(self._connection).person_of(reader)
        for part in chunks(sorted(present)):
            statement = (
                select(row.reader, row.work_id, PRESENT_WORK)
                .join(WorkRow, WorkRow.id == row.work_id)
                .outerjoin(AliasRow, known(row.reader))
                .where(person(row.reader) == whose)
                .where(or_(WorkRow.id.in_(part), WorkRow.merged_into.in_(part)))
            )
            found += [
                (name, number, now) for name, number, now in self._connection.execute(statement)
            ]
        return found

"""The processes that work on this archive, or did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select

from service.records.workers import Worker
from service.store.dialect import insert_or
from service.store.schema_work import WorkerRow

if TYPE_CHECKING:
    from datetime import datetime


class Workers:
    """Reads and writes inside the caller's transaction; `now` is the time by `Store.now`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def seen(self, worker: Worker) -> None:
        """Keep that it lives, and what it does."""
        values = {name: getattr(worker, name) for name in Worker.__dataclass_fields__}
        statement = insert_or(self._connection, WorkerRow).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_=values)
        )

    def left(self, name: str) -> None:
        """It has ended as it should."""
        self._connection.execute(delete(WorkerRow).where(WorkerRow.name == name))

    def list(self) -> list[Worker]:
        """All that are remembered, the oldest first."""
        columns = (getattr(WorkerRow, name) for name in Worker.__dataclass_fields__)
        statement = select(*columns).order_by(WorkerRow.started_at, WorkerRow.name)
        return [Worker(*values) for values in self._connection.execute(statement)]

    def forget(self, before: datetime) -> None:
        """Drop those that were not seen since then."""
        self._connection.execute(delete(WorkerRow).where(WorkerRow.seen_at < before))

"""Receipts of rankings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select

from service.records import RankingRun
from service.store.schema_watch import RankingRunRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_FIELDS = tuple(RankingRun.__dataclass_fields__)


class Runs:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, runs: Sequence[RankingRun], now: datetime) -> None:
        """Keep the receipts of rankings that are kept in the same transaction."""
        rows: list[dict[str, Any]] = [
            {name: getattr(run, name) for name in _FIELDS} | {"at": now} for run in runs
        ]
        if rows:
            self._connection.execute(insert(RankingRunRow), rows)

    def latest(
        self,
        limit: int,
        *,
        topic: str | None = None,
        digest: str | None = None,
        since: datetime | None = None,
    ) -> list[RankingRun]:
        """The newest first; of one topic, of one digest (its whole id), since a time."""
        row = RankingRunRow
        columns = [getattr(row, name) for name in _FIELDS]
        statement = select(*columns).order_by(row.at.desc(), row.id.desc()).limit(limit)
        if topic is not None:
            statement = statement.where(row.topic == topic)
        if digest is not None:
            statement = statement.where(row.digest == digest)
        if since is not None:
            statement = statement.where(row.at >= since)
        return [RankingRun(*values) for values in self._connection.execute(statement)]

"""Hosts' turns, over all processes of an archive: one row a lane, each change a short transaction.

The time is the database's. It stays here: outside, times are seconds from the moment of reading.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, bindparam, event, select, update

from service.errors import SchemaError, StoreBusyError, StoreError
from service.records.lanes import LaneState, Queued
from service.store import engine as engines
from service.store import revisions
from service.store.columns import storable
from service.store.dialect import database_time, insert_missing
from service.store.schema_work import LaneRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

# Made once: to make them takes as long as to carry them out.
_FIND = select(LaneRow).where(LaneRow.name == bindparam("lane"))
_LOCK = _FIND.with_for_update()
_COLUMNS = ("ready_at", "slowdown", "holder", "held_until", "turn", "queue", "changed_at")
_CHANGE = (
    update(LaneRow)
    .where(LaneRow.name == bindparam("lane"))
    .values({column: bindparam(f"new_{column}") for column in _COLUMNS})
)
_BUSY_MS = 5_000  # then it is tried again, unless the process is to end


class StoredLanes:
    """The `LaneBook` of one process over its archive, on connections of its own that wait for no
    disk: a kill of any process loses nothing; a power cut may lose what hosts said last.

    `me` is this process, as no other is called. `now` takes the place of the database's clock.
    Raises `SchemaError` where there is no archive yet, or one of another version.
    """

    def __init__(self, url: str, me: str, now: Callable[[], datetime] | None = None) -> None:
        self.me = storable(me)
        self.engine = engines.create(url)
        self._now = now
        event.listen(self.engine, "connect", _hasten)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def look(self, name: str) -> LaneState:
        """See `service.protocols.LaneBook`."""
        with self._transaction(write=False) as connection:
            row = connection.execute(_FIND, {"lane": name}).first()
            return LaneState() if row is None else _state(row, self._time(connection))

    def change(self, name: str, step: Callable[[LaneState], tuple[LaneState, T]]) -> T:
        """See `service.protocols.LaneBook`."""
        with self._transaction(write=True) as connection:
            row = self._locked(connection, name)
            began, now = time.monotonic(), self._time(connection)
            before = _state(row, now)
            after, told = step(before)
            if after != before or row.changed_at > now:
                # What the step reckoned from was true a moment ago: better late than early.
                passed = timedelta(seconds=time.monotonic() - began)
                later = now + passed if self._now is None else self._now()
                values = {f"new_{key}": value for key, value in _values(after, later).items()}
                connection.execute(_CHANGE, {"lane": name, **values})
            return told

    def _locked(self, connection: Connection, name: str) -> Any:  # noqa: ANN401 - a result row of `select(LaneRow)`
        """The lane's row, made on first sight; nobody else has it until the commit."""
        row = connection.execute(_LOCK, {"lane": name}).first()
        if row is None:
            values = _values(LaneState(), self._time(connection))
            insert_missing(connection, LaneRow, [{"name": name, **values}])
            row = connection.execute(_LOCK, {"lane": name}).one()
        return row

    def _time(self, connection: Connection) -> datetime:
        return database_time(connection) if self._now is None else self._now()

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        self._found()
        try:
            with engines.transaction(self.engine, write=write) as connection:
                yield connection
        except StoreBusyError:
            raise
        except StoreError:
            revisions.check(self.engine)
            raise

    def _found(self) -> None:
        """Refuse a SQLite file that is not there: opening would create it."""
        url = self.engine.url
        if url.get_backend_name() != "sqlite":
            return
        if not url.database or url.database == ":memory:" or not Path(url.database).exists():
            raise SchemaError(url.render_as_string(), "does not exist", "run: litwatch init")


def _hasten(connection: Any, _: object) -> None:  # noqa: ANN401 - sqlite3's, or psycopg's
    cursor = connection.cursor()
    if type(connection).__module__.startswith("sqlite3"):
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    else:
        cursor.execute("SET synchronous_commit = off")
        connection.commit()
    cursor.close()


def _state(row: Any, now: datetime) -> LaneState:  # noqa: ANN401 - a result row of `select(LaneRow)`
    # Where the clock has been set back since, the lane is taken to be as it was then.
    now = max(now, row.changed_at)
    queue = []
    for waiting in row.queue:
        until, _, name = waiting.partition(" ")
        queue.append(Queued(name, _between(now, datetime.fromisoformat(until))))
    return LaneState(
        ready_in=_between(now, row.ready_at),
        slowdown=row.slowdown,
        holder=row.holder,
        held_for=_between(now, row.held_until),
        turn=row.turn,
        queue=tuple(queue),
    )


def _values(state: LaneState, now: datetime) -> dict[str, Any]:
    def at(seconds: float) -> datetime:
        return (now + timedelta(seconds=seconds)).astimezone(UTC)

    return {
        "ready_at": at(state.ready_in),
        "slowdown": state.slowdown,
        "holder": state.holder,
        "held_until": at(state.held_for),
        "turn": state.turn,
        "queue": [f"{at(each.gone_in).isoformat()} {each.name}" for each in state.queue],
        "changed_at": now,
    }


def _between(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()

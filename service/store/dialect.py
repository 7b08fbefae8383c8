"""The few statements that SQLite and PostgreSQL spell differently."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Connection, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from service.clock import Clock
from service.store.schema import Base, CounterRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

T = TypeVar("T")
S = TypeVar("S", bound="Select[*tuple[Any, ...]]")

# SQLite allows 32,766 bound values a statement; stay well below on both.
CHUNK = 5_000


def insert_or(connection: Connection, table: type[Base]) -> sqlite.Insert:
    """An INSERT that knows ON CONFLICT in this connection's dialect."""
    if connection.dialect.name == "postgresql":
        # Both dialects' Insert offer the same ON CONFLICT methods; one type will do here.
        return cast("sqlite.Insert", postgresql.insert(table))
    return sqlite.insert(table)


def insert_missing(
    connection: Connection, table: type[Base], rows: Sequence[dict[str, Any]]
) -> None:
    """Insert rows, leaving those whose key is already there as they are."""
    if rows:
        connection.execute(insert_or(connection, table).on_conflict_do_nothing(), rows)


def take_numbers(connection: Connection, counter: str, count: int) -> range:
    """The next `count` numbers. The row lock lasts to the commit: commit order is number order."""
    row = (CounterRow.name == counter,)
    moved = connection.execute(
        update(CounterRow).where(*row).values(value=CounterRow.value + count)
    ).rowcount
    if not moved:
        insert_missing(connection, CounterRow, [{"name": counter, "value": 0}])
        connection.execute(update(CounterRow).where(*row).values(value=CounterRow.value + count))
    last = connection.execute(select(CounterRow.value).where(*row)).scalar_one()
    return range(last - count + 1, last + 1)


def take_turn(connection: Connection, counter: str) -> None:
    """Hold the counter's row until the commit; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        insert_missing(connection, CounterRow, [{"name": counter, "value": 0}])
        held = select(CounterRow.value).where(CounterRow.name == counter).with_for_update()
        connection.execute(held)


def skip_locked(statement: S, connection: Connection) -> S:
    """Row claims that pass over rows another worker holds; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        return statement.with_for_update(skip_locked=True)
    return statement


def database_time(connection: Connection) -> datetime:
    """The time by the clock that all workers over this database share (not the time at which
    the transaction began). SQLite has no server: its machine's clock is that one."""
    if connection.dialect.name == "postgresql":
        now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)
    return Clock().now()


def chunks(items: Sequence[T], size: int = CHUNK) -> list[Sequence[T]]:
    """`items` in runs of at most `size`."""
    return [items[i : i + size] for i in range(0, len(items), size)]

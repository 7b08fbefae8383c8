"""An archive copied to another database, whole or not at all, and proved equal.

Everything is read in one snapshot, so that a worker may go on meanwhile. What is derived (search
indexes, vectors made for searching) is not copied: triggers and generated columns make the first
anew, `litwatch index` the second.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Table, func, insert, select, text

from service.errors import StoreError
from service.store import engine as engines
from service.store import migrations, revisions, schema_people, schema_watch, schema_work  # noqa: F401 (all tables)
from service.store.schema import Base, WorkRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import ColumnElement, Engine

    Progress = Callable[[str, int, int], None]

_ROWS = 5_000  # in memory at a time
_PASSING = {"lane", "claim", "worker"}  # who works on what just now is no part of an archive
_SUM = 1 << 64


@dataclass(frozen=True, slots=True)
class Copied:
    """One table: its rows, and a checksum over them that their order has no part in."""

    table: str
    rows: int
    checksum: str


def copy(source: Engine, target: Engine, progress: Progress) -> tuple[Copied, ...]:
    """Copy every table into a database that is empty, which gets this program's schema first.

    `progress` is told the table, the rows done and all its rows. Raises `SchemaError` for a source
    of another version, `StoreError` for a target that is not empty or does not hold the same
    afterwards: it is left as it was.
    """
    revisions.check(source)
    fresh = revisions.current(target) is None
    migrations.upgrade(target)
    try:
        with _snapshot(source) as reading, engines.transaction(target, write=True) as writing:
            _refuse_filled(writing, target)
            return tuple(_copied(table, reading, writing, progress) for table in _tables())
    except BaseException:
        if fresh:
            migrations.downgrade(target, "base")
        raise


def duplicate(source: Path, target: Path) -> None:
    """A SQLite file copied as it is at one moment, with its indexes, in the smallest room. Raises
    `StoreError`; the target is whole or not there."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        connection = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
        try:
            connection.execute("VACUUM INTO ?", (str(part),))
        finally:
            connection.close()
        part.replace(target)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        if "not a database" in str(error):
            raise StoreError(str(source), "is no archive", "name one of Litwatch's") from None
        remedy = "check that there is room, and that the folder is writable"
        raise StoreError(f"copy {target}", f"could not be written: {error}", remedy) from None


def summed(engine: Engine, progress: Progress) -> tuple[Copied, ...]:
    """What a database holds: rows and checksum of each table, at one moment."""
    with _snapshot(engine) as reading:
        return tuple(_summed(table, reading, progress) for table in _tables())


def _tables() -> list[Table]:
    # Those that others refer to come first.
    return [table for table in Base.metadata.sorted_tables if table.name not in _PASSING]


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    """A transaction in which all that is read is of one moment; on SQLite every one is."""
    with engines.transaction(engine, write=False) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        yield connection


def _refuse_filled(connection: Connection, target: Engine) -> None:
    for table in _tables():
        if connection.execute(select(table).limit(1)).first() is not None:
            name = target.url.render_as_string(hide_password=True)
            remedy = "name a database that is empty: nothing is written over"
            raise StoreError(name, f"is not empty ({table.name})", remedy)


def _copied(table: Table, reading: Connection, writing: Connection, progress: Progress) -> Copied:
    total = _count(table, reading)
    done, checksum = 0, 0
    for rows in _pages(table, reading):
        _write(table, rows, writing)
        checksum = _add(checksum, rows)
        done += len(rows)
        progress(table.name, done, total)
    _number_on(table, writing)
    copied = Copied(table.name, done, f"{checksum:016x}")
    there = _summed(table, writing, lambda *_: None)
    if there != copied:
        told = f"{there.rows} rows ({there.checksum}), not {copied.rows} ({copied.checksum})"
        remedy = "nothing is kept of the copy; report this as a defect"
        raise StoreError(f"table {table.name}", f"came out as {told}", remedy)
    return copied


def _summed(table: Table, reading: Connection, progress: Progress) -> Copied:
    total, done, checksum = _count(table, reading), 0, 0
    for rows in _pages(table, reading):
        checksum = _add(checksum, rows)
        done += len(rows)
        progress(table.name, done, total)
    return Copied(table.name, done, f"{checksum:016x}")


def _count(table: Table, connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _pages(table: Table, connection: Connection) -> Iterator[Sequence[tuple[Any, ...]]]:
    keys: list[ColumnElement[Any]] = list(table.primary_key.columns)
    if table is WorkRow.__table__:  # what a work was merged into stands before it
        keys = [table.c.merged_into.is_not(None), *keys]
    statement = select(table).order_by(*keys).execution_options(yield_per=_ROWS)
    with closing(connection.execute(statement)) as found:
        for part in found.partitions(_ROWS):
            yield [tuple(row) for row in part]


def _add(checksum: int, rows: Sequence[tuple[Any, ...]]) -> int:
    for row in rows:  # values are as the mapping gives them, so the same from either database
        digest = hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=8)
        checksum += int.from_bytes(digest.digest(), "big")
    return checksum % _SUM


def _write(table: Table, rows: Sequence[tuple[Any, ...]], connection: Connection) -> None:
    names = [column.name for column in table.columns]
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        return
    dialect = connection.dialect
    types = [column.type.dialect_impl(dialect) for column in table.columns]
    prepare = [each.bind_processor(dialect) for each in types]
    quoted = ", ".join(f'"{name}"' for name in names)
    raw: Any = cast("Any", connection.connection.driver_connection)
    with (
        raw.cursor() as cursor,
        cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN') as out,
    ):
        for row in rows:
            out.write_row(
                [
                    value if value is None or turn is None else turn(value)
                    for value, turn in zip(row, prepare, strict=True)
                ]
            )


def _number_on(table: Table, connection: Connection) -> None:
    """PostgreSQL numbers rows by sequences, which know nothing of what was copied."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    last = connection.execute(select(func.max(column), sequence)).one()
    if last[0] is not None and last[1] is not None:
        connection.execute(select(func.setval(last[1], last[0])))

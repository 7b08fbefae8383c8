"""Which revision a database's schema has, and which one this program needs.

Every command asks before it works, so the scripts are read as text: to import alembic takes as long
as to answer a search. They are the top-level folder `alembic/`, in the wheel `service/migrations`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from service.errors import SchemaError
from service.store import engine as engines

if TYPE_CHECKING:
    from sqlalchemy import Engine

_SERVICE = Path(__file__).resolve().parents[1]
_STATED = re.compile(r'^(revision|down_revision) = "(\w+)"$', re.MULTILINE)
_CURRENT = text("SELECT version_num FROM alembic_version")


def folder() -> Path:
    """Where the scripts are that change the schema."""
    shipped = _SERVICE / "migrations"
    return shipped if shipped.is_dir() else _SERVICE.parent / "alembic"


@cache
def known() -> tuple[str, ...]:
    """All revisions that this program has a script for, each after the one it follows."""
    after = {}
    for script in (folder() / "versions").glob("*.py"):
        stated = dict(_STATED.findall(script.read_text("utf-8")))
        after[stated.get("down_revision")] = stated["revision"]
    found: list[str] = []
    while (following := after.get(found[-1] if found else None)) is not None:
        found.append(following)
    return tuple(found)


def head() -> str:
    """The revision that this program needs."""
    if not known():
        raise SchemaError("migrations", "none are installed", "reinstall litwatch")
    return known()[-1]


def current(engine: Engine) -> str | None:
    """The database's revision; None for an empty one."""
    with engines.transaction(engine, write=False) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(_CURRENT).scalar_one_or_none()


def check(engine: Engine) -> None:
    """Raise `SchemaError` unless the database is exactly at this program's revision."""
    if refuse_newer(engine) != head():
        told = "is not set up for this version"
        raise SchemaError(_name(engine), told, "run: litwatch db upgrade")


def refuse_newer(engine: Engine) -> str | None:
    """The database's revision. Raises `SchemaError` for one that this program does not know."""
    found = current(engine)
    if found is not None and found not in known():
        told = f"has revision {found}, newer than this program"
        raise SchemaError(_name(engine), told, "upgrade litwatch")
    return found


def _name(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)

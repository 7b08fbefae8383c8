"""The migrations make the tables that the program maps, on both databases, and can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from service.errors import SchemaError
from service.store import migrations
from service.store.schema import Base
from tests import databases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=databases.KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    yield from databases.empty(request.param, tmp_path)


def _ours(_object: object, name: str | None, kind: str, reflected: bool, _to: object) -> bool:
    """The search index is written by hand: SQLAlchemy does not know it."""
    searching = (name or "").startswith("work_fts") or name == "work_search"
    return not (reflected and kind in {"table", "index"} and searching)


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(migrations._config()).get_heads()) == 1


def test_an_empty_database_is_brought_up_down_and_up_again(engine: Engine) -> None:
    migrations.upgrade(engine)
    migrations.check(engine)
    migrations.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    assert migrations.current(engine) is None
    migrations.upgrade(engine)
    migrations.check(engine)


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO counter (name, value) VALUES ('kept', 7)"))
    migrations.upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT value FROM counter")).scalar_one() == 7


def test_the_migrations_make_the_tables_that_are_mapped(engine: Engine) -> None:
    migrations.upgrade(engine)
    with engine.connect() as connection:
        options = {"include_object": _ours, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_a_newer_database_is_refused(engine: Engine) -> None:
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refusing in (migrations.check, migrations.upgrade):
        with pytest.raises(SchemaError, match="9999, newer than this program") as caught:
            refusing(engine)
        assert caught.value.remedy == "upgrade litwatch"


def test_a_database_that_is_not_set_up_is_refused_with_the_remedy(engine: Engine) -> None:
    with pytest.raises(SchemaError) as caught:
        migrations.check(engine)
    assert caught.value.remedy == "run: litwatch db upgrade"


def test_an_unknown_revision_is_told(engine: Engine) -> None:
    migrations.upgrade(engine)
    with pytest.raises(SchemaError, match="nosuch"):
        migrations.downgrade(engine, "nosuch")
    with pytest.raises(SchemaError, match="nosuch"):
        migrations.upgrade(engine, "nosuch")


def test_a_migration_that_fails_leaves_nothing_behind(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alembic.op.execute", _fail)
    with pytest.raises(RuntimeError, match="half way"):
        migrations.upgrade(engine)
    assert inspect(engine).get_table_names() == []


def _fail(_statement: object) -> None:
    raise RuntimeError("half way")

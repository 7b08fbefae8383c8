"""The migrations make the tables that the program maps, on both databases, and can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from service.errors import SchemaError
from service.store import migrations, revisions
from service.store.online import NARROW
from service.store.schema import Base
from tests import databases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=databases.KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    yield from databases.empty(request.param, tmp_path)


# What is written by hand for the search, which SQLAlchemy does not know: FTS5's tables, indexes of
# one database alone, a generated column. Every name must be there, or its entry here is stale.
_FTS = {"work_fts", "work_words", *(f"work_fts_{x}" for x in ("config", "data", "docsize", "idx"))}
_BY = {f"work_by_{what}" for what in ("published", "seen", "doi")}
_BY_FILTER = {f"work_by_{what}" for what in ("kind", "sources", "flags")}
BY_HAND = {
    "sqlite": {("table", name) for name in _FTS} | {("index", name) for name in _BY | _BY_FILTER},
    "postgresql": {("column", "document")}
    | {("index", name) for name in {"work_search", "work_key_by_code_point", *_BY, *NARROW}},
}


def test_the_scripts_follow_each_other_in_one_line_and_are_known_by_their_text() -> None:
    scripts = ScriptDirectory.from_config(migrations._config())
    assert len(scripts.get_heads()) == 1
    assert list(revisions.known()) == [each.revision for each in scripts.walk_revisions()][::-1]


def test_an_empty_database_is_brought_up_down_and_up_again(engine: Engine) -> None:
    migrations.upgrade(engine)
    revisions.check(engine)
    migrations.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    assert revisions.current(engine) is None
    migrations.upgrade(engine)
    revisions.check(engine)


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO counter (name, value) VALUES ('kept', 7)"))
    migrations.upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT value FROM counter")).scalar_one() == 7


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_the_migrations_make_the_tables_that_are_mapped(engine: Engine) -> None:
    migrations.upgrade(engine)
    met = set()

    def ours(_object: object, name: str, kind: str, reflected: bool, to: object) -> bool:
        by_hand = reflected and to is None and (kind, name) in BY_HAND[engine.dialect.name]
        if by_hand:
            met.add((kind, name))
        return not by_hand

    with engine.connect() as connection:
        options = {"include_object": ours, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    assert met == BY_HAND[engine.dialect.name]


def test_a_newer_database_is_refused(engine: Engine) -> None:
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refusing in (revisions.check, migrations.upgrade):
        with pytest.raises(SchemaError, match="9999, newer than this program") as caught:
            refusing(engine)
        assert caught.value.remedy == "upgrade litwatch"


def test_a_database_that_is_not_set_up_is_refused_with_the_remedy(engine: Engine) -> None:
    with pytest.raises(SchemaError) as caught:
        revisions.check(engine)
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


def test_works_of_before_are_found_after_the_search_index_is_made_anew(engine: Engine) -> None:
    migrations.upgrade(engine, "0005")
    values = dict.fromkeys(("title", "abstract", "venue", "kind", "url", "pdf_url"), "")
    values |= dict.fromkeys(("authors", "flags", "sources"), "[]") | {"text_hash": ""}
    values |= dict.fromkeys(("first_seen_at", "updated_at"), "2026-11-16 07:00:00")
    names = ", ".join(values)
    with engine.begin() as connection:
        for number, mesh in ((1, '["Extracellular Traps"]'), (2, "[]")):
            insert = f"INSERT INTO work (id, seq, announce, mesh, {names}) VALUES ({number}, {number}, :yes, :mesh, {', '.join(f':{name}' for name in values)})"
            row = values | {"mesh": mesh, "yes": True, "title": f"neutrophil {number}"}
            connection.execute(text(insert), row)
    for revision, found in (("0006", [1]), ("0005", []), ("head", [1])):
        (migrations.downgrade if revision == "0005" else migrations.upgrade)(engine, revision)
        assert _found(engine, "neutrophil", revision) == [1, 2]
        assert _found(engine, "traps", revision) == found


def _found(engine: Engine, word: str, revision: str) -> list[int]:
    if engine.dialect.name == "sqlite":
        asked = "SELECT rowid FROM work_fts WHERE work_fts MATCH :word ORDER BY rowid"
    else:
        document = "to_tsvector('english', title)" if revision == "0005" else "document"
        asked = (
            f"SELECT id FROM work WHERE {document} @@ plainto_tsquery('english', :word) ORDER BY id"
        )
    with engine.connect() as connection:
        return list(connection.execute(text(asked), {"word": word}).scalars())

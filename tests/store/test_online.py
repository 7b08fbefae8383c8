"""A PostgreSQL archive is in use while its schema changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, text

from service.errors import StoreBusyError
from service.store import Store, migrations, online
from tests import databases
from tests.papers import Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic.config import Config
    from sqlalchemy import Connection

INDEX = "ix_work_first_seen_at"
LATER = [INDEX, *online.NARROW]  # what an archive with works gets after its migrations


@pytest.fixture(autouse=True)
def understood_papers() -> Iterator[None]:
    from tests.furnished import understanding

    with understanding():
        yield


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A PostgreSQL archive of the revision before, with a work in it."""
    monkeypatch.setattr(online, "LOCK_S", 1)
    for made in databases.empty("postgresql", tmp_path):
        migrations.upgrade(made)
        Archive(Store(made)).take_in(paper(1))
        migrations.downgrade(made, "0008")
        yield made


def states(engine: Engine) -> dict[str, bool]:
    """Every index, and whether it is whole."""
    with engine.connect() as connection:
        return {name: whole for name, whole in connection.execute(online._BUILT)}  # noqa: C416


def reader(engine: Engine) -> Connection:
    """Somebody in the midst of reading works."""
    connection = engine.connect()
    connection.execute(text("SELECT count(*) FROM work"))
    return connection


def change(engine: Engine) -> None:
    """A migration that changes the works."""

    def migrate(config: Config, _revision: str) -> None:
        added = text("ALTER TABLE work ADD COLUMN later integer")
        config.attributes["connection"].execute(added)

    migrations._run(engine, migrate, "head")


def test_a_reader_delays_a_migration_that_nobody_waits_behind(engine: Engine) -> None:
    pauses: list[float] = []
    with reader(engine), pytest.raises(StoreBusyError, match="lock timeout"):
        online.patiently(lambda: change(engine), pauses.append, tries=2)
    assert pauses == [online.PAUSE_S]


def test_once_the_reader_is_done_the_migration_comes_through(engine: Engine) -> None:
    held = reader(engine)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        held.close()

    online.patiently(lambda: change(engine), pause)
    assert pauses == [online.PAUSE_S]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT later FROM work")).all() == [(None,)]


def test_over_works_an_index_is_made_after_the_migration(engine: Engine) -> None:
    assert INDEX not in states(engine)
    migrations._run(engine, migrations.command.upgrade, "head")
    assert INDEX not in states(engine)
    assert online.build(engine) == LATER
    assert states(engine).items() >= dict.fromkeys(LATER, True).items()
    assert online.build(engine) == []


def test_an_upgrade_makes_it_too(engine: Engine) -> None:
    migrations.upgrade(engine)
    assert states(engine)[INDEX]


def test_an_index_that_was_broken_off_is_made_anew(engine: Engine) -> None:
    migrations.upgrade(engine)
    with engine.begin() as connection:
        broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = CAST(:name AS regclass)"
        connection.execute(text(broken), {"name": INDEX})
    assert online.build(engine) == [INDEX]
    assert states(engine)[INDEX]


@pytest.mark.parametrize(
    ("what", "condition"),
    [("kind", "kind = 'article'"), ("sources", "CAST(sources AS TEXT) = '[]'")],
)
def test_what_a_filter_asks_is_told_without_a_look_at_the_works(
    engine: Engine, what: str, condition: str
) -> None:
    migrations.upgrade(engine)
    living = "merged_into IS NULL AND gone_at IS NULL"
    asked = f"EXPLAIN SELECT id FROM work WHERE {condition} AND {living}"
    index = f"ix_work_living_{what}"
    with engine.connect() as connection:
        for other in online.NARROW.keys() - {index}:  # of one work, any knows that it lives
            connection.execute(text(f"DROP INDEX {other}"))
        connection.execute(text("SET enable_seqscan = off"))
        connection.execute(text("SET enable_bitmapscan = off"))
        plan = connection.execute(text(asked)).scalars().all()
    assert plan[0].startswith(f"Index Only Scan using {index} ")


def test_writers_write_while_an_index_is_made(engine: Engine) -> None:
    migrations._run(engine, migrations.command.upgrade, "head")
    made: list[str] = []
    writer = engine.connect()
    writer.execute(text("UPDATE work SET venue = 'A' WHERE id = 1"))  # which the index waits for
    building = threading.Thread(target=lambda: made.extend(online.build(engine)))
    building.start()
    while not _waits(engine):
        assert building.is_alive()
    with engine.begin() as other:
        other.execute(text("SET LOCAL lock_timeout = '2s'"))
        other.execute(text("UPDATE work SET venue = 'B' WHERE id > 1"))
    Archive(Store(engine)).take_in(paper(2))
    writer.commit()
    writer.close()
    building.join(30)
    assert made == LATER


def _waits(engine: Engine) -> bool:
    asked = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock')"
    with engine.connect() as connection:
        return bool(connection.execute(text(asked)).scalar_one())


def test_two_who_build_take_turns(engine: Engine) -> None:
    migrations._run(engine, migrations.command.upgrade, "head")
    first = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    first.execute(text(f"SELECT pg_advisory_lock({online._BUILDING})"))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        first.execute(text(f"SELECT pg_advisory_unlock({online._BUILDING})"))

    assert online.build(engine, pause) == LATER
    assert pauses == [online.PAUSE_S]
    first.close()


def test_of_a_new_archive_the_migrations_make_all_indexes(tmp_path: Path) -> None:
    for kind in databases.KINDS:
        for made in databases.empty(kind, tmp_path):
            migrations._run(made, migrations.command.upgrade, "head")
            assert online.build(made) == []

"""A copy holds what the archive held, on whichever database, or is not kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from service.errors import SchemaError, StoreError
from service.records import Judgement, Vote
from service.store import Store, copying, migrations, revisions
from service.store import engine as engines
from service.store.schema import WorkRow
from tests import databases
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


def silent(_table: str, _done: int, _all: int) -> None:
    """Nobody looks."""


@pytest.fixture(params=databases.KINDS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of either kind."""
    yield from databases.empty(request.param, tmp_path)


@pytest.fixture
def filled(archive: Archive) -> Store:
    """Works with all that hangs on them."""
    archive.take_in(*(paper(number, title=f"Stroma β {number} “quoted”") for number in range(1, 8)))
    with archive.store.writing() as tx:
        tx.topics.save("stroma", "document\n☃", "ida", "why", NOW)
        vote = Vote("stroma", 3, "ida", Judgement.RELEVANT, "web", NOW)
        tx.votes.cast(vote)
        tx.votes.cast(replace(vote, voter="bob", judgement=Judgement.SAVED))
    return archive.store


def test_a_copy_holds_the_same_in_either_kind_of_database(filled: Store, target: Engine) -> None:
    copied = copying.copy(filled.engine, target, silent)
    assert {each.table: each.rows for each in copied}["work"] == 7
    assert copying.summed(target, silent) == copied == copying.summed(filled.engine, silent)
    with filled.reading() as was, Store(target).reading() as became:
        assert became.works.many(range(1, 8)) == was.works.many(range(1, 8))


def test_who_works_on_what_stays_behind(filled: Store, target: Engine) -> None:
    claim = "INSERT INTO claim (name, holder, token) VALUES ('embedding', 'a-worker', 3)"
    migrations.upgrade(target)
    for engine in (filled.engine, target):
        with engine.begin() as connection:
            connection.execute(text(claim))
    assert "claim" not in {each.table for each in copying.copy(filled.engine, target, silent)}


def test_a_copy_goes_on_numbering_where_the_archive_was(filled: Store, target: Engine) -> None:
    copying.copy(filled.engine, target, silent)
    later = Vote("stroma", 4, "eve", Judgement.RELEVANT, "web", NOW)
    with Store(target).writing() as tx:
        tx.votes.cast(later)  # with a number that no copied vote has
        tx.votes.cast(replace(later, voter="max"))


def test_a_copy_can_be_searched_at_once(filled: Store, target: Engine) -> None:
    copying.copy(filled.engine, target, silent)
    table = "work_fts WHERE work_fts MATCH 'stroma'"
    if target.dialect.name == "postgresql":
        table = "work WHERE document @@ to_tsquery('simple', 'stroma')"
    with target.connect() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 7


def test_a_work_merged_into_a_later_one_is_copied(filled: Store, target: Engine) -> None:
    with filled.engine.begin() as connection:
        connection.execute(text("UPDATE work SET merged_into = 5 WHERE id = 2"))
    copied = copying.copy(filled.engine, target, silent)
    assert copying.summed(target, silent) == copied


def test_a_database_with_anything_in_it_is_not_written_over(filled: Store, tmp_path: Path) -> None:
    target = engines.create(f"sqlite:///{tmp_path / 'second.db'}")
    copying.copy(filled.engine, target, silent)
    before = copying.summed(target, silent)
    with pytest.raises(StoreError, match="is not empty"):
        copying.copy(filled.engine, target, silent)
    assert copying.summed(target, silent) == before
    target.dispose()


def test_a_copy_that_breaks_off_leaves_nothing(filled: Store, target: Engine) -> None:
    def broken(table: str, _done: int, _all: int) -> None:
        if table == "work":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copying.copy(filled.engine, target, broken)
    assert revisions.current(target) is None
    copying.copy(filled.engine, target, silent)


def test_a_copy_that_came_out_otherwise_is_not_kept(
    filled: Store, target: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = copying._write

    def lossy(table, rows, connection):  # type: ignore[no-untyped-def]
        real(table, rows[:-1] if table is WorkRow.__table__ else rows, connection)

    monkeypatch.setattr(copying, "_write", lossy)
    with pytest.raises(StoreError, match=r"table work.*6 rows|violates|FOREIGN KEY"):
        copying.copy(filled.engine, target, silent)
    assert revisions.current(target) is None


def test_an_archive_of_another_version_is_not_copied(filled: Store, target: Engine) -> None:
    migrations.downgrade(filled.engine, "0007")
    try:
        with pytest.raises(SchemaError, match="db upgrade"):
            copying.copy(filled.engine, target, silent)
    finally:
        migrations.upgrade(filled.engine)


def test_one_changed_letter_is_another_checksum(filled: Store) -> None:
    before = {each.table: each for each in copying.summed(filled.engine, silent)}
    with filled.engine.begin() as connection:
        connection.execute(text("UPDATE work SET title = 'Stromb' WHERE id = 3"))
    after = {each.table: each for each in copying.summed(filled.engine, silent)}
    assert {name for name, each in after.items() if each != before[name]} == {"work"}


def test_a_file_is_duplicated_as_a_whole(sqlite_store: Store, tmp_path: Path) -> None:
    with sqlite_store.engine.begin() as connection:
        connection.execute(text("INSERT INTO counter (name, value) VALUES ('x', 7)"))
    file = tmp_path / "kept.db"
    copying.duplicate(tmp_path / "litwatch.db", file)
    kept = engines.create(f"sqlite:///{file}")
    assert copying.summed(kept, silent) == copying.summed(sqlite_store.engine, silent)
    kept.dispose()


def test_a_file_that_cannot_be_written_leaves_no_part(sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="could not be written"):
        copying.duplicate(tmp_path / "litwatch.db", tmp_path / "no" / "folder.db")
    assert list(tmp_path.glob("*.part")) == []

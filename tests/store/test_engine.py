from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.pool import QueuePool

from service.errors import ConfigError, StoreBusyError, StoreError
from service.store import Store
from service.store import engine as engines
from tests import databases
from tests.papers import NOW, Archive, paper, understood

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "not usable"),
        ("nonsense", "not usable"),
        ("sqlite:////no/such/folder/x.db", "does not exist"),
        ("mysql://host/name", "'mysql' is not supported"),
        ("oracle+nodriver://x", "not supported"),
    ],
)
def test_an_address_that_cannot_be_one_is_a_setting_to_mend(url: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        engines.create(url)
    assert caught.value.thing == "database.url"
    assert caught.value.remedy


def test_a_transaction_that_fails_is_undone(store: Store) -> None:
    def undone() -> None:
        with store.writing() as tx:
            tx.topics.save("stroma", "doc", "a", "b", NOW)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        undone()
    with store.reading() as tx:
        assert tx.topics.current() == []


def test_a_statement_that_fails_is_one_of_our_errors_without_the_password(store: Store) -> None:
    with (
        pytest.raises(StoreError) as caught,
        engines.transaction(store.engine, write=True) as connection,
    ):
        connection.execute(text("SELECT * FROM nosuch"))
    assert caught.value.remedy == "run: litwatch db upgrade"
    assert caught.value.thing.startswith(("sqlite:///", "postgresql+psycopg://"))


def test_passwords_are_not_told() -> None:
    engine = engines.create("postgresql://ida:hidden@127.0.0.1:1/x?connect_timeout=2")
    with pytest.raises(StoreError) as caught, engines.transaction(engine, write=False):
        pass
    assert "hidden" not in str(caught.value)
    assert "ida" in caught.value.thing


def test_times_without_a_zone_are_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="naive"), store.writing() as tx:
        tx.topics.save("stroma", "doc", "a", "b", NOW.replace(tzinfo=None))


def test_a_busy_file_is_said_to_be_busy(
    tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_S", 0.05)
    impatient = Store(engines.create(str(sqlite_store.engine.url)))
    with sqlite_store.writing():
        with impatient.reading() as tx:  # reading does not wait for a writer
            assert tx.works.sequence() == 0
        with pytest.raises(StoreBusyError, match="locked") as caught, impatient.writing():
            pytest.fail("two writers at once")
    assert caught.value.remedy
    with impatient.writing() as tx:
        tx.topics.save("stroma", "doc", "a", "b", NOW)
    impatient.engine.dispose()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "thesis.doc"
    file.write_bytes(b"not a database, but long enough to be looked at " * 100)
    engine = engines.create(f"sqlite:///{file}")
    with pytest.raises(StoreError, match="not a database") as caught, Store(engine).reading():
        pass
    assert caught.value.remedy
    assert file.read_bytes().startswith(b"not a database")


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    engine = engines.create(f"sqlite:///{tmp_path}")  # a folder
    with pytest.raises(StoreError, match="unable to open") as caught, Store(engine).reading():
        pass
    assert str(tmp_path) in caught.value.thing
    assert "folder" in caught.value.remedy


def test_a_file_that_cannot_be_written_is_told(sqlite_store: Store) -> None:
    def only_reading(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    sqlite_store.engine.dispose()
    event.listen(sqlite_store.engine, "connect", only_reading)
    with pytest.raises(StoreError, match="readonly") as caught, sqlite_store.writing() as tx:
        tx.topics.save("stroma", "doc", "a", "b", NOW)
    assert "writable" in caught.value.remedy


def test_a_full_disk_leaves_the_database_whole(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.pipeline.normalise", understood)
    archive = Archive(sqlite_store)
    archive.take_in(paper(0))
    limit: list[int] = []

    def small(connection: sqlite3.Connection, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        limit.append(pages + 5)
        connection.execute(f"PRAGMA max_page_count = {limit[-1]}")

    sqlite_store.engine.dispose()
    event.listen(sqlite_store.engine, "connect", small)
    with pytest.raises(StoreError, match="full") as caught:
        archive.take_in(*(paper(n, abstract=f"{n} long " * 500) for n in range(1, 200)))
    assert "disk space" in caught.value.remedy
    with sqlite_store.reading() as tx:
        assert tx.works.counts()["works"] == 1
    with sqlite_store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        check = "INSERT INTO work_fts(work_fts) VALUES ('integrity-check')"
        connection.exec_driver_sql(check)


def test_sqlite_is_opened_for_safety_and_readers_beside_a_writer(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PRAGMAS", databases.SHIPPED)
    sqlite_store.engine.dispose()  # what comes now opens anew
    with sqlite_store.engine.connect() as connection:
        got = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert got == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


class Told(Exception):  # noqa: N818 - stands in for a driver's
    """What a PostgreSQL driver raises: words, and a code by which they are told apart."""

    def __init__(self, words: str, sqlstate: str) -> None:
        super().__init__(words)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "kind", "remedy"),
    [
        ("40001", StoreBusyError, "try again"),  # serialisation failure
        ("40P01", StoreBusyError, "try again"),  # deadlock
        ("55P03", StoreBusyError, "try again"),  # lock not available
        ("42P01", StoreError, "litwatch db upgrade"),  # no such table
        ("53100", StoreError, "free some disk space"),  # disk full
        ("23505", StoreError, ""),  # a broken rule: a fault of ours, trying again is no remedy
    ],
)
def test_what_may_be_tried_again_is_told_by_postgresqls_codes(
    state: str, kind: type[StoreError], remedy: str
) -> None:
    error = DBAPIError("SELECT", {}, Told("first line\nCONTEXT: second", state))
    told = engines.translate(error, "postgresql://db")
    assert type(told) is kind
    assert remedy in told.remedy
    assert bool(remedy) == bool(told.remedy)
    assert str(told).count("\n") == 0


def test_waiting_for_a_connection_in_vain_is_being_busy(tmp_path: Path) -> None:
    engine = create_engine(
        f"sqlite:///{tmp_path}/a.db",
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=0.05,
    )
    with (
        engine.connect(),
        pytest.raises(StoreBusyError, match="no connection came free"),
        engines.transaction(engine, write=False),
    ):
        pytest.fail("a second connection from a pool of one")
    engine.dispose()

"""Three roles over one PostgreSQL: the tables' owner, the worker's, and one that only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.bootstrap import App, evaluation
from service.clock import standing
from service.demo.server import ReplayServer
from service.store import engine as engines
from tests import databases
from tests.command_line import MONDAY, Litwatch, logging_as_before, replayed
from tests.deploy.places import DEPLOY
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLES = DEPLOY / "postgres" / "roles.sql"
NAME = "litwatch_by_roles"
WEEKLY = {"name": "lab", "channel": "file", "destination": "digest", "zone": "UTC"}
ENCODER = FakeEncoder()


class Asking:
    """A `QueryEncoder` without a model."""

    info = ENCODER.info

    def encode(self, question: str) -> Any:
        return ENCODER.encode([question])[0][0]


def run_file(address: str) -> None:
    engine = engines.create(address)
    with engine.begin() as connection:
        connection.exec_driver_sql(ROLES.read_text(encoding="utf-8").replace("%", "%%"))
    engine.dispose()


@pytest.fixture(scope="module")
def address() -> str:
    """The address of a database with the roles and nothing else, as its administrator."""
    server = engines.create(databases.postgresql_server())
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {NAME}"))
    told = server.url.set(database=NAME).render_as_string(hide_password=False)
    server.dispose()
    run_file(told)
    return told


def as_role(address: str, role: str) -> str:
    url = engines.create(address).url.set(username=role, password=None)
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def upstreams() -> Iterator[ReplayServer]:
    with ReplayServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    with logging_as_before():
        yield


@pytest.fixture(autouse=True)
def _encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(App, "query_encoder", Asking())
    monkeypatch.setattr(evaluation, "plain_encoder", lambda _settings, _cache=None: ENCODER)


@pytest.fixture
def roles(address: str, tmp_path: Path, upstreams: ReplayServer) -> Iterator[dict[str, Litwatch]]:
    """The command line as each role; the owner has made the tables."""
    told = {}
    for name in ("owner", "app", "read"):
        values = replayed(tmp_path, upstreams, subscriptions=[WEEKLY])
        values["database"] = {"url": as_role(address, f"litwatch_{name}")}
        told[name] = Litwatch(values, standing(MONDAY))
    assert told["owner"]("db", "upgrade") == 0
    return told


def sql(address: str, role: str, statement: str) -> Any:
    engine = engines.create(as_role(address, f"litwatch_{role}"))
    try:
        with engine.begin() as connection:
            return connection.execute(text(statement))
    finally:
        engine.dispose()


def test_the_worker_needs_no_right_to_change_tables(
    roles: dict[str, Litwatch], capsys: pytest.CaptureFixture[str]
) -> None:
    app = roles["app"]
    assert app("status") == 0
    assert app("init") == 0, "what is up to date already needs nothing"
    assert app("run", "--once") == 0
    assert app("index") == 0
    assert app("digest", "send", "--now", "lab") in {0, 2}, "made in the round, or made now"
    assert app("search", "neutrophil") == 0
    assert app("vote", "neutrophils", "1", "relevant") == 0
    assert app("token", "create", "ida", "--scope", "read") == 0
    assert "permission denied" not in capsys.readouterr().err


def test_one_who_only_reads_searches_and_looks_and_writes_nothing(
    roles: dict[str, Litwatch], capsys: pytest.CaptureFixture[str]
) -> None:
    assert roles["app"]("run", "--once") == 0
    assert roles["app"]("index") == 0
    capsys.readouterr()
    reader = roles["read"]
    for words in (
        ("db", "status"),
        ("status",),
        ("search", "neutrophil", "--json"),
        ("show", "1"),
        ("topics", "list"),
        ("deliveries",),
        ("sources",),
    ):
        assert reader(*words) == 0, words
    assert "permission denied" not in capsys.readouterr().err
    assert reader("vote", "neutrophils", "1", "relevant") == 5
    assert reader("token", "create", "ida", "--scope", "admin") == 5


FORBIDDEN = (
    "CREATE TABLE mine (id int)",
    "ALTER TABLE work ADD COLUMN mine int",
    "DROP TABLE work CASCADE",
    "TRUNCATE vote",
    "CREATE INDEX mine ON work (id)",
    "CREATE TABLE public.mine AS SELECT 1 AS id",
    "CREATE ROLE mine",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TRIGGER mine BEFORE UPDATE ON work EXECUTE FUNCTION"
    " suppress_redundant_updates_trigger()",
    "COPY (SELECT 1) TO PROGRAM 'true'",
)


@pytest.mark.parametrize("role", ["app", "read"])
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_neither_changes_a_table(
    roles: dict[str, Litwatch], address: str, role: str, statement: str
) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner|read-only"):
        sql(address, role, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM work",
        "UPDATE work SET title = ''",
        "CREATE TEMPORARY TABLE t (i int)",
        "CREATE SCHEMA mine",
    ],
)
def test_one_who_only_reads_writes_nothing_also_when_asking_to(
    roles: dict[str, Litwatch], address: str, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        sql(address, "read", f"SET transaction_read_only = off; {statement}")


def test_the_file_can_be_run_again_over_an_archive(
    roles: dict[str, Litwatch], address: str
) -> None:
    assert roles["app"]("run", "--once") == 0
    run_file(address)
    assert roles["app"]("status") == 0
    assert roles["read"]("search", "neutrophil") == 0

"""`litwatch serve` and `litwatch config key`, without serving; see end_to_end/test_web.py."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from service.errors import InputError
from service.web import server
from tests import databases
from tests.command_line import Litwatch
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEB = {"url": "https://litwatch.example.org", "keys": ["k" * 32]}


@pytest.fixture
def litwatch(tmp_path: Path) -> Iterator[Litwatch]:
    for engine in databases.migrated("sqlite", tmp_path):
        settings = {"database": {"url": str(engine.url)}, "log": {"level": "error"}, "web": WEB}
        yield Litwatch(settings, standing(NOW))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where the command would have served."""
    found: list[tuple[str, int]] = []

    def run(_app: Any, bound: socket.socket, _say: Any) -> None:
        found.append(bound.getsockname()[:2])

    monkeypatch.setattr(server, "run", run)
    return found


def test_it_listens_where_the_settings_say(
    litwatch: Litwatch, served: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    litwatch.settings["web"] = WEB | {"port": port}
    assert litwatch("serve") == 0
    assert served == [("127.0.0.1", port)]
    assert "note:" not in capsys.readouterr().err


def test_options_come_before_settings(litwatch: Litwatch, served: list[tuple[str, int]]) -> None:
    """The pages are capabilities, not behind a login: they may be reached from elsewhere."""
    litwatch.settings["web"] = WEB | {"host": "192.0.2.1", "port": 1}
    assert litwatch("serve", "--host", "0.0.0.0", "--port", "0") == 0
    assert served[0][0] == "0.0.0.0"


def test_what_is_missing_is_told(
    litwatch: Litwatch, served: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch.settings["web"] = {}
    assert litwatch("serve", "--port", "0") == 0
    assert len(served) == 1
    told = capsys.readouterr().err
    assert "web.url is not set" in told
    assert "litwatch config key" in told


def test_a_port_that_is_taken_is_told(
    litwatch: Litwatch, served: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert litwatch("serve", "--port", str(port)) == 2
    told = capsys.readouterr().err
    assert f"127.0.0.1:{port}: cannot be listened on: " in told
    assert "--port" in told
    assert served == []


def test_a_host_that_is_not_ours_is_told() -> None:
    with pytest.raises(InputError, match="cannot be listened on"):
        server.listening("192.0.2.1", 0)  # a documentation address: no machine has it


def test_an_archive_that_is_not_there_is_told(
    litwatch: Litwatch, served: list[tuple[str, int]], tmp_path: Path
) -> None:
    litwatch.settings["database"] = {"url": f"sqlite:///{tmp_path}/none.db"}
    assert litwatch("serve", "--port", "0") == 5
    assert served == []


# -- keys -----------------------------------------------------------------------------------------


def test_a_key_is_long_random_and_accepted(
    litwatch: Litwatch, served: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    keys = []
    for _ in range(3):
        capsys.readouterr()
        assert litwatch("config", "key") == 0
        keys.append(capsys.readouterr().out.strip())
    assert len(set(keys)) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", key) for key in keys)
    litwatch.settings["web"] = WEB | {"keys": keys}
    assert litwatch("serve", "--port", "0") == 0
    assert len(served) == 1

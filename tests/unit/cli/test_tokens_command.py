"""`litwatch token`, and that `litwatch serve` does not open the archive to the world."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import tokens
from service.clock import standing
from tests import databases
from tests.command_line import Litwatch
from tests.papers import NOW

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    Captured = pytest.CaptureFixture[str]


@pytest.fixture
def litwatch(tmp_path: Path) -> Iterator[Litwatch]:
    for engine in databases.migrated("sqlite", tmp_path):
        settings = {"database": {"url": str(engine.url)}, "log": {"level": "error"}}
        yield Litwatch(settings, standing(NOW))


def listed(litwatch: Litwatch, capsys: Captured) -> Any:
    capsys.readouterr()
    assert litwatch("token", "list", "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_a_token_is_shown_once_and_never_again(
    litwatch: Litwatch, capsys: Captured, tmp_path: Path
) -> None:
    assert litwatch("token", "create", "zotero", "--scope", "vote", "--expires", "90d") == 0
    out, told = capsys.readouterr()
    secret = out.strip()
    assert tokens.well_formed(secret)
    assert "good until 2027-02-14 07:00 UTC" in told
    assert secret not in told
    assert listed(litwatch, capsys) == [
        {
            "name": "zotero",
            "scope": "vote",
            "created_at": "2026-11-16T07:00:00+00:00",
            "expires_at": "2027-02-14T07:00:00+00:00",
            "revoked_at": None,
            "last_used_on": None,
            "usable": True,
        }
    ]
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert secret.encode() not in files
    assert tokens.hashed(secret).encode() in files


def test_a_scope_has_to_be_chosen(litwatch: Litwatch, capsys: Captured) -> None:
    assert litwatch("token", "create", "zotero") == 2
    assert "--scope" in capsys.readouterr().err
    assert litwatch("token", "create", "zotero", "--scope", "all") == 2
    assert listed(litwatch, capsys) == []


@pytest.mark.parametrize("words", [("Zo tero", "--scope", "read"), ("a", "--scope", "read", "--expires", "soon")])  # fmt: skip
def test_what_cannot_be_used_makes_no_token(
    litwatch: Litwatch, capsys: Captured, words: tuple[str, ...]
) -> None:
    assert litwatch("token", "create", *words) == 2
    assert capsys.readouterr().out == ""
    assert listed(litwatch, capsys) == []


def test_a_name_is_given_once(litwatch: Litwatch, capsys: Captured) -> None:
    assert litwatch("token", "create", "zotero", "--scope", "read") == 0
    assert litwatch("token", "create", "zotero", "--scope", "admin") == 2
    assert [token["scope"] for token in listed(litwatch, capsys)] == ["read"]


def test_a_token_is_revoked_for_good(litwatch: Litwatch, capsys: Captured) -> None:
    litwatch("token", "create", "zotero", "--scope", "read")
    assert litwatch("token", "revoke", "zotero") == 0
    assert litwatch("token", "revoke", "zotero") == 0
    assert "was already revoked" in capsys.readouterr().err
    assert litwatch("token", "revoke", "other") == 2
    assert listed(litwatch, capsys)[0]["usable"] is False


def test_the_list_is_for_people_too(litwatch: Litwatch, capsys: Captured) -> None:
    assert litwatch("token", "list") == 0
    assert "There are no tokens yet." in capsys.readouterr().err
    litwatch("token", "create", "zotero", "--scope", "read")
    litwatch("token", "create", "old", "--scope", "vote", "--expires", "1d")
    later = replace(litwatch, clock=standing(NOW + timedelta(days=2)))
    capsys.readouterr()
    assert later("token", "list") == 0
    out = capsys.readouterr().out
    assert "until it is revoked" in out
    assert "has expired" in out


# -- serving beyond this machine ------------------------------------------------------------------


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The apps that would have been served."""
    import uvicorn

    found: list[Any] = []

    def run(self: Any, sockets: list[socket.socket]) -> None:
        found.append(self.config.app)

    monkeypatch.setattr(uvicorn.Server, "run", run)
    return found


def test_beyond_this_machine_nothing_is_served_without_a_token(
    litwatch: Litwatch, capsys: Captured, served: list[Any]
) -> None:
    assert litwatch("serve", "--host", "0.0.0.0", "--port", "0") == 3
    told = capsys.readouterr().err
    for way in ("litwatch token create", "web.api = false", "web.site = false"):
        assert way in told
    assert served == []


@pytest.mark.parametrize(("on", "off"), [("api", "site"), ("site", "api")])
def test_the_web_app_needs_one_as_the_api_does(
    litwatch: Litwatch, capsys: Captured, served: list[Any], on: str, off: str
) -> None:
    litwatch.settings["web"] = {off: False}
    assert litwatch("serve", "--host", "0.0.0.0", "--port", "0") == 3
    told = capsys.readouterr().err
    assert f"web.{on}: is on" in told
    assert f"web.{off}" not in told
    assert served == []


def test_a_token_that_lets_nobody_in_is_none(
    litwatch: Litwatch, capsys: Captured, served: list[Any]
) -> None:
    litwatch("token", "create", "lost", "--scope", "read")
    litwatch("token", "revoke", "lost")
    assert litwatch("serve", "--host", "0.0.0.0", "--port", "0") == 3
    litwatch("token", "create", "good", "--scope", "read")
    assert litwatch("serve", "--host", "0.0.0.0", "--port", "0") == 0
    assert len(served) == 1


def test_without_the_api_the_pages_need_no_token(litwatch: Litwatch, served: list[Any]) -> None:
    litwatch.settings["web"] = {"api": False, "site": False}
    assert litwatch("serve", "--host", "0.0.0.0", "--port", "0") == 0
    assert len(served) == 1


def test_on_this_machine_none_is_needed(litwatch: Litwatch, served: list[Any]) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert litwatch("serve", "--host", host, "--port", "0") == 0
    assert [web.state.gate._at_home for web in served] == [True, True]

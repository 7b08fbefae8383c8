"""`litwatch bounces`: the list, and what mail servers and people hand in."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from service.records import RenderedPart, Subscription
from service.store import Store
from tests import databases, returned_mails
from tests.command_line import Litwatch
from tests.factories import digest_content
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ANA = Subscription("Ana", ("stroma",), "email", returned_mails.ANA)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One digest was sent to Ana."""
    for engine in databases.migrated("sqlite", tmp_path):
        store = Store(engine)
        content = replace(digest_content(), subscription="Ana", sections=())
        part = [RenderedPart(returned_mails.DELIVERY, 1, 1, b"bytes")]
        with store.writing() as tx:
            tx.subscriptions.sync([ANA], NOW)
            tx.digests.freeze(content, ANA, part, revision=1, window=(0, 0), now=NOW)
        yield store


@pytest.fixture
def litwatch(store: Store) -> Litwatch:
    settings = {
        "database": {"url": str(store.engine.url)},
        "log": {"level": "error"},
        "web": {"keys": [returned_mails.KEY]},
    }
    return Litwatch(settings, standing(NOW))


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Put a mail into the pipe of a mail server."""

    def pipe(mail: bytes) -> None:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=BytesIO(mail)))

    return pipe


def kept(store: Store) -> list[tuple[str, bool]]:
    with store.reading() as tx:
        return [(line.address, line.hard) for line in tx.bounces.lines()]


def stopped(store: Store) -> dict[str, str]:
    with store.reading() as tx:
        return {name: str(stop.reason) for name, stop in tx.stops.active().items()}


@pytest.mark.parametrize("words", [("-",), ()])
def test_a_mail_from_a_pipe_is_taken_in(
    litwatch: Litwatch,
    store: Store,
    piped: Callable[[bytes], None],
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
) -> None:
    """T75."""
    piped(returned_mails.postfix())
    assert litwatch("bounces", "take", *words) == 0
    assert kept(store) == [(returned_mails.ANA, True)]
    assert stopped(store) == {"Ana": "bounced"}
    told = capsys.readouterr()
    assert "mail to ana@example.org: refused for good: 550 5.1.1" in told.err
    assert "stopped: Ana" in told.err
    assert told.out == ""


def test_files_are_taken_in_and_again_changes_nothing(
    litwatch: Litwatch, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "full.eml", tmp_path / "late.eml"]
    files[0].write_bytes(returned_mails.postfix("failed", "5.2.2", "552 5.2.2 full"))
    files[1].write_bytes(returned_mails.postfix("delayed", "4.4.1", "timed out"))
    assert litwatch("bounces", "take", *map(str, files)) == 0
    assert kept(store) == [(returned_mails.ANA, False)]
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in told] == [str(file) for file in files]
    assert "taken in before" in told[1]


@pytest.mark.parametrize(
    ("mail", "words"),
    [
        (returned_mails.postfix(back="bounces@example.org"), "no address with our signature"),
        (returned_mails.reply("Subject: Out of office"), "an automatic reply"),
        (b"", "no address with our signature"),
        (b"\xff\x00" * 500, "no address with our signature"),
        (
            returned_mails.postfix(back=returned_mails.to("1b5c9f0e-7f6b-5d2a-9a57-6f1f0a3c2d11")),
            "not in the archive",
        ),
    ],
    ids=["forged", "away", "empty", "rubbish", "unknown"],
)
def test_what_is_none_of_ours_is_no_failure(
    litwatch: Litwatch,
    store: Store,
    piped: Callable[[bytes], None],
    capsys: pytest.CaptureFixture[str],
    mail: bytes,
    words: str,
) -> None:
    """T75. The mail server must not send it on, or keep it."""
    piped(mail)
    assert litwatch("bounces", "take", "-") == 0
    assert words in capsys.readouterr().err
    assert (kept(store), stopped(store)) == ([], {})


def test_a_complaint_unsubscribes_its_reader(
    litwatch: Litwatch, store: Store, piped: Callable[[bytes], None]
) -> None:
    for _ in range(2):
        piped(returned_mails.complaint())
        assert litwatch("bounces", "take") == 0
    assert stopped(store) == {"Ana": "unsubscribed"}
    assert kept(store) == []


def test_a_complaint_of_a_former_reader_ends_nothing(
    litwatch: Litwatch, store: Store, piped: Callable[[bytes], None]
) -> None:
    with store.writing() as tx:
        tx.subscriptions.sync([replace(ANA, destination="new@example.org")], NOW)
    piped(returned_mails.complaint())
    assert litwatch("bounces", "take") == 0
    assert stopped(store) == {}


def _no_database(settings: dict[str, Any]) -> None:
    settings["database"] = {"url": "sqlite:////nonexistent/litwatch.db"}


def _no_keys(settings: dict[str, Any]) -> None:
    settings["web"] = {}


@pytest.mark.parametrize("broken", [_no_database, _no_keys])
def test_what_cannot_be_taken_in_now_is_left_to_the_mail_server(
    litwatch: Litwatch,
    piped: Callable[[bytes], None],
    capsys: pytest.CaptureFixture[str],
    broken: Callable[[dict[str, Any]], None],
) -> None:
    """With any other status it would throw the mail away."""
    broken(litwatch.settings)
    piped(returned_mails.postfix())
    assert litwatch("bounces", "take", "-") == 75
    assert capsys.readouterr().err.startswith("litwatch: ")


def test_a_wrong_configuration_keeps_the_mail_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piped: Callable[[bytes], None]
) -> None:
    from service.cli.main import run

    (tmp_path / "litwatch.toml").write_text("[nonsense]\na = 1\n")
    monkeypatch.chdir(tmp_path)
    piped(returned_mails.postfix())
    assert run(["bounces", "take", "-"]) == 75


def test_a_defect_keeps_the_mail_too(
    litwatch: Litwatch,
    piped: Callable[[bytes], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(_app: object, _mail: bytes) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("service.bootstrap.returned.take", broken)
    piped(returned_mails.postfix())
    assert litwatch("bounces", "take", "-") == 75
    assert "unexpected ZeroDivisionError: oops" in capsys.readouterr().err


def test_the_list_says_who_why_and_what_was_stopped(
    litwatch: Litwatch, piped: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("bounces") == 0
    assert "no mails that came back" in capsys.readouterr().err
    for mail in (returned_mails.postfix("delayed", "4.4.1", "timed out"), returned_mails.postfix()):
        piped(mail)
        litwatch("bounces", "take")
    capsys.readouterr()
    assert litwatch("bounces") == 0
    told = " ".join(capsys.readouterr().out.split())
    for words in (
        "2026-11-16 07:00 UTC ana@example.org for good 5.1.1 Ana",
        "for now 4.4.1",
        "(stopped)",
        f"{returned_mails.DELIVERY[:8]}: 550 5.1.1 <ana@example.org>",
    ):
        assert words in told, told
    assert litwatch("bounces", "--all", "--json") == 0
    newest, oldest = json.loads(capsys.readouterr().out)
    assert (newest["hard"], newest["stopped"], newest["subscription"]) == (True, True, "Ana")
    assert (oldest["hard"], oldest["status"]) == (False, "4.4.1")


def test_the_delivery_tells_that_it_came_back(
    litwatch: Litwatch, piped: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    piped(returned_mails.postfix())
    litwatch("bounces", "take")
    litwatch("deliveries", "explain", returned_mails.DELIVERY[:8])
    told = " ".join(capsys.readouterr().out.split())
    assert "came back for good: 550 5.1.1" in told
    assert "stopped: Ana" in told

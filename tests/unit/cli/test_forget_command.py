"""`litwatch forget`, over an archive with Ida and Rei in it."""

from __future__ import annotations

import getpass
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from service import pipeline
from service.clock import standing
from service.records import Judgement, Subscription, Vote
from service.slackapp.inbox import Inbox
from service.store import Store
from tests import databases, papers, slack_payloads
from tests.command_line import Litwatch
from tests.papers import NOW, Archive, paper
from tests.sent_digests import freeze_digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAIL, SLACK = "mail:ida@example.org", "slack:U012ABCDEF"
HERS = Subscription("hers", ("stroma",), "email", "ida@example.org")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Ida has voted under three names, and is sent a digest; Rei has voted."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    monkeypatch.setattr(getpass, "getuser", lambda: "Rei")
    for engine in databases.migrated("sqlite", tmp_path):
        archive = Archive(Store(engine))
        archive.take_in(paper(1), paper(2))
        with archive.store.writing() as tx:
            tx.topics.save("stroma", "document", "Ida", "first", NOW)
            tx.subscriptions.keep(HERS, "Ida", NOW)
            for voter in ("Ida", MAIL, SLACK, "Rei"):
                tx.votes.cast(Vote("stroma", 1, voter, Judgement.RELEVANT, "web", NOW))
            tx.aliases.link(MAIL, "Ida", "Rei", NOW)
            tx.aliases.link(SLACK, "Ida", "Rei", NOW)
        freeze_digest(archive, HERS, [2])
        yield archive.store


@pytest.fixture
def litwatch(store: Store, tmp_path: Path) -> Litwatch:
    settings: dict[str, Any] = {
        "database": {"url": str(store.engine.url)},
        "slack": {"inbox": str(tmp_path / "inbox")},
        "file": {"folder": str(tmp_path / "digests")},
        "log": {"level": "error"},
    }
    return Litwatch(settings, standing(NOW))


def _voters(store: Store) -> set[str]:
    with store.reading() as tx:
        return {vote.voter for vote in tx.votes.current()}


def test_a_dry_run_counts_and_changes_nothing(
    litwatch: Litwatch, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("forget", "Ida", "--dry-run", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["done"] is False
    assert told["report"]["counts"]["votes"] == 3
    assert told["report"]["ended"] == ["hers"]
    assert _voters(store) == {SLACK, "Rei"}  # of a person the latest vote is in force
    with store.reading() as tx:
        assert len(tx.votes.history(None, 1)) == 4


def test_what_a_dry_run_counts_is_what_is_done(
    litwatch: Litwatch, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("forget", "ida@example.org", "--dry-run", "--json")
    tried = json.loads(capsys.readouterr().out)["report"]
    assert litwatch("forget", "ida@example.org", "--yes", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["done"] is True
    assert told["report"] == tried
    assert _voters(store) == {"Rei"}


def test_without_yes_it_is_shown_and_asked(
    litwatch: Litwatch,
    store: Store,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter(["n\n", "y\n"])
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _text: next(answers).strip())
    assert litwatch("forget", "Ida") == 130
    shown = capsys.readouterr()
    assert "would be forgotten" in shown.out
    assert "Would end: subscription hers" in shown.err
    assert "Stays: backups hold them until you delete those" in shown.err
    assert "Rei" in _voters(store)
    assert len(_voters(store)) == 2
    assert litwatch("forget", "Ida") == 0
    assert "Ended: subscription hers" in capsys.readouterr().err
    assert _voters(store) == {"Rei"}


def test_votes_are_kept_as_those_of_nobody_where_that_is_wished(
    litwatch: Litwatch, store: Store
) -> None:
    assert litwatch("forget", "Ida", "--yes", "--keep-votes") == 0
    (lost,) = _voters(store) - {"Rei"}
    assert lost.startswith("forgotten:")


@pytest.mark.parametrize("place", ["destination", "fallback"])
def test_nothing_is_done_while_the_configuration_sends_to_them(
    litwatch: Litwatch, store: Store, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    """At its next start the worker would bring their address back."""
    entry = {"name": "mine", "channel": "email", "destination": "lab@example.org"}
    litwatch.settings["subscriptions"] = [entry | {place: "Ida@example.org"}]
    assert litwatch("forget", "Ida", "--yes") == 3
    told = capsys.readouterr().err
    assert "still send to them (mine)" in told
    assert len(_voters(store)) == 2
    assert litwatch("forget", "Ida", "--dry-run") == 0
    assert "First: take subscription mine out of the configuration" in capsys.readouterr().err


def test_other_settings_that_name_them_are_told(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch.settings["http"] = {"contact": "ida@example.org"}
    litwatch.settings["email"] = {"host": "h", "sender": "Ida B <ida@example.org>"}
    litwatch.settings["slack"]["token"] = "xoxb-ida@example.org-secret"
    assert litwatch("forget", "Ida", "--yes") == 0
    told = capsys.readouterr().err
    assert "Stays: the setting http.contact, which you must change" in told
    assert "the setting email.sender" in told
    assert "slack.token" not in told


def test_presses_that_wait_in_slacks_inbox_go(litwatch: Litwatch) -> None:
    inbox = Inbox(folder := _folder(litwatch, "slack", "inbox"))
    hers = inbox.keep(slack_payloads.press(user="U012ABCDEF"), NOW)
    aside = inbox.keep(slack_payloads.press(user="U012ABCDEF"), NOW)
    others = inbox.keep(slack_payloads.press(user="U999ABCDEF"), NOW)
    inbox.set_aside(aside, "why not")
    assert litwatch("forget", "Ida", "--yes") == 0
    assert [path for path in folder.rglob("*") if path.is_file()] == [others]
    assert not hers.exists()


def _folder(litwatch: Litwatch, part: str, name: str) -> Path:
    from pathlib import Path

    return Path(litwatch.settings[part][name])


def test_files_of_digests_that_were_theirs_go(
    litwatch: Litwatch, store: Store, tmp_path: Path
) -> None:
    filed = replace(HERS, name="filed", channel="file", destination="Ida")
    with store.writing() as tx:
        tx.subscriptions.keep(filed, "Rei", NOW)
    freeze_digest(Archive(store), filed, [1], key="d2")
    folder = tmp_path / "digests"
    folder.mkdir()
    (folder / "Ida-d2.html").write_text("hers")
    (folder / "lab-d1.html").write_text("theirs")
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE delivery SET provider_id = '/old/place/Ida-d2.html' WHERE id = 'd2-1'"
        )
    assert litwatch("forget", "Ida", "--yes") == 0
    assert [path.name for path in folder.iterdir()] == ["lab-d1.html"]


def test_who_is_not_known_is_said(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert litwatch("forget", "Bo", "--yes") == 0
    assert "Nothing is known of them under these names" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["configuration", "a", "forgotten:12345678", " "])
def test_what_is_no_persons_name_is_refused(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert litwatch("forget", name, "--yes") == 2
    assert "name" in capsys.readouterr().err

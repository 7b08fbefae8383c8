"""The Slack app as a worker runs it: a real line, a real inbox, a real archive."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from service import pipeline
from service.clock import standing
from service.records import Judgement
from service.slackapp.asking import Desk
from service.slackapp.calls import SlackCalls
from service.slackapp.inbox import Inbox
from service.slackapp.listening import SocketListener
from service.slackapp.reception import Reception
from service.store import Store
from tests import databases, papers
from tests.command_line import MONDAY, Litwatch, replayed, spawned
from tests.fake_socket_mode import FakeSocketMode
from tests.fakes_search import by_words
from tests.papers import NOW, Archive, paper
from tests.slack_payloads import PRESSED, answer, home_opened, press, pressed, slash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.demo.server import ReplayServer

SEED = 65
RELEVANT, AGAINST = Judgement.RELEVANT, Judgement.NOT_RELEVANT


@pytest.fixture
def slack() -> Iterator[FakeSocketMode]:
    with FakeSocketMode() as server:
        yield server


# -- the line breaks ------------------------------------------------------------------------------


@dataclass
class Office:
    """An archive, and a program that listens until it is left."""

    archive: Archive
    folder: Path
    slack: FakeSocketMode

    @contextmanager
    def listening(self) -> Iterator[Inbox]:
        calls = SlackCalls("xoxb-test", base_url=self.slack.url, timeout=5)
        parts, inbox = self.archive.parts, Inbox(self.folder)
        desk = Desk(parts, Lock(), by_words(parts.store, parts.clock))
        reception = Reception(self.archive.parts, inbox, calls, desk, self.archive.parts.clock)
        listener = SocketListener(
            "xapp-test", reception, base_url=self.slack.url, timeout=5, pause=0.01, steady=0.0
        )
        listener.start()
        yield inbox
        listener.stop()
        reception.close()

    def votes(self) -> Counter[str]:
        """How many votes were written, by reader."""
        with self.archive.store.reading() as tx:
            return Counter(vote.voter for vote in tx.votes.history("stroma", 1))


@pytest.fixture
def office(
    tmp_path: Path, slack: FakeSocketMode, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        archive = Archive(Store(engine))
        archive.take_in(paper(1))
        with archive.store.writing() as tx:
            tx.topics.save("stroma", "document", "Ida", "first", NOW)
        yield Office(archive, tmp_path / "inbox", slack)


def test_a_hundred_broken_lines_lose_no_acknowledged_vote_and_count_none_twice(
    office: Office, slack: FakeSocketMode
) -> None:
    """T65. The line breaks before, while or after Slack is answered; the program ends ten times
    between; what was not acknowledged comes again."""
    chance = random.Random(SEED)
    pushed, losses = 0, 0
    while losses < 100:
        with office.listening():
            for _ in range(10):
                slack.until_opened(slack.opened or 1)
                for _ in range(chance.randint(1, 3)):
                    envelope = slack.push(press(1, user=f"U{pushed}", at=PRESSED + pushed))
                    pushed += 1
                if chance.random() < 0.5:
                    slack.until_acked(envelope)
                before = slack.opened
                slack.drop(chance.choice(["close", "gone", "reset"]))
                losses += 1
                slack.until_opened(before + 1)
    with office.listening() as inbox:
        slack.until_opened(slack.opened + 1)
        slack.until(lambda: len(slack.acked) == pushed)
        slack.until(lambda: not inbox.waiting())
    assert losses == 100
    assert office.votes() == Counter({f"slack:U{number}": 1 for number in range(pushed)})


# -- the whole way --------------------------------------------------------------------------------


@pytest.fixture
def lab(tmp_path: Path, upstreams: ReplayServer, slack: FakeSocketMode) -> Litwatch:
    """An archive with a subscription to Slack, whose first digest is due."""
    told = {
        "token": "xoxb-test",
        "app_token": "xapp-test",
        "base_url": slack.url,
        "inbox": str(tmp_path / "inbox"),
    }
    weekly = {"name": "lab", "channel": "slack", "destination": "C0123456789", "zone": "UTC"}
    settings = replayed(tmp_path, upstreams, subscriptions=[weekly], slack=told)
    settings["log"] = {"level": "info"}
    litwatch = Litwatch(settings, standing(MONDAY - timedelta(days=1)))
    assert litwatch("init") == 0
    return Litwatch(settings, standing(MONDAY))


def rows(litwatch: Litwatch, statement: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(litwatch.settings["database"]["url"].removeprefix("sqlite:///"))
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def buttons(slack: FakeSocketMode) -> list[tuple[dict[str, Any], str]]:
    """Each message that has buttons, with the value of the first."""
    return [
        (post, element["value"])
        for post in list(slack.posts)
        for block in post.get("blocks", ())
        if block["type"] == "actions"
        for element in block["elements"][:1]
    ]


def test_a_digest_is_posted_voted_on_asked_about_and_seen_at_home(
    lab: Litwatch, slack: FakeSocketMode
) -> None:
    assert lab("poll") == 0  # else the digest may be made before there is anything in it
    hook = "from service.worker import loop; loop.TICKS.update(deliver=0.5)"
    worker = spawned(lab, "run", hook=hook)
    try:
        slack.until(lambda: buttons(slack) and slack.opened, 60)
        post, value = buttons(slack)[0]
        topic, _, number = value.partition("|")
        about = {"topic": topic, "blocks": post["blocks"], "response_url": slack.answers_at}
        against = pressed(int(number), AGAINST, at=PRESSED + 60, **about)
        slack.push(press(int(number), **about))
        slack.push(press(int(number), AGAINST, at=PRESSED + 60, **about))
        slack.push(answer(against, "passing"))
        slack.push(slash(f"why {number}", slack.answers_at), "slash_commands")
        slack.push(home_opened(), "events_api")
        slack.until(lambda: len(slack.acked) == 5, 30)
        slack.until(lambda: rows(lab, "SELECT note FROM vote WHERE note != ''"), 30)
        slack.until(lambda: slack.bodies("chat.update") and slack.bodies("views.publish"), 30)
        slack.until(lambda: slack.bodies("response_url"), 60)
    finally:
        worker.terminate()
        _, log = worker.communicate(timeout=60)
    assert worker.returncode == 0, log
    assert "Traceback" not in log
    assert not any(secret in log for secret in ("xoxb-test", "xapp-test", "ticket"))
    said = rows(lab, "SELECT voter, judgement, via, note FROM vote ORDER BY id")
    assert said == [
        ("slack:U1", "relevant", "slack", ""),
        ("slack:U1", "not relevant", "slack", ""),
        ("slack:U1", "not relevant", "slack", "only in passing"),
    ]
    assert "Not relevant (1)" in str(slack.bodies("chat.update")[-1]["blocks"])
    assert len(slack.bodies("views.open")) == 1
    assert "by words only" in str(slack.bodies("response_url")[0])
    assert "16 Nov 2026, week 47" in str(slack.bodies("views.publish")[0])
    assert not list(Inbox(lab_inbox(lab)).waiting())


def lab_inbox(litwatch: Litwatch) -> Path:
    from pathlib import Path

    return Path(litwatch.settings["slack"]["inbox"])


def test_what_is_kept_while_no_worker_runs_is_counted_by_the_next(
    lab: Litwatch, slack: FakeSocketMode
) -> None:
    """The web pages keep what Slack sends them; the worker of the same machine counts it too."""
    assert lab("run", "--once") == 0
    _, value = buttons(slack)[0]
    topic, _, number = value.partition("|")
    Inbox(lab_inbox(lab)).keep(press(int(number), topic=topic), NOW)
    worker = spawned(lab, "run")
    try:
        slack.until(lambda: rows(lab, "SELECT 1 FROM vote"), 60)
    finally:
        worker.terminate()
        worker.communicate(timeout=60)
    assert rows(lab, "SELECT judgement FROM vote") == [("relevant",)]
    assert threading.active_count() < 50

"""An archive of three works and two topics, and a Slack that takes whatever it is told."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.records import Seed, Topic
from service.slackapp.asking import Desk
from service.slackapp.calls import SlackCalls
from service.slackapp.inbox import Inbox
from service.slackapp.reception import Reception
from service.store import Store
from tests import databases, papers
from tests.fake_socket_mode import FakeSlackApp
from tests.fakes import FakeRanker
from tests.fakes_search import by_words
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEEDS = (Seed("review", "text", "Stroma in tumours"),)
TOPICS = (
    Topic("neutrophils", "Tumour-associated neutrophils", SEEDS),
    Topic("stroma", "Tumour-associated stromal cells", SEEDS),
)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """Works 1 to 3, the topics stroma and neutrophils, and no votes."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        filled = Archive(Store(engine))
        filled.parts = replace(filled.parts, topics=lambda _tx: TOPICS, ranker=FakeRanker())
        filled.take_in(paper(1), paper(2), paper(3))
        with filled.store.writing() as tx:
            for topic in TOPICS:
                tx.topics.save(topic.slug, "document", "Ida", "first", NOW)
        yield filled


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


@pytest.fixture
def slack() -> Iterator[FakeSlackApp]:
    with FakeSlackApp() as server:
        yield server


@pytest.fixture
def calls(slack: FakeSlackApp) -> SlackCalls:
    return SlackCalls("xoxb-secret-token", base_url=slack.url, timeout=5)


@pytest.fixture
def reception(archive: Archive, inbox: Inbox, calls: SlackCalls) -> Iterator[Reception]:
    desk = Desk(
        archive.parts,
        Lock(),
        by_words(archive.store, archive.parts.clock),
        wait_for_model=0.05,
    )
    made = Reception(archive.parts, inbox, calls, desk, archive.parts.clock)
    yield made
    made.close()

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from service.digest import slack_blocks
from service.errors import EncoderError
from service.records import EncoderInfo, Judgement, Subscription
from service.slackapp import counting
from service.slackapp.asking import Desk
from service.slackapp.commands import SlashCommand
from tests.fakes import FakeRanker
from tests.fakes_search import by_words
from tests.papers import NOW, Archive
from tests.slack_payloads import pressed

if TYPE_CHECKING:
    from collections.abc import Mapping

INFO = EncoderInfo("mini", "r1", "title-abstract-1", 4, "float32")


class Model:
    """An encoder that is there, or is not."""

    def __init__(self, *, missing: bool = False) -> None:
        self.missing, self.held, self.lock = missing, False, Lock()

    def info(self) -> EncoderInfo:
        self.held = self.lock.locked()
        if self.missing:
            raise EncoderError("encoder", "is not there")
        return INFO

    def encode(self, texts: Any, progress: Any = None) -> Any:
        raise AssertionError("the ranker of these tests does not encode")


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def desk(archive: Archive, model: Model) -> Desk:
    parts = replace(archive.parts, encoder=model)
    return Desk(parts, model.lock, by_words(parts.store, parts.clock), wait_for_model=0.05)


def ask(desk: Desk, verb: str, words: str = "") -> str:
    return shown(desk.reply(SlashCommand(verb, words, "U1", "")))


def shown(told: Mapping[str, Any]) -> str:
    return "\n".join(text for block in told["blocks"] for text in slack_blocks.texts(block))


def test_search_uses_the_archives_query_language(desk: Desk) -> None:
    assert "3 works have all of" in ask(desk, "search", '"neutrophil killing"')
    assert "2 works have all of" in ask(desk, "search", "niche -3")
    assert "Nothing in the archive" in ask(desk, "search", "osteoclast")


def test_topics_are_told_with_votes_and_subscriptions(desk: Desk, archive: Archive) -> None:
    counting.take_press(archive.parts, pressed(1))
    lab = Subscription("lab", ("stroma",), "slack", "C0123456789")
    with archive.store.writing() as tx:
        tx.subscriptions.sync([lab], NOW)
    text = ask(desk, "topics")
    assert "*Tumour-associated stromal cells*  `stroma`\nsent to lab · 1 relevant" in text
    assert "`neutrophils`\nsent to nobody · no votes" in text


def test_why_ranks_one_work_for_every_topic_while_it_holds_the_model(
    desk: Desk, model: Model
) -> None:
    text = ask(desk, "why", "10.5555/stroma.2")
    assert "Stromal niche 2" in text
    assert "*Tumour-associated stromal cells*: " in text
    assert "*Tumour-associated neutrophils*: " in text
    assert "by words only" not in text
    assert (model.held, model.lock.locked()) == (True, False)


def test_why_goes_by_words_only_where_the_model_is_not_there(archive: Archive) -> None:
    model = Model(missing=True)
    parts = replace(archive.parts, encoder=model)
    desk = Desk(parts, model.lock, by_words(parts.store, parts.clock))
    text = ask(desk, "why", "2")
    assert "*Tumour-associated stromal cells*: " in text
    assert "Ranked by words only: the model is not there." in text
    assert not model.lock.locked()


def test_why_goes_by_words_only_while_the_model_is_busy(desk: Desk, model: Model) -> None:
    with model.lock:
        text = ask(desk, "why", "2")
    assert "*Tumour-associated stromal cells*: " in text
    assert "the model is busy" in text
    assert not model.held


def test_why_is_no_part_of_its_own_background(archive: Archive) -> None:
    ranker = FakeRanker()
    parts = replace(archive.parts, encoder=Model(), ranker=ranker)
    desk = Desk(parts, Lock(), by_words(parts.store, parts.clock))
    ask(desk, "why", "2")
    assert sorted(work.work_id for work in ranker.background) == [1, 3]


@pytest.mark.parametrize(
    ("verb", "words", "told"),
    [
        ("why", "10.5555/unknown", "is not in the archive"),
        ("why", "", "needs a work"),
        ("search", "", "needs words"),
        ("dance", "", "There is no `/litwatch dance`"),
        ("", "", "/litwatch topics"),
        ("help", "", "/litwatch topics"),
    ],
)
def test_what_cannot_be_answered_says_what_to_do(
    desk: Desk, verb: str, words: str, told: str
) -> None:
    assert told in ask(desk, verb, words)


def test_an_archive_that_cannot_be_read_is_told_without_its_address(
    desk: Desk, archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    with archive.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE subscription RENAME TO elsewhere")
    assert "cannot be read at the moment" in ask(desk, "topics")
    assert "no such table" in caplog.text


def test_home_shows_active_subscriptions_and_when_they_are_due(
    desk: Desk, archive: Archive
) -> None:
    lab = Subscription("lab", ("stroma",), "slack", "C0123456789", 0, "08:00", "Europe/Berlin")
    gone = replace(lab, name="gone", active=False)
    with archive.store.writing() as tx:
        tx.subscriptions.sync([lab, gone], NOW)
    text = shown(desk.home())
    assert "*lab*" in text
    assert "gone" not in text
    assert "There was no digest yet." in text
    assert "Next: Mon 23 Nov 2026, 08:00 (Europe/Berlin)" in text  # 07:00 UTC has come
    assert Judgement.SAVED not in text

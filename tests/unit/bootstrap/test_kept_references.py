"""What reviews cite, got once a topic is saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service import seeding
from service.records import Seed, Topic
from service.topics import editing
from service.worker.stopping import Stopped
from tests.fakes_papers import Held
from tests.seed_desk import CHICKS, REED

if TYPE_CHECKING:
    from tests.seed_desk import Desk

MARSH = Held(
    "Herons in marsh", pmid="38000003", pmcid="PMC7000003", review=True, cites=("Marsh birds",)
)


@pytest.fixture
def topic(desk: Desk) -> Topic:
    desk.sources.papers = (REED, CHICKS, MARSH)
    found = desk.app.seeds_of(["PMC7000001", "PMC7000003", "38000002"])
    desk.sources.asked.clear()
    return editing.new("birds", "Birds", found.seeds)


def held(desk: Desk, topic: Topic) -> dict[str, list[str]]:
    """Titles of the references that are held, by the seed's key."""
    with desk.store.reading() as tx:
        lists = seeding.cited(tx, topic)
    return {c.seed.key: [r.title for r in c.held.references] for c in lists if c.held}


def test_the_list_of_each_review_is_kept_and_told(desk: Desk, topic: Topic) -> None:
    done: list[tuple[int, int]] = []
    notes = desk.app.keep_references(topic, progress=lambda n, total: done.append((n, total)))
    assert notes == (
        "PMC7000001: 2 references, 0 with an abstract (PMC full text).",
        "PMC7000003: 1 reference, 0 with an abstract (PMC full text).",
    )
    assert held(desk, topic) == {
        "PMC7000001": ["Reed as a shelter", "Herons at dawn"],
        "PMC7000003": ["Marsh birds"],
    }
    assert done == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize("key", ["PMC7000003", "38000003"])
def test_only_new_seeds_are_got_by_their_key_or_an_identifier(
    desk: Desk, topic: Topic, key: str
) -> None:
    assert len(desk.app.keep_references(topic, [key, "other"])) == 1
    assert list(held(desk, topic)) == ["PMC7000003"]


def test_a_list_that_is_held_is_not_asked_for_again(desk: Desk, topic: Topic) -> None:
    first = desk.app.keep_references(topic)
    desk.sources.asked.clear()
    assert desk.app.keep_references(topic) == first
    assert desk.sources.asked == []


def test_one_that_fails_holds_up_no_other(desk: Desk, topic: Topic) -> None:
    desk.sources.papers = (CHICKS, MARSH)
    failed, got = desk.app.keep_references(topic)
    assert failed.startswith("PMC7000001: its reference list was not got: ")
    assert "--file FILE" in failed
    assert got.startswith("PMC7000003: 1 reference")
    assert list(held(desk, topic)) == ["PMC7000003"]


def test_an_interruption_loses_no_list_that_was_there(desk: Desk, topic: Topic) -> None:
    def stop(done: int, _total: int) -> None:
        if done == 1:
            desk.app.stop.set()

    with pytest.raises(Stopped):
        desk.app.keep_references(topic, progress=stop)
    assert list(held(desk, topic)) == ["PMC7000001"]


def test_papers_and_texts_cite_nothing_that_is_got(desk: Desk, topic: Topic) -> None:
    paper = replace(topic, seeds=(*topic.seeds[2:], Seed("t", "text", "", abstract="Herons")))
    assert desk.app.keep_references(paper) == ()
    assert desk.sources.asked == []

"""Five that we were unsure about: asked for once a month, in the digest, and never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service import pipeline, standings
from service.records import DigestContent, Judgement
from service.records.digests import Asks
from tests.end_to_end.test_pipeline import (
    WEEKLY,
    NoEncoder,
    Service,
    article,
    items,
    service,
    shipped,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["service"]

TERMS = ("crab", "clam", "whelk", "urchin")  # each that a work names is a quarter of relevance
PLACES = ("quay", "reef", "dune", "bay", "cliff", "marsh", "delta", "fjord", "atoll", "lagoon")


@pytest.fixture(autouse=True)
def line(service: Service) -> None:
    """One topic, its line at three of four terms."""
    service.topics = (replace(shipped("stroma"), include=TERMS, cutoff=0.75),)
    service.subscribe(replace(WEEKLY, topics=("stroma",)))


def shore(number: int, terms: int) -> str:
    """A work with so many terms, and otherwise unlike others."""
    place = PLACES[number % len(PLACES)]
    own = " ".join(f"{place}{number}x{word}" for word in range(12))
    return article(number, f"{' '.join(TERMS[:terms])} {own}")


def below(content: DigestContent) -> list[str]:
    """The PMIDs of the works below the line, which are their numbers here."""
    return [item.work.ids.pmid or "" for part in content.sections for item in part.below]


def asks(content: DigestContent) -> list[Asks]:
    return [part.asks for part in content.sections]


def numbers(count: int, first: int = 1) -> Sequence[int]:
    return range(first, first + count)


def test_the_first_digest_of_a_month_asks_for_votes_and_the_next_ones_do_not(
    service: Service,
) -> None:
    """16 November and on: the first of all, then 30 November, 7 and 14 December."""
    told = []
    for week in range(4):
        service.take_in(*(shore(number, 2) for number in numbers(3, 1 + 3 * week)))
        content = service.next_week()
        told.append((content.created_at.month, asks(content)[0], len(below(content))))
    assert told == [
        (11, Asks.DOUBTS, 3),
        (11, Asks.VOTES, 0),
        (12, Asks.DOUBTS, 3),
        (12, Asks.VOTES, 0),
    ]
    first, second, third, _ = (" ".join(file.split()) for file in service.files())
    assert "Three we were unsure about:" in first
    assert "shown 0; 3 we were unsure about." in third
    assert "unsure" not in second


def test_they_are_those_nearest_the_line_that_nobody_was_shown_or_voted_on(
    service: Service,
) -> None:
    service.take_in(shore(1, 4), shore(2, 3), shore(3, 1), *(shore(n, 2) for n in range(4, 9)))
    service.vote("stroma", 4, Judgement.RELEVANT)
    service.vote("stroma", 5, Judgement.NOT_RELEVANT)
    content = service.next_week()
    assert [item.work.ids.pmid for item in items(content)] == ["1", "2"]
    assert sorted(below(content)) == ["6", "7", "8"], "3 is far from the line"


def test_a_vote_on_one_is_for_its_topic(service: Service) -> None:
    service.topics = (*service.topics, replace(service.topics[0], slug="niches", cutoff=0.7))
    service.subscribe(replace(WEEKLY, topics=("stroma", "niches")))
    service.take_in(shore(1, 2), shore(2, 2))
    service.vote("stroma", 1, Judgement.RELEVANT)
    content = service.next_week()
    assert {part.topic: [item.work.id for item in part.below] for part in content.sections} == {
        "stroma": [],
        "niches": [1, 2],
    }


def test_they_are_five_and_differ(service: Service) -> None:
    """Of seven at the line three say nearly the same: one of them is enough."""
    same = "crab and clam of the outer shoals and banks, counted by night, part"
    alike = [article(number, f"{same} {'i' * number}") for number in numbers(3)]
    service.take_in(*alike, *(shore(number, 2) for number in numbers(4, 11)))
    content = service.next_week()
    assert len(below(content)) == 5
    assert {"11", "12", "13", "14"} < {*below(content)}


def test_without_doubts_the_week_is_as_any_other(service: Service) -> None:
    service.take_in(*(shore(number, 4) for number in numbers(12)))
    service.subscribe(replace(WEEKLY, topics=("stroma",), cap=10))
    for number in (11, 12):
        service.vote("stroma", number, Judgement.RELEVANT)
    content = service.next_week()
    left = sorted(below(content))
    assert (left, asks(content)) == (["11", "12"], [Asks.VOTES])
    assert "Next in line, left out because the digest is full" in service.files()[0]


def test_what_was_asked_for_can_still_be_sent_once(service: Service) -> None:
    """Titles below the line are told, not sent; an edit brings a work into the next window."""
    service.take_in(shore(1, 2))
    assert below(service.next_week()) == ["1"]
    service.take_in(shore(1, 4))
    assert [item.work.ids.pmid for item in items(service.next_week())] == ["1"]
    service.take_in(shore(1, 4).replace("About", "More about"))
    third = service.next_week()
    assert (items(third), below(third)) == ([], [])


def test_without_the_model_they_differ_by_their_words(service: Service) -> None:
    service.encoder = NoEncoder()
    service.take_in(*(shore(number, 2) for number in numbers(7)))
    content = service.next_week()
    assert (len(below(content)), asks(content)) == (5, [Asks.DOUBTS])


def test_they_are_chosen_from_the_ranking_that_is_there(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = []
    ranking = standings.ranking
    monkeypatch.setattr(standings, "ranking", lambda *a, **k: ranked.append(a) or ranking(*a, **k))
    service.take_in(shore(1, 2))
    assert asks(service.next_week()) == [Asks.DOUBTS]
    assert len(ranked) == 1


def test_as_of_then_votes_cast_since_do_not_count(service: Service) -> None:
    service.take_in(shore(1, 2), shore(2, 2))
    service.time.at += timedelta(days=6)
    then = service.time.at
    service.time.at += timedelta(days=1)
    service.vote("stroma", 1, Judgement.RELEVANT)
    service.time.at += timedelta(days=1)
    subscription = replace(WEEKLY, topics=("stroma",))

    def drafted(as_of: datetime | None) -> list[str]:
        created = then - timedelta(days=6)
        made = pipeline.draft(service.parts, subscription, "UTC:2026-W48", created, as_of=as_of)
        return below(made.content)

    assert drafted(None) == ["2"]
    assert drafted(then) == ["1", "2"]

"""What feeds are made of, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from service.records import DeliveryState, Identifiers, Judgement, RenderedPart, Subscription, Vote
from service.records.queries import OfTopic
from service.store.schema import DeliveryRow
from tests.factories import digest_content, item, section
from tests.papers import NOW, Archive, paper, preprint

if TYPE_CHECKING:
    from datetime import datetime

    from service.store import Store

WEEKLY = Subscription("weekly", ("stroma",), "file", "digest.html")


@pytest.fixture(autouse=True)
def _works(archive: Archive) -> None:
    archive.take_in(*(paper(number) for number in range(1, 7)))
    with archive.store.writing() as tx:
        for slug in ("stroma", "other"):
            tx.topics.save(slug, "document", "Ida", "first", NOW)
        tx.subscriptions.sync([WEEKLY], NOW)


def show(
    store: Store, week: int, *works: int, topic: str = "stroma", revision: int = 0
) -> datetime:
    """A digest that shows these works; returns when it was frozen."""
    at = NOW + timedelta(weeks=week)
    name = f"weekly-{week}" + (f"-{revision}" if revision else "")
    shown = section(items=tuple(map(item, works)), topic=topic)
    content = digest_content(shown, digest_id=name, period=f"UTC:2026-W{week}")
    part, window = RenderedPart(f"part-{name}", 1, 1, b"bytes"), (0, 9)
    with store.writing() as tx:
        assert tx.digests.freeze(content, WEEKLY, [part], revision=revision, window=window, now=at)
    return at


def lose(store: Store, digest: str) -> None:
    """Nothing of the digest can arrive any more."""
    lost = update(DeliveryRow).where(DeliveryRow.digest_id == digest)
    with store.engine.begin() as connection:
        connection.execute(lost.values(state=str(DeliveryState.DEAD)))


def vote(
    store: Store, work: int, judgement: Judgement, day: int = 0, topic: str = "stroma"
) -> datetime:
    at = NOW + timedelta(days=day)
    with store.writing() as tx:
        tx.votes.cast(Vote(topic, work, "Ida", judgement, "web", at))
    return at


def fed(store: Store, topic: str = "stroma", limit: int = 100) -> list[tuple[int, datetime]]:
    with store.reading() as tx:
        return tx.feeding.of_topic(topic, limit)


def test_works_come_in_the_order_in_which_they_became_the_topics(store: Store) -> None:
    one, two = show(store, 10, 1, 3), show(store, 11, 2)
    saved = vote(store, 5, Judgement.SAVED, day=71)
    assert fed(store) == [(2, two), (5, saved), (3, one), (1, one)]


def test_shown_and_voted_for_is_one_work_since_the_first_time(store: Store) -> None:
    shown = show(store, 10, 1)
    vote(store, 1, Judgement.RELEVANT, day=200)
    early = vote(store, 2, Judgement.RELEVANT, day=1)
    show(store, 11, 2)
    assert fed(store) == [(1, shown), (2, early)]


def test_what_is_no_vote_for_it_brings_no_work_in(store: Store) -> None:
    vote(store, 1, Judgement.NOT_RELEVANT)
    vote(store, 2, Judgement.RELEVANT, topic="other")
    vote(store, 3, Judgement.SAVED)
    vote(store, 3, Judgement.WITHDRAWN, day=1)
    show(store, 10, 4, topic="other")
    assert fed(store) == []


def test_a_digest_that_nobody_can_have_got_counts_for_nothing(store: Store) -> None:
    show(store, 10, 1)
    lose(store, "weekly-10")
    assert fed(store) == []


def test_they_are_the_works_that_a_search_for_the_topic_finds(store: Store) -> None:
    show(store, 10, 1, 3)
    vote(store, 5, Judgement.RELEVANT)
    vote(store, 6, Judgement.NOT_RELEVANT)
    with store.reading() as tx:
        found = tx.search.ids(OfTopic("stroma"), 100)
    assert {work_id for work_id, _ in fed(store)} == {*found}


def test_a_merged_work_is_there_once_under_its_present_number(
    store: Store, archive: Archive
) -> None:
    archive.take_in(preprint(8, title="Another title", ids=Identifiers(doi="10.1101/2026.8")))
    old = archive.work("10.1101/2026.8")
    first = show(store, 10, old)
    show(store, 11, 1)
    joined = preprint(
        8, "2", title="Another title", ids=Identifiers("10.1101/2026.8", pmid="40000001")
    )
    archive.take_in(joined)
    present = archive.work("10.1101/2026.8")
    assert fed(store) == [(present, first)]


def test_a_work_that_is_gone_is_left_out(store: Store, archive: Archive) -> None:
    show(store, 10, 1, 2)
    archive.delete("pubmed", "40000001")
    assert [work_id for work_id, _ in fed(store)] == [2]


def test_no_more_are_given_than_asked_for_the_latest(store: Store) -> None:
    show(store, 10, 1, 2, 3)
    latest = show(store, 11, 4)
    assert fed(store, limit=2) == [(4, latest), (3, NOW + timedelta(weeks=10))]


def test_the_digests_of_a_subscription_come_the_latest_first(store: Store) -> None:
    for week in (10, 12, 11):
        show(store, week)
    with store.reading() as tx:
        assert tx.feeding.digests("weekly", 2) == ["weekly-12", "weekly-11"]
        assert tx.feeding.digests("other", 9) == []


def test_of_a_periods_digests_the_last_that_was_not_lost_counts(store: Store) -> None:
    for revision in range(3):
        show(store, 10, revision=revision)
    lose(store, "weekly-10-2")
    with store.reading() as tx:
        assert tx.feeding.digests("weekly", 9) == ["weekly-10-1"]


def test_when_a_work_last_changed_is_told(store: Store, archive: Archive) -> None:
    archive.now = NOW + timedelta(days=9)
    archive.take_in(paper(2, abstract="Another abstract."))
    with store.reading() as tx:
        assert tx.feeding.changed([1, 2, 77]) == {1: NOW, 2: archive.now}
        assert tx.feeding.changed([]) == {}

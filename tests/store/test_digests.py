from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from service.digest.terminal import render_text
from service.errors import StoreError
from service.records import (
    DeliveryState,
    DigestContent,
    Relation,
    RenderedPart,
    Subscription,
)
from service.store.schema import DigestRow
from tests.factories import digest_content, item, ranked, section
from tests.papers import NOW, Archive, paper, states

if TYPE_CHECKING:
    from service.store import Store

WEEKLY = Subscription("stroma-weekly", ("stroma",), "slack", "C1")
WEEK = timedelta(days=7)


def content(archive: Archive, *work_ids: int, key: str = "d1", week: int = 47) -> DigestContent:
    """A digest that shows these works."""
    with archive.store.reading() as tx:
        works = tx.works.many(work_ids)
    items = tuple(replace(item(), work=work, ranked=ranked(work.id)) for work in works)
    period = f"Europe/Berlin:2026-W{week}"
    return digest_content(section(items=items), digest_id=key, period=period)


def rendered(key: str, parts: int = 2) -> list[RenderedPart]:
    return [
        RenderedPart(f"{key}-{part}", part, parts, f"bytes of {key}, {part}".encode())
        for part in range(1, parts + 1)
    ]


def freeze(
    store: Store,
    made: DigestContent,
    *,
    parts: int = 2,
    window: tuple[int, int] = (0, 5),
    revision: int = 1,
    weeks: int = 0,
) -> bool:
    with store.writing() as tx:
        return tx.digests.freeze(
            made,
            WEEKLY,
            rendered(made.digest_id, parts),
            revision=revision,
            window=window,
            now=NOW + weeks * WEEK,
        )


def lose(store: Store, digest_id: str, state: DeliveryState = DeliveryState.DEAD) -> None:
    """Nothing of this digest can arrive any more."""
    with store.writing() as tx:
        for line in tx.deliveries.lines(digest_id):
            tx.deliveries.finish(
                tx.deliveries.get(line.id),
                state=state,
                not_before=None,
                detail="channel is gone",
                provider_id=None,
                remedy="",
                resend=False,
                now=NOW,
            )


@pytest.fixture
def filled(archive: Archive) -> Archive:
    archive.take_in(*(paper(number) for number in range(1, 6)))
    with archive.store.writing() as tx:
        tx.subscriptions.sync([WEEKLY], NOW)
    return archive


def test_a_digest_comes_back_as_it_was_frozen(filled: Archive) -> None:
    made = content(filled, 1, 2)
    assert freeze(filled.store, made)
    with filled.store.reading() as tx:
        assert tx.digests.content("d1") == made
        past = tx.digests.last("stroma-weekly")
    assert past is not None
    assert (past.id, past.revision, past.window_hi, past.shown) == ("d1", 1, 5, 2)
    assert past.frozen_at == NOW


def test_a_digest_from_before_there_was_relevance_still_loads_and_renders(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1))
    with filled.store.engine.begin() as connection:
        old = connection.execute(select(DigestRow.content)).scalar_one()
        del old["aims"]
        [item] = old["sections"][0]["items"]
        facet = item["ranked"]["facet"]
        item["ranked"] = {
            "work_id": 1,
            "topic": "stroma",
            "score": 0.62,
            "lexical": 0.5,
            "dense": 0.7,
            "facet": facet,
            "terms": ["myCAF"],
            "sentence": "Niches hold them back.",
        }
        connection.execute(update(DigestRow).values(content=old))
    with filled.store.reading() as tx:
        read = tx.digests.content("d1")
    [shown] = read.sections[0].items
    assert (shown.ranked.score, shown.ranked.relevance, shown.ranked.sentences) == (0.62, 0.0, ())
    assert "Match, 0.62" in render_text(read)
    assert "stroma: cut-off 0.55" in render_text(read)


def test_its_parts_are_ready_with_their_bytes(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1))
    with filled.store.reading() as tx:
        lines = tx.deliveries.lines("d1")
        one = tx.deliveries.get("d1-1")
        assert tx.deliveries.events("d1-1") == [(NOW, "", "ready", "written")]
    assert [(line.part, line.parts, line.state) for line in lines] == [
        (1, 2, DeliveryState.READY),
        (2, 2, DeliveryState.READY),
    ]
    assert (one.payload, one.channel, one.destination) == (b"bytes of d1, 1", "slack", "C1")


def test_a_period_is_frozen_once(filled: Archive) -> None:
    assert freeze(filled.store, content(filled, 1, key="first"))
    assert not freeze(filled.store, content(filled, 2, key="second"))
    with filled.store.reading() as tx:
        assert [past.id for past in tx.digests.past()] == ["first"]
        assert len(tx.deliveries.lines()) == 2
        assert tx.digests.sent_works("stroma-weekly") == {1}


def test_a_revision_of_a_period_is_another_digest(filled: Archive) -> None:
    assert freeze(filled.store, content(filled, 1, key="first"))
    assert freeze(filled.store, content(filled, 2, key="second"), revision=2)


def test_of_two_workers_one_freezes_a_period(filled: Archive) -> None:
    made = [content(filled, 1, key=f"w{worker}") for worker in range(4)]
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda one: freeze(filled.store, one), made))
    assert sorted(won) == [False, False, False, True]
    with filled.store.reading() as tx:
        assert len(tx.deliveries.lines()) == 2


def test_freezing_is_all_or_nothing(filled: Archive) -> None:
    twice = rendered("d1")[:1] * 2  # two parts of one name cannot be kept
    made = content(filled, 1)
    with pytest.raises(StoreError, match=r"(?i)unique"), filled.store.writing() as tx:
        tx.digests.freeze(made, WEEKLY, twice, revision=1, window=(0, 5), now=NOW)
    with filled.store.reading() as tx:
        assert tx.digests.past() == []
        assert tx.deliveries.lines() == []
        assert tx.digests.sent_works("stroma-weekly") == frozenset()


def test_an_empty_digest_is_frozen_too(filled: Archive) -> None:
    assert freeze(filled.store, digest_content(section(items=()), digest_id="d0"))
    with filled.store.reading() as tx:
        assert tx.digests.window_end("stroma-weekly") == (5, NOW)


def test_hostile_text_in_a_digest_is_kept(filled: Archive) -> None:
    made = content(filled, 1)
    freeze(filled.store, replace(made, banner="NUL \x00, bell \x07, 𝒳, \u2028"))
    with filled.store.reading() as tx:
        assert tx.digests.content("d1").banner == "NUL \x00, bell \x07, 𝒳, \u2028"


def test_the_next_window_begins_where_the_last_ended(filled: Archive) -> None:
    with filled.store.reading() as tx:
        assert tx.digests.window_end("stroma-weekly") is None
    freeze(filled.store, content(filled, 1), window=(0, 3))
    freeze(filled.store, content(filled, 4, key="d2", week=48), window=(3, 5), weeks=1)
    with filled.store.reading() as tx:
        assert tx.digests.window_end("stroma-weekly") == (5, NOW + WEEK)
        assert tx.digests.window_end("another") is None


@pytest.mark.parametrize("state", [DeliveryState.DEAD, DeliveryState.CANCELLED])
def test_the_works_of_a_lost_digest_come_again(filled: Archive, state: DeliveryState) -> None:
    freeze(filled.store, content(filled, 1), window=(0, 3))
    freeze(filled.store, content(filled, 4, key="d2", week=48), window=(3, 5), weeks=1)
    lose(filled.store, "d2", state)
    with filled.store.reading() as tx:
        assert tx.digests.window_end("stroma-weekly") == (3, NOW)
        assert tx.digests.sent_works("stroma-weekly") == {1}


def test_a_digest_in_doubt_counts_as_sent(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1))
    lose(filled.store, "d1", DeliveryState.UNKNOWN)
    with filled.store.reading() as tx:
        assert tx.digests.sent_works("stroma-weekly") == {1}


def test_a_work_merged_after_it_was_sent_counts_under_its_present_number(filled: Archive) -> None:
    freeze(filled.store, content(filled, 2))
    link = states(Relation.HAS_PREPRINT, doi="10.5555/stroma.1")
    filled.take_in(paper(2, links=(link,), source="europepmc", source_id="MED/2"))
    with filled.store.reading() as tx:
        assert tx.works.get(2).id == 1
        assert tx.digests.sent_works("stroma-weekly") == {1}


def test_what_one_subscription_was_sent_does_not_count_for_another(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1))
    with filled.store.reading() as tx:
        assert tx.digests.sent_works("another") == frozenset()

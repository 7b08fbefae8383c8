from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text, update

from service.digest.terminal import render_text
from service.errors import StoreError
from service.records import (
    Change,
    DeliveryState,
    DigestChange,
    DigestContent,
    Flag,
    Kind,
    Relation,
    RenderedPart,
    Subscription,
)
from service.records.stated import SentWork
from service.store.schema import DigestRow
from tests.factories import digest_content, item, ranked, section
from tests.papers import NOW, Archive, paper, preprint, states

if TYPE_CHECKING:
    from datetime import datetime

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
                plain=False,
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


def test_the_last_periods_are_those_of_the_last_digests(filled: Archive) -> None:
    """By their weeks: neither by when they were frozen, nor by the names of their zones."""
    for at, period in enumerate(("UTC:2026-W46", "Europe/Berlin:2026-W47", "UTC:2025-W52")):
        freeze(filled.store, replace(content(filled, at + 1), digest_id=f"d{at}", period=period))
    with filled.store.reading() as tx:
        last = tx.digests.last("stroma-weekly")
        assert last is not None
        assert tx.digests.last_periods() == {"stroma-weekly": last.period}
    assert last.period == "Europe/Berlin:2026-W47"


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


# -- what has become of works since they were sent -------------------------------------------------


def sent(archive: Archive, until: datetime | None = None) -> list[SentWork]:
    with archive.store.reading() as tx:
        return tx.digests.sent("stroma-weekly", until)


def telling(made: DigestContent, *changes: Change, work: int = 0) -> DigestContent:
    """The same digest, with news of one of its works."""
    told = next(
        one.work for part in made.sections for one in part.items if one.work.id == (work or 1)
    )
    period = "Europe/Berlin:2026-W47"
    return replace(
        made, changes=tuple(DigestChange(told, change, "stroma", period) for change in changes)
    )


def test_what_a_work_was_is_kept_beside_what_it_is_now(filled: Archive) -> None:
    preprint_first = preprint(9, flags=frozenset({Flag.CORRECTED}))
    filled.take_in(preprint_first)
    number = filled.work(preprint_first.ids.doi)
    freeze(filled.store, content(filled, 1, number))
    filled.take_in(paper(1, flags=frozenset({Flag.RETRACTED}), title="Another title"))
    link = states(Relation.HAS_PREPRINT, doi="10.1101/2026.000009")
    filled.take_in(paper(9, links=(link,)))
    assert sent(filled) == [
        SentWork(
            work_id=1,
            kind=Kind.ARTICLE,
            flags=frozenset({Flag.RETRACTED}),
            sent_kind=Kind.ARTICLE,
            sent_flags=frozenset(),
            topic="stroma",
            period="Europe/Berlin:2026-W47",
            told=frozenset(),
            digest_id="d1",
            item_id=1,
            at=NOW,
        ),
        SentWork(
            work_id=number,
            kind=Kind.ARTICLE,
            flags=frozenset({Flag.CORRECTED}),
            sent_kind=Kind.PREPRINT,
            sent_flags=frozenset({Flag.CORRECTED}),
            topic="stroma",
            period="Europe/Berlin:2026-W47",
            told=frozenset(),
            digest_id="d1",
            item_id=number,
            at=NOW,
        ),
    ]


def test_of_a_digest_from_before_this_was_kept_nothing_is_known(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1))
    with filled.store.engine.begin() as connection:
        connection.execute(text("UPDATE digest_item SET kind = NULL, flags = NULL"))
    [one] = sent(filled)
    assert (one.sent_kind, one.sent_flags) == (None, None)


def test_what_was_told_of_a_work_is_kept_with_it(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1, 2))
    second = telling(content(filled, 1, key="d2", week=48), Change.CORRECTED, Change.PUBLISHED)
    freeze(filled.store, replace(second, sections=()), weeks=1)
    assert {one.work_id: one.told for one in sent(filled)} == {
        1: {Change.CORRECTED, Change.PUBLISHED},
        2: frozenset(),
    }
    assert sent(filled, NOW + WEEK)[0].told == frozenset()


@pytest.mark.parametrize("lost", ["d1", "d2"])
def test_what_a_lost_digest_sent_or_told_does_not_count(filled: Archive, lost: str) -> None:
    freeze(filled.store, content(filled, 1))
    second = telling(content(filled, 1, key="d2", week=48), Change.CORRECTED)
    freeze(filled.store, replace(second, sections=()), weeks=1)
    lose(filled.store, lost)
    assert [one.told for one in sent(filled)] == ([] if lost == "d1" else [frozenset()])


def test_a_work_that_was_merged_keeps_what_was_sent_and_told_of_it(filled: Archive) -> None:
    freeze(filled.store, content(filled, 2))
    second = telling(content(filled, 1, 2, key="d2", week=48), Change.CORRECTED, work=2)
    freeze(filled.store, second, weeks=1)
    link = states(Relation.HAS_PREPRINT, doi="10.5555/stroma.1")
    filled.take_in(paper(2, links=(link,), source="europepmc", source_id="MED/2"))
    told = [(one.work_id, one.period[-3:], one.told) for one in sent(filled)]
    corrected = frozenset({Change.CORRECTED})
    assert told == [(1, "W47", corrected), (1, "W48", corrected), (1, "W48", corrected)]


def test_news_are_written_with_their_digest_or_not_at_all(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1))
    made = [
        replace(
            telling(content(filled, 1, key=f"w{worker}", week=48), Change.RETRACTED), sections=()
        )
        for worker in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda one: freeze(filled.store, one, weeks=1), made))
    assert sorted(won) == [False, False, False, True]
    with filled.store.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM digest_change")).scalar_one() == 1


# -- as of an earlier time ------------------------------------------------------------------------


def test_until_a_moment_only_the_digests_of_before_count(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1), window=(0, 3))
    freeze(filled.store, content(filled, 4, key="d2", week=48), window=(3, 5), weeks=1)
    for until, number in ((NOW, 0), (NOW + WEEK, 1), (NOW + 2 * WEEK, 2)):
        with filled.store.reading() as tx:
            past = tx.digests.past("stroma-weekly", until=until)
            end = tx.digests.window_end("stroma-weekly", until)
            works = tx.digests.sent_works("stroma-weekly", until)
            latest = tx.digests.latest("stroma-weekly", 12, until)
        assert [each.id for each in past] == ["d2", "d1"][2 - number :]
        assert end == (None, (3, NOW), (5, NOW + WEEK))[number]
        assert works == frozenset([1, 4][:number])
        assert [each.digest_id for each in latest] == ["d1", "d2"][:number]
        assert len(sent(filled, until)) == number


def test_what_a_work_was_then_is_not_known_once_it_was_touched(filled: Archive) -> None:
    filled.now -= WEEK
    filled.take_in(paper(8))
    freeze(filled.store, content(filled, filled.work("10.5555/stroma.8"), 1))
    moment = NOW + WEEK
    assert len(sent(filled, moment)) == 2
    filled.now = moment
    filled.take_in(paper(8, flags=frozenset({Flag.RETRACTED}), title="Another title"))
    assert [one.work_id for one in sent(filled, moment)] == [1]
    assert len(sent(filled)) == 2


def test_the_last_digests_come_oldest_first_and_each_period_once(filled: Archive) -> None:
    for number in range(1, 5):
        freeze(
            filled.store, content(filled, number, key=f"d{number}", week=46 + number), weeks=number
        )
    again = content(filled, 5, key="again", week=50)
    freeze(filled.store, again, revision=2, weeks=5)
    lose(filled.store, "d2")
    with filled.store.reading() as tx:
        latest = tx.digests.latest("stroma-weekly", 12)
        assert [each.digest_id for each in latest] == ["d1", "d3", "again"]
        assert latest[-1] == again
        assert [each.digest_id for each in tx.digests.latest("stroma-weekly", 1)] == ["again"]
        assert tx.digests.latest("another", 12) == []


def test_a_draft_from_before_what_was_sent_since_is_overtaken(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1), window=(0, 3))
    with filled.store.writing() as tx:
        assert [tx.digests.overtaken("stroma-weekly", lo) for lo in (0, 2, 3, 4)] == [
            True,
            True,
            False,
            False,
        ]
        assert not tx.digests.overtaken("another", 0)
    lose(filled.store, "d1")
    with filled.store.writing() as tx:
        assert not tx.digests.overtaken("stroma-weekly", 0)


def test_a_lost_digest_is_succeeded_by_the_one_that_sends_its_works(filled: Archive) -> None:
    def successor() -> str:
        with filled.store.writing() as tx:
            return tx.digests.successor("d1")

    freeze(filled.store, content(filled, 1))
    lose(filled.store, "d1")
    assert successor() == "", "nothing else sends them yet"
    made = content(filled, 1, 2, key="d2", week=48)
    freeze(filled.store, made, window=(0, 9), weeks=1)
    assert successor() == "Europe/Berlin:2026-W48"
    lose(filled.store, "d2")
    assert successor() == "", "that one is lost too"


def test_a_digest_that_begins_where_a_lost_one_ends_does_not_send_its_works(
    filled: Archive,
) -> None:
    """It was frozen before the other was given up: only a person can send that one again."""
    freeze(filled.store, content(filled, 1), window=(0, 3))
    freeze(filled.store, content(filled, 4, key="d2", week=48), window=(3, 5), weeks=1)
    lose(filled.store, "d1")
    with filled.store.writing() as tx:
        assert tx.digests.successor("d1") == ""


def test_a_digest_that_arrived_has_no_successor(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1))
    freeze(filled.store, content(filled, 2, key="d2", week=48), window=(5, 9), weeks=1)
    with filled.store.writing() as tx:
        assert tx.digests.successor("d1") == ""


def test_of_digests_that_end_at_the_same_work_the_last_counts(filled: Archive) -> None:
    freeze(filled.store, content(filled, 1, key="z"))
    freeze(filled.store, content(filled, key="a", week=48), weeks=1)
    with filled.store.reading() as tx:
        assert tx.digests.window_end("stroma-weekly") == (5, NOW + WEEK)

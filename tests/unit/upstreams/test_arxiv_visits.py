"""The real arXiv client at the simulated arXiv: nothing is lost, whatever it is up to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.errors import IncompleteError
from service.records import SweepKind
from service.sources.arxiv import Arxiv as Client
from tests.upstreams.arxiv import Arxiv
from tests.upstreams.by_hand import (
    TODAY,
    Visit,
    article,
    at,
    entry,
    expected,
    state,
    visiting,
    world,
)
from tests.upstreams.moods import alternating, in_turn
from tests.upstreams.world import Entry, Link

DAY = timedelta(days=1)
YESTERDAY = TODAY - DAY
MIDNIGHT = at(TODAY)


def name(number: int) -> str:
    return f"2705.{number:05d}"


def biology(
    count: int, day=YESTERDAY, first: int = 1, category: str = "q-bio.TO", **more
) -> list[Entry]:
    numbers = range(first, first + count)
    named = {n: article(n, arxiv_id=name(n), category=category) for n in numbers}
    return [entry("arxiv", name(n), of, day, **more) for n, of in named.items()]


def harvest(visit: Visit) -> Client:
    """The client with its OAI channel alone."""
    return Client(
        visit.http, oai_url=f"{visit.url}/oai", api_url=f"{visit.url}/api/query", terms=()
    )


def both(visit: Visit) -> Client:
    return Client(visit.http, oai_url=f"{visit.url}/oai", api_url=f"{visit.url}/api/query")


# -- OAI-PMH ----------------------------------------------------------------------------------------


def test_every_record_of_a_long_list_comes_once() -> None:
    held = biology(45)
    with visiting("arxiv", Arxiv(world(held), page=10)) as visit:
        report = visit.poll(harvest(visit))
        assert visit.keys == expected(held)
        assert (report.fetched, report.complete) == (45, True)
        assert visit.register.requests["arxiv"] == 5


def test_a_token_that_expired_restarts_the_window() -> None:
    held = biology(45)
    begin = MIDNIGHT - timedelta(seconds=7)  # a page every three seconds: two before midnight
    with visiting("arxiv", Arxiv(world(held), page=10), begin) as visit:
        report = visit.poll(harvest(visit))
        assert set(visit.keys) == set(expected(held))
        assert len(visit.keys) > len(held)  # the first pages came twice
        assert (report.fetched, report.complete) == (45, True)


def test_a_token_that_is_lost_now_and_then_loses_nothing() -> None:
    held = biology(45)
    with visiting("arxiv", Arxiv(world(held), page=10, mood=alternating(lost=(5, 1)))) as visit:
        for _ in range(3):
            assert visit.poll(harvest(visit)).complete
            assert set(visit.keys) == set(expected(held))


def test_a_list_that_goes_on_with_nothing_is_walked_again() -> None:
    held = biology(45)
    with visiting("arxiv", Arxiv(world(held), page=10, mood=in_turn("zero", 0, 0, 1))) as visit:
        assert visit.poll(harvest(visit)).complete
        assert set(visit.keys) == set(expected(held))


def test_a_search_that_finds_nothing_any_more_in_the_middle_is_asked_again() -> None:
    held = physics(450)
    with visiting("arxiv", Arxiv(world(held), mood=in_turn("zero", 0, 0, 1))) as visit:
        assert visit.poll(both(visit)).fetched == 450
        assert visit.keys == expected(held)


def test_a_record_that_comes_in_before_the_place_we_page_at_is_found_the_next_time() -> None:
    held = biology(30, first=2)
    (late,) = biology(1, TODAY, since=at(TODAY, 12) + timedelta(seconds=2))
    with visiting("arxiv", Arxiv(world([*held, late]), page=10)) as visit:
        visit.poll(harvest(visit))
        assert set(visit.keys) == set(expected(held))
        visit.poll(harvest(visit), start=TODAY)
        assert (late.uid, "1") in visit.keys


def test_a_datestamp_two_days_before_the_window_is_still_seen() -> None:
    (held,) = biology(1, TODAY - 2 * DAY, since=at(TODAY, 6))
    with visiting("arxiv", Arxiv(world([held]))) as visit:
        visit.poll(harvest(visit), start=TODAY)
        assert visit.keys == expected([held])


def test_a_new_version_is_a_new_record_and_an_edit_is_a_changed_one() -> None:
    of = article(1, arxiv_id=name(1), category="q-bio.TO")
    days = (TODAY - 6 * DAY, TODAY - 4 * DAY, TODAY - 2 * DAY)
    second = state(of, at(days[1]), days[1], "2", versions=(("1", days[0]), ("2", days[1])))
    told = Link("published", doi="10.5555/exj.1")
    edited = state(
        of, at(days[2]), days[2], "2", versions=(("1", days[0]), ("2", days[1])), links=(told,)
    )
    held = entry("arxiv", name(1), of, days[0], "1", second, edited)
    seen = []
    with visiting("arxiv", Arxiv(world([held])), at(days[0], 12)) as visit:
        for day in days:
            visit.time.until(at(day, 12))
            visit.poll(harvest(visit), start=day, end=day)
            seen += visit.records
    assert [(record.source_id, record.version) for record in seen] == [
        (name(1), "1"), (name(1), "2"), (name(1), "2"),
    ]  # fmt: skip
    assert [told.doi.encode() in record.payload for record in seen] == [False, False, True]


def test_a_record_that_was_removed_is_told_as_gone() -> None:
    (held,) = biology(1, gone=at(TODAY, 3))
    with visiting("arxiv", Arxiv(world([held, *biology(2, first=5)]))) as visit:
        visit.poll(harvest(visit))
        assert visit.deletions == [held.uid]
        assert visit.keys == expected(biology(2, first=5))


def test_retry_after_is_kept_to() -> None:
    held = biology(25)
    moody = Arxiv(world(held), page=10, mood=alternating(busy=(3, 40)))
    with visiting("arxiv", moody) as visit:
        began = visit.time.now()
        assert visit.poll(harvest(visit)).complete
        assert set(visit.keys) == set(expected(held))
        assert visit.time.now() - began > timedelta(seconds=40)


def test_too_fast_is_answered_by_going_slower() -> None:
    held = biology(25)
    with visiting(
        "arxiv", Arxiv(world(held), page=10, mood=alternating(throttled=(3, 1)))
    ) as visit:
        assert visit.poll(harvest(visit)).complete
        assert set(visit.keys) == set(expected(held))
        assert visit.register.statuses[429] == 1


def test_the_archive_sweep_fetches_what_is_unknown() -> None:
    held = biology(45, TODAY - 200 * DAY)
    with visiting("arxiv", Arxiv(world(held), page=10)) as visit:
        missing = {name(7), name(31)}
        visit.poll(
            harvest(visit), SweepKind.ARCHIVE, TODAY - 400 * DAY,
            unknown=lambda ids: missing & set(ids),
        )  # fmt: skip
        assert {record.source_id for record in visit.records} == missing


# -- the search API ---------------------------------------------------------------------------------


def physics(count: int, day=YESTERDAY, first: int = 1, **more) -> list[Entry]:
    return biology(count, day, first, "physics.med-ph", **more)


def test_both_channels_together_give_each_preprint_once() -> None:
    held = [*biology(20), *physics(20, first=101)]
    with visiting("arxiv", Arxiv(world(held), page=10)) as visit:
        visit.poll(both(visit))
        assert visit.keys == expected(held)
        assert [report.complete for report in visit.reports] == [True, True]


def test_a_category_that_is_not_asked_for_does_not_come() -> None:
    held = [*physics(3), *biology(3, first=50, category="math.NT")]
    with visiting("arxiv", Arxiv(world(held))) as visit:
        visit.poll(both(visit))
        assert visit.keys == expected(physics(3))


def test_all_pages_of_a_search_are_read() -> None:
    held = [*physics(450), *physics(30, TODAY - 30 * DAY, first=901)]
    with visiting("arxiv", Arxiv(world(held))) as visit:
        report = visit.poll(both(visit))
        assert visit.keys == expected(physics(450))
        assert (report.fetched, report.complete) == (450, True)


@pytest.mark.parametrize(("mood", "amount"), [("empty", 1), ("wobble", 2), ("wobble", -250)])
def test_pages_that_are_empty_and_totals_that_change_lose_nothing(mood: str, amount: int) -> None:
    held = physics(450)
    with visiting("arxiv", Arxiv(world(held), mood=alternating(**{mood: (2, amount)}))) as visit:
        report = visit.poll(both(visit))
        assert visit.keys == expected(held)
        assert report.end_sign


def test_a_page_that_stays_empty_ends_the_sweep_and_proves_nothing() -> None:
    with visiting("arxiv", Arxiv(world(physics(3)), mood=alternating(empty=(1, 1)))) as visit:
        with pytest.raises(IncompleteError):
            visit.poll(both(visit))
        assert [report.query for report in visit.reports] == ["OAI-PMH ListRecords q-bio"]


def test_nothing_at_all_is_not_believed() -> None:
    held = [*biology(3), *physics(3, first=50)]
    with visiting("arxiv", Arxiv(world(held), mood=alternating(zero=(1, 1)))) as visit:
        visit.poll(both(visit))
        assert [report.complete for report in visit.reports] == [False, False]


def test_a_preprint_that_was_held_back_for_months_is_found_by_the_archive_sweep() -> None:
    held = physics(1, TODAY - 90 * DAY, since=at(YESTERDAY))
    with visiting("arxiv", Arxiv(world([*held, *biology(1, first=9)]))) as visit:
        visit.poll(both(visit), SweepKind.WIDE, TODAY - 35 * DAY)
        assert visit.keys == expected(biology(1, first=9))
        visit.poll(both(visit), SweepKind.ARCHIVE, TODAY - 400 * DAY, unknown=lambda ids: set())
        assert visit.keys == expected(held)
        assert [report.complete for report in visit.reports] == [True, True]


def test_what_comes_today_is_in_the_index_tomorrow() -> None:
    held = physics(1, since=at(TODAY, 6))
    with visiting("arxiv", Arxiv(world(held))) as visit:
        visit.poll(both(visit))
        assert visit.keys == []
        visit.time.until(at(TODAY + DAY, 1))
        visit.poll(both(visit), end=TODAY + DAY)
        assert visit.keys == expected(held)


def test_a_version_that_moves_to_the_front_while_we_page_is_found_the_next_time() -> None:
    held = [*physics(250), *physics(30, TODAY - 30 * DAY, first=901)]
    first = article(1, arxiv_id=name(1), category="physics.med-ph")  # of the oldest of the window
    old, new = TODAY - 5 * DAY, TODAY - DAY
    moved = state(first, MIDNIGHT, new, "2", versions=(("1", old), ("2", TODAY)))
    held[0] = entry("arxiv", name(1), first, old, "1", moved)
    begin = MIDNIGHT - timedelta(seconds=5)  # the index is made anew between the two pages
    with visiting("arxiv", Arxiv(world(held)), begin) as visit:
        visit.poll(both(visit))
        seen = set(visit.keys)
        visit.poll(both(visit))
        seen |= set(visit.keys)
        assert set(expected(held[:250])) <= seen

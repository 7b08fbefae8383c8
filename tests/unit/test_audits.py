"""What receipts prove of days, and when gaps are walked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.audits import DayState, Setup, coverage
from service.records import Severity, Sweep, SweepKind, SweepMark, Window
from tests.walks import DAY, NOW, TODAY, at, broken, daily, report, states, walk, window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


_BEGUN = "no walk was whole since the day was over"
_UNREACHED = "no window reaches the day"

# -- days


def test_days_that_a_whole_walk_reached_after_they_were_over_are_proved() -> None:
    found = report(*daily(20))
    assert states(found) == "=" * 10 + ".", "yesterday is over at five in the morning of today"
    assert found.whole
    assert found.gaps == found.healed == found.findings == ()


def test_a_day_is_over_when_it_is_over_on_the_us_east_coast() -> None:
    found = report(*daily(20), walk(at(0, hour=5)), walk(at(0, hour=4)))
    assert states(found)[-2] == "="
    assert states(report(*daily(20, 1), walk(at(0, hour=4))))[-2] == "."


def test_a_failure_that_is_made_good_before_a_day_is_due_leaves_no_gap() -> None:
    found = report(*daily(20), broken(at(0, 7)), walk(at(0, 8)))
    assert states(found)[:9] == "=" * 9
    assert found.whole


def test_what_a_failed_walk_left_open_is_a_gap_with_its_cause() -> None:
    found = report(*daily(20, 3), broken(at(2)), broken(at(1)), broken(at(0)))
    [gap] = found.gaps
    assert (gap.start, gap.end) == (TODAY - 3 * DAY, TODAY)
    assert gap.cause == "pubmed: HTTP 503"
    assert gap.since == at(2)
    assert not found.whole


def test_a_gap_heals_when_the_source_is_back_and_tells_by_which_receipt() -> None:
    back = walk(at(0))
    found = report(*daily(20, 5), broken(at(4)), broken(at(3)), broken(at(2)), back)
    assert found.gaps == ()
    [healed] = found.healed
    assert (healed.start, healed.end) == (TODAY - 5 * DAY, TODAY - 3 * DAY)
    assert (healed.receipt, healed.healed_at, healed.since) == (back.number, at(0), at(4))
    assert healed.cause == "pubmed: HTTP 503"


def test_days_that_were_proved_before_stay_proved_through_an_outage() -> None:
    found = report(*daily(20, 3), broken(at(2)))
    assert states(found) == "=======!!.."


def test_days_that_nobody_walked_in_time_are_a_gap_and_say_so() -> None:
    found = report(*daily(20, 6))
    begun, unreached = found.gaps
    assert (begun.start, begun.cause) == (TODAY - 6 * DAY, _BEGUN)
    assert (unreached.start, unreached.end) == (TODAY - 5 * DAY, TODAY - 2 * DAY)
    assert unreached.cause == _UNREACHED
    assert states(found)[-2:] == "..", "those are not due yet"


def test_a_hole_between_two_windows_is_seen() -> None:
    narrow = [walk(at(days), window(days + 1, days)) for days in range(20, 8, -1)]
    after = [walk(at(days), window(days + 1, days)) for days in range(5, -1, -1)]
    begun, unreached = report(*narrow, *after).gaps
    assert (begun.days, begun.cause) == (f"{TODAY - 9 * DAY}", _BEGUN)
    assert unreached.days == f"{TODAY - 8 * DAY}..{TODAY - 7 * DAY}"
    assert unreached.cause == _UNREACHED


def test_a_source_is_watched_from_where_its_first_poll_reached_back_to() -> None:
    found = report(*(walk(at(days), window(8, days)) for days in range(5, -1, -1)), born=at(5))
    assert states(found) == "--" + "=" * 8 + "."
    assert found.healed == (), "what the first poll reached back over was no gap"


def test_a_source_that_was_never_polled_has_no_gaps_yet() -> None:
    found = report(born=None)
    assert states(found) == "-" * 10 + "."


def test_days_after_a_source_was_disabled_are_not_watched() -> None:
    setup = Setup(enabled=frozenset())
    assert states(report(*daily(20, 6), setup=setup)) == "====" + "-" * 5 + ".."
    lost = report(*daily(20, 9), broken(at(8)), walk(at(6), window(6, 6)), setup=setup)
    assert lost.gaps[0].again is None
    assert "pubmed is not enabled; to close it: litwatch poll pubmed" in lost.gaps[0].remedy


# -- what makes a walk whole


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"end_sign": False}, "the walk ended without the source's end sign"),
        ({"gap": "12 records are stated, 10 were given"}, "12 records are stated, 10 were given"),
        ({"stated": 12}, "12 records are stated, 10 came"),
        ({"new": 12}, "13 records were taken in, 10 are said to have come"),
    ],
)
def test_a_walk_that_does_not_reconcile_proves_nothing(
    changes: dict[str, object], cause: str
) -> None:
    found = report(*daily(20, 3), *(walk(at(days), **changes) for days in (2, 1, 0)))
    assert found.gaps[0].cause == cause


def test_a_shortfall_that_the_source_is_known_for_is_believed() -> None:
    assert report(*daily(20, explained=True, stated=11)).whole


def test_receipts_that_do_not_add_up_are_found() -> None:
    wrong = walk(at(1), new=12)
    found = report(*daily(20), wrong)
    assert found.sources[0].unreconciled == (
        f"receipt {wrong.number}: 13 records were taken in, 10 are said to have come",
    )
    [finding] = [each for each in found.findings if each.key == "counts:pubmed"]
    assert "13 records were taken in" in finding.cause


def test_revisions_and_lists_of_ids_prove_no_day() -> None:
    others = [*daily(6, kind="revised"), *daily(6, kind="archive")]
    assert states(report(*daily(20, 7), *others))[-6:-3] == "!!!"


def test_a_cause_names_the_host_and_not_the_whole_address() -> None:
    told = "GET https://eutils.example.org/esearch.fcgi?db=pubmed&term=x: HTTP 500: no"
    assert coverage.cause(broken(at(1), gap=told)) == "eutils.example.org: HTTP 500: no"
    assert len(coverage.cause(broken(at(1), gap="x" * 900))) == 200


# -- channels


def test_each_channel_of_a_source_must_have_walked_a_day() -> None:
    oai = daily(20, query="OAI-PMH ListRecords q-bio")
    api = daily(20, 4, query="all:stroma")
    down = [walk(at(days), query="all:stroma", gap="stopped", end_sign=False) for days in (3, 2, 1)]
    found = report(*oai, *api, *down)
    [gap] = found.gaps
    assert (gap.cause, gap.start) == ("stopped", TODAY - 4 * DAY)


def test_a_walk_that_broke_off_takes_back_what_its_first_channel_had_walked() -> None:
    sweeps = []
    for days in (3, 2, 1, 0):
        begun = at(days)
        sweeps += [
            walk(begun, query="OAI", finished_at=begun + timedelta(minutes=1)),
            broken(begun, finished_at=begun + timedelta(minutes=2)),
        ]
    found = report(*daily(20, 4, query="OAI"), *sweeps)
    assert states(found) == "======!!!!!"
    assert found.gaps[0].cause == "pubmed: HTTP 503"


def test_days_that_a_broken_walk_had_finished_stay_proved() -> None:
    whole = [walk(at(days - 1), window(days, days), query="details") for days in range(10, 4, -1)]
    begun = [walk(at(0), window(days, days), query="details") for days in (4, 3)]
    found = report(*whole, *begun, broken(at(0), window(2, 0)))
    assert states(found) == "======" + "hh" + "!!!"


def test_a_query_that_was_changed_asks_nothing_of_the_days_before() -> None:
    old, new = daily(20, 5, query="stroma"), daily(4, query="stroma OR fibroblast")
    assert report(*old, *new).whole


# -- gaps are walked again


def due(marks: Mapping[SweepKind, SweepMark], when: datetime, born: datetime) -> Sequence[Sweep]:
    """From the mark on, and never on a Monday."""
    end = marks[SweepKind.RECENT].last_complete_end
    assert end is not None
    if when.date() == TODAY:
        return ()
    return [Sweep(SweepKind.RECENT, Window(end - 7 * DAY, when.date()))]


MARKS = {SweepKind.RECENT: SweepMark(TODAY - 5 * DAY, at(0))}


def test_an_open_gap_tells_when_it_is_walked_again_and_over_which_window() -> None:
    found = report(
        *daily(20, 3), broken(at(2)), setup=Setup(due=due), marks=MARKS, not_before=at(0, 14)
    )
    [gap] = found.gaps
    assert gap.again == at(-1, 2), "the first time on Tuesday, at six-hourly steps from 14:00"
    assert gap.window == f"recent {TODAY - 12 * DAY}..{TODAY + DAY}"
    assert gap.remedy.startswith("it is walked again by itself; sooner: litwatch poll pubmed")


def test_a_gap_that_no_walk_reaches_needs_a_person() -> None:
    marks = {SweepKind.RECENT: SweepMark(TODAY + 30 * DAY, at(0))}
    found = report(*daily(20, 3), broken(at(2)), setup=Setup(due=due), marks=marks)
    [gap] = found.gaps
    assert (gap.again, gap.window) == (None, None)
    assert gap.remedy == (
        "no walk reaches it any more; to close it: litwatch poll pubmed "
        f"--from {gap.start} --to {gap.end}"
    )
    [finding] = found.findings
    assert (finding.key, finding.severity) == ("coverage-gap:pubmed", Severity.CRITICAL)


def test_a_gap_of_some_hours_is_no_finding_and_one_of_days_is() -> None:
    setup = Setup(due=due)
    young = report(*daily(20, 1), broken(at(0)), setup=setup, marks=MARKS)
    assert young.gaps
    assert young.findings == ()
    old = report(*daily(20, 3), broken(at(2)), broken(at(0)), setup=setup, marks=MARKS)
    [finding] = old.findings
    assert (finding.key, finding.severity) == ("coverage-gap:pubmed", Severity.WARNING)
    assert (finding.source, finding.start) == ("pubmed", TODAY - 3 * DAY)
    later = report(
        *daily(20, 3), broken(at(2)), setup=setup, marks=MARKS, now=NOW + 2 * DAY, since=8
    )
    assert later.findings[0].severity is Severity.CRITICAL
    assert later.findings[0].key == finding.key, "the alarm is the same as long as it lasts"


# -- totals


def test_the_totals_of_days_are_those_of_the_walks_that_ended_then() -> None:
    found = report(*daily(2), walk(at(0, 7), stated=None, fetched=4, new=1, changed=0)).sources[0]
    assert (found.daily[TODAY].walks, found.totals.walks) == (2, 4)
    assert (found.daily[TODAY].stated, found.daily[TODAY].fetched) == (10, 14)
    assert found.totals.new == sum(each.new for each in found.daily.values()) == 7
    assert found.totals.known == 24
    total = found.totals
    assert total.fetched == total.new + total.changed + total.known + total.unparsed


def test_imports_count_as_such_and_prove_nothing() -> None:
    handed_in = replace(walk(at(1), kind="import"), window=None)
    without, found = report(*daily(20, 4)), report(*daily(20, 4), handed_in)
    assert found.sources[0].totals.walks == without.sources[0].totals.walks + 1
    assert states(found) == states(without)


# -- whatever happens


@settings(max_examples=150, deadline=None)
@given(st.lists(st.booleans(), min_size=12, max_size=40), st.integers(1, 10))
def test_a_day_is_proved_exactly_when_a_whole_walk_came_after_it(
    good: list[bool], overlap: int
) -> None:
    walks = []
    for place, fine in enumerate(good):
        days = len(good) - 1 - place
        over = window(days + overlap, days)
        walks.append(walk(at(days), over) if fine else broken(at(days), over))
    found = report(*walks, since=len(good) - 1, born=at(400))
    proved = {
        TODAY - days * DAY
        for days in range(len(good))
        for later in range(1, overlap + 1)
        if days - later >= 0 and good[len(good) - 1 - (days - later)]
    }
    for day in found.sources[0].days:
        told = day.state in {DayState.PROVED, DayState.HEALED}
        assert told == (day.day in proved), day

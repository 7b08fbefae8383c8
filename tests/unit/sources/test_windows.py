from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.records import Sweep, SweepKind, SweepMark, Window, WindowReport
from service.sources.windows import CADENCES, advance, due_sweeps

TODAY = date(2026, 11, 20)
ALL = frozenset(SweepKind)
RECENT = frozenset({SweepKind.RECENT})


def days(count: int) -> timedelta:
    return timedelta(days=count)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def done(day: date) -> SweepMark:
    """A sweep that ran on `day` and was complete to its end."""
    return SweepMark(day, noon(day))


def report(start: date, end: date, complete: bool = True, query: str = "q") -> WindowReport:
    return WindowReport(
        window=Window(start, end),
        kind=SweepKind.RECENT,
        query=query,
        translation=None,
        stated=1,
        fetched=1,
        end_sign=True,
        gap=None if complete else "short",
    )


# -- what is due ------------------------------------------------------------------------------------


def test_the_first_walk_is_recent_alone_and_fourteen_days_back() -> None:
    window = Window(TODAY - days(14), TODAY)
    assert due_sweeps(ALL, {}, TODAY) == (Sweep(SweepKind.RECENT, window),)


def test_the_first_walk_may_reach_further_back() -> None:
    [sweep] = due_sweeps(ALL, {}, TODAY, first_days=60)
    assert sweep.window.start == TODAY - days(60)


def test_a_first_walk_that_failed_begins_where_it_should_have() -> None:
    """The days right after the installation are not lost while a source is down."""
    [sweep] = due_sweeps(RECENT, {}, TODAY, since=TODAY - days(40))
    assert sweep.window == Window(TODAY - days(40), TODAY)


def test_a_daily_sweep_overlaps_by_seven_days() -> None:
    [sweep] = due_sweeps(RECENT, {SweepKind.RECENT: done(TODAY - days(1))}, TODAY)
    assert sweep.window == Window(TODAY - days(8), TODAY)


@pytest.mark.parametrize("kind", list(SweepKind))
def test_a_sweep_that_ran_on_time_is_due_again_only_after_its_days(kind: SweepKind) -> None:
    every = CADENCES[kind].every
    state = {SweepKind.RECENT: done(TODAY), kind: done(TODAY)}
    due = {later: due_sweeps({kind}, state, TODAY + days(later)) for later in (every - 1, every)}
    assert due[every - 1] == ()
    assert [sweep.kind for sweep in due[every]] == [kind]


@pytest.mark.parametrize(("kind", "span"), [("wide", 35), ("revised", 10), ("archive", 400)])
def test_each_kind_has_its_span(kind: str, span: int) -> None:
    """Without a mark, and when it runs on time."""
    wanted = SweepKind(kind)
    state = {SweepKind.RECENT: done(TODAY)}
    [first] = due_sweeps({wanted}, state, TODAY)
    assert first.window == Window(TODAY - days(span), TODAY)
    state[wanted] = done(TODAY - days(CADENCES[wanted].every))
    [later] = due_sweeps({wanted}, state, TODAY)
    assert later.window == first.window


def test_a_long_outage_gives_one_window_from_before_the_mark() -> None:
    marks = {kind: done(TODAY - days(90)) for kind in SweepKind}
    due = due_sweeps(ALL, marks, TODAY)
    assert [sweep.kind for sweep in due] == list(SweepKind)
    for sweep in due:
        overlap = CADENCES[sweep.kind].overlap
        assert sweep.window == Window(TODAY - days(90 + overlap), TODAY)


def test_a_new_source_is_not_filled_from_before_its_start() -> None:
    marks = {SweepKind.RECENT: done(TODAY - days(1))}
    for sweep in due_sweeps(ALL, marks, TODAY, since=TODAY - days(20)):
        assert sweep.window.start >= TODAY - days(20)


def test_only_the_kinds_of_the_source_are_due() -> None:
    marks = {kind: done(TODAY - days(90)) for kind in SweepKind}
    assert [s.kind for s in due_sweeps({SweepKind.WIDE}, marks, TODAY)] == [SweepKind.WIDE]


def test_a_sweep_with_a_hole_is_due_the_next_day() -> None:
    ran = SweepMark(TODAY - days(9), noon(TODAY - days(1)))
    state = {SweepKind.RECENT: done(TODAY), SweepKind.WIDE: ran}
    assert [
        s.kind for s in due_sweeps(ALL - {SweepKind.ARCHIVE, SweepKind.REVISED}, state, TODAY)
    ] == [SweepKind.WIDE]


def test_a_sweep_with_a_hole_is_due_some_hours_later_when_the_hour_is_known() -> None:
    ran_at = noon(TODAY)
    state = {SweepKind.RECENT: SweepMark(TODAY - days(1), ran_at)}
    assert due_sweeps(RECENT, state, TODAY) == ()
    assert due_sweeps(RECENT, state, TODAY, now=ran_at + timedelta(hours=2)) == ()
    assert len(due_sweeps(RECENT, state, TODAY, now=ran_at + timedelta(hours=3))) == 1


def test_a_complete_sweep_is_not_due_again_the_same_day() -> None:
    state = {SweepKind.RECENT: done(TODAY)}
    assert due_sweeps(RECENT, state, TODAY, now=noon(TODAY) + timedelta(hours=11)) == ()


def test_a_clock_that_was_set_back_does_not_stop_the_polls() -> None:
    state = {SweepKind.RECENT: done(TODAY + days(400))}
    [sweep] = due_sweeps(RECENT, state, TODAY)
    assert sweep.window == Window(TODAY - days(7), TODAY)


def test_a_mark_in_the_future_still_gives_a_valid_window() -> None:
    [sweep] = due_sweeps(RECENT, {}, TODAY, since=TODAY + days(5))
    assert sweep.window == Window(TODAY, TODAY)


# -- how far a mark moves ---------------------------------------------------------------------------


def test_a_mark_moves_to_the_end_of_a_complete_window() -> None:
    mark = advance(SweepMark(TODAY - days(3)), [report(TODAY - days(9), TODAY)])
    assert mark.last_complete_end == TODAY


def test_a_window_with_a_gap_leaves_the_mark() -> None:
    mark = SweepMark(TODAY - days(3))
    assert advance(mark, [report(TODAY - days(9), TODAY, complete=False)]) == mark


def test_no_reports_leave_the_mark() -> None:
    assert advance(SweepMark(TODAY), []) == SweepMark(TODAY)
    assert advance(SweepMark(), []) == SweepMark()


def test_a_mark_stops_before_the_first_hole() -> None:
    start = TODAY - days(5)
    reports = [report(start + days(n), start + days(n), complete=n != 3) for n in range(6)]
    assert advance(SweepMark(start), reports).last_complete_end == start + days(2)


def test_a_hole_inside_the_overlap_does_not_hold_the_mark() -> None:
    """Those days were proved before."""
    start = TODAY - days(5)
    reports = [report(start + days(n), start + days(n), complete=n != 1) for n in range(6)]
    assert advance(SweepMark(start + days(2)), reports).last_complete_end == TODAY


def test_days_that_no_report_covers_are_a_hole() -> None:
    reports = [report(TODAY - days(1), TODAY)]
    mark = SweepMark(TODAY - days(3))
    assert advance(mark, reports) == mark


def test_the_first_mark_needs_the_first_window() -> None:
    start = TODAY - days(2)
    good = [report(start, start), report(start + days(1), TODAY)]
    assert advance(SweepMark(), good).last_complete_end == TODAY
    bad = [report(start, start, complete=False), report(start + days(1), TODAY)]
    assert advance(SweepMark(), bad).last_complete_end is None


def test_one_query_with_a_gap_holds_the_mark_for_all_queries_of_a_source() -> None:
    reports = [report(TODAY - days(2), TODAY), report(TODAY - days(2), TODAY, False, "other")]
    mark = SweepMark(TODAY - days(2))
    assert advance(mark, reports) == mark


def test_a_second_walk_of_a_window_counts() -> None:
    window = (TODAY - days(2), TODAY)
    mark = SweepMark(TODAY - days(2))
    assert advance(mark, [report(*window, False), report(*window)]).last_complete_end == TODAY
    assert advance(mark, [report(*window), report(*window, False)]) == mark


def test_a_mark_never_moves_back() -> None:
    mark = SweepMark(TODAY)
    assert advance(mark, [report(TODAY - days(9), TODAY - days(5))]) == mark
    assert advance(mark, [report(TODAY - days(9), TODAY, complete=False)]) == mark


def test_the_time_of_the_run_is_kept_even_when_nothing_moved() -> None:
    at = noon(TODAY)
    mark = SweepMark(TODAY - days(3), noon(TODAY - days(3)))
    assert advance(mark, [], now=at) == SweepMark(TODAY - days(3), at)
    assert advance(mark, []).last_run == mark.last_run


# -- never a hole -----------------------------------------------------------------------------------

Fate = st.sampled_from(["down", "not run", "whole", "some days fail"])


@given(st.lists(Fate, min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_no_outage_leaves_a_hole_behind_the_mark(fates: list[str], random) -> None:
    """Day after day with random failures: all days up to the mark were in complete windows."""
    begin = TODAY
    since = begin - days(14)
    mark = SweepMark()
    proved: set[date] = set()
    for number, fate in enumerate(fates):
        today = begin + days(number)
        if fate == "not run":
            continue
        due = due_sweeps(RECENT, {SweepKind.RECENT: mark}, today, since=since)
        assert len(due) == 1
        assert due[0].window.end == today
        reports = _walk(due[0].window, fate, random)
        for each in reports:
            if each.complete:
                proved |= _days(each.window)
        before = mark.last_complete_end
        mark = advance(mark, reports, noon(today))
        assert before is None or (mark.last_complete_end or date.min) >= before
        if fate == "whole":
            assert mark.last_complete_end == today
        if mark.last_complete_end is not None:
            assert _days(Window(since, mark.last_complete_end)) <= proved


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8), st.booleans()), max_size=12),
    st.one_of(st.none(), st.integers(0, 30)),
)
def test_a_mark_only_moves_over_days_that_complete_windows_cover(
    walked: list[tuple[int, int, bool]], known: int | None
) -> None:
    reports = [
        report(TODAY + days(start), TODAY + days(start + length), complete, query=str(n))
        for n, (start, length, complete) in enumerate(walked)
    ]
    old = SweepMark(None if known is None else TODAY + days(known))
    new = advance(old, reports).last_complete_end
    if new is None or new == old.last_complete_end:
        return
    first = min(r.window.start for r in reports)
    begin = first if old.last_complete_end is None else old.last_complete_end + days(1)
    gained = _days(Window(begin, new))
    assert gained <= set().union(*(_days(r.window) for r in reports if r.complete))
    assert not gained & set().union(*(_days(r.window) for r in reports if not r.complete))


def _walk(window: Window, fate: str, random) -> list[WindowReport]:
    """What a source gives: nothing, the whole window, or days of which some have gaps."""
    if fate == "down":
        return []
    if fate == "whole":
        return [report(window.start, window.end)]
    stop = random.randint(0, (window.end - window.start).days + 1)
    return [
        report(window.start + days(n), window.start + days(n), complete=random.random() < 0.7)
        for n in range(stop)
    ]


def _days(window: Window) -> set[date]:
    return {window.start + days(n) for n in range((window.end - window.start).days + 1)}


def test_recent_is_walked_again_within_a_day_once_its_hours_are_over() -> None:
    ran = datetime(2026, 11, 16, 6, tzinfo=UTC)
    state = {SweepKind.RECENT: SweepMark(ran.date(), ran)}
    for hours, due in ((5, 0), (6, 1)):
        sweeps = due_sweeps(
            {SweepKind.RECENT},
            state,
            ran.date(),
            now=ran + timedelta(hours=hours),
            every=timedelta(hours=6),
        )
        assert len(sweeps) == due

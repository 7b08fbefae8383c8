from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from service.errors import (
    BadRequestError,
    CursorLostError,
    LitwatchError,
    StoreBusyError,
    ThrottledError,
    TransientError,
)
from service.records import (
    Batch,
    Sign,
    Sweep,
    SweepKind,
    SweepMark,
    Tally,
    Validators,
    Window,
    WindowReport,
)
from service.sources.polling import Poller, PollResult, Rhythm
from tests.fakes import START, FakePollBook, FakeSource, FixedClock, records, whole

TODAY = START.date()
HOURS = timedelta(hours=1)
Script = Sequence[Batch | WindowReport | BaseException]
BROKEN = TransientError("pubmed", "HTTP 502")


@dataclass
class Bench:
    """A poller with its book, its clock and what it took in."""

    book: FakePollBook = field(default_factory=FakePollBook)
    time: FixedClock = field(default_factory=FixedClock)
    taken: list[Batch] = field(default_factory=list)
    told: list[Tally] = field(default_factory=list)
    stopping: Callable[[], bool] = lambda: False

    def take_in(self, _source: str, batch: Batch) -> Tally:
        self.taken.append(batch)
        self.time.pass_time(minutes=1)
        return Tally(new=len(batch.records), gone=len(batch.deletions))

    def poll(self, source: FakeSource, **how: Any) -> PollResult:
        poller = Poller(
            self.book,
            self.take_in,
            self.time.clock,
            Rhythm(every=6 * HOURS),
            progress=lambda _name, tally: self.told.append(tally),
            stopping=self.stopping,
        )
        return poller.poll(source, **how)


def source(*scripts: Callable[[Sweep], Script]) -> FakeSource:
    """The first walk follows the first script, the next the next; the last one stays."""
    left = list(scripts)

    def script(sweep: Sweep) -> Script:
        following = left.pop(0) if len(left) > 1 else left[0]
        return following(sweep)

    return FakeSource(script)


def fine(sweep: Sweep) -> Script:
    return [records(2), whole(sweep)]


def failing(error: BaseException) -> Callable[[Sweep], Script]:
    return lambda _sweep: [records(2), error]


def in_two(after: Script) -> Callable[[Sweep], Script]:
    """The first half of the window is whole; then comes `after`."""

    def script(sweep: Sweep) -> Script:
        half = Window(sweep.window.start, sweep.window.start + timedelta(days=6))
        return [records(2), whole(sweep, window=half), records(3), *after]

    return script


def test_a_poll_that_ends_well_is_written_down() -> None:
    bench = Bench()
    result = bench.poll(source(fine))
    assert (result.tally, result.error, result.gaps) == (Tally(new=2), None, ())
    assert [tally for _, tally in bench.book.receipts] == [Tally(new=2)]
    assert bench.book.kept[SweepKind.RECENT] == SweepMark(TODAY, START)
    assert bench.book.successes == [(START + timedelta(minutes=1), START + 6 * HOURS)]
    assert bench.book.claims == {"pubmed": False}
    assert bench.told == [Tally(new=2)]


def test_a_source_that_is_taken_or_waiting_is_left_alone() -> None:
    bench = Bench(book=FakePollBook(refuse=True))
    asked = source(fine)
    assert bench.poll(asked).skipped
    assert asked.asked == []
    assert bench.book.claims == {}


def test_one_that_fails_keeps_its_reason_and_what_was_stored() -> None:
    bench = Bench()
    result = bench.poll(source(failing(BROKEN)))
    assert result.error is BROKEN
    assert result.tally == Tally(new=2)
    [(code, told, not_before)] = bench.book.failures
    assert (code, told) == ("transient", "pubmed: HTTP 502")
    assert not_before == bench.time.at + timedelta(minutes=15)
    assert bench.book.successes == []
    assert bench.book.claims == {"pubmed": False}


def test_a_walk_that_broke_off_leaves_a_receipt_with_the_reason() -> None:
    bench = Bench()
    bench.poll(source(failing(BROKEN)))
    [(report, tally)] = bench.book.receipts
    assert (report.gap, report.end_sign, report.query) == ("pubmed: HTTP 502", False, "")
    assert report.window == Window(TODAY - timedelta(days=14), TODAY)
    assert tally == Tally(new=2)


def test_a_walk_that_broke_off_is_due_again_at_once() -> None:
    """The quarter of an hour after a failure must not find that nothing is due."""
    bench = Bench()
    asked = source(failing(BROKEN), fine)
    bench.poll(asked)
    bench.time.pass_time(minutes=15)
    assert bench.poll(asked).error is None
    assert len(asked.asked) == 2
    assert len(bench.book.successes) == 1


def test_a_poll_in_which_nothing_was_due_is_no_success() -> None:
    bench = Bench()
    asked = source(fine)
    bench.poll(asked)
    bench.time.pass_time(hours=5)
    assert bench.poll(asked).skipped == "nothing is due yet"
    assert len(asked.asked) == 1
    assert len(bench.book.successes) == 1


def test_parts_of_a_window_that_were_finished_stay_proved() -> None:
    bench = Bench()
    result = bench.poll(source(in_two([BROKEN])))
    assert bench.book.kept[SweepKind.RECENT] == SweepMark(TODAY - timedelta(days=8), None)
    assert [tally for _, tally in bench.book.receipts] == [Tally(new=2), Tally(new=3)]
    assert result.tally == Tally(new=5)
    assert len(result.reports) == 1


def test_a_gap_holds_the_mark_back_but_is_no_failure() -> None:
    bench = Bench()
    result = bench.poll(source(lambda sweep: [records(1), whole(sweep, gap="1 of 2 missing")]))
    assert result.gaps == (f"{TODAY - timedelta(days=14)}..{TODAY}: 1 of 2 missing",)
    assert bench.book.kept[SweepKind.RECENT].last_complete_end is None
    assert bench.book.failures == []


def test_a_window_without_its_end_sign_is_a_gap() -> None:
    result = Bench().poll(source(lambda sweep: [whole(sweep, end_sign=False)]))
    assert result.gaps[0].endswith("without the source's end sign")


def test_a_lost_cursor_begins_the_window_again() -> None:
    bench = Bench()
    lost = CursorLostError("pubmed", "history server entry is gone")
    asked = source(failing(lost), failing(lost), fine)
    result = bench.poll(asked)
    assert (result.error, len(asked.asked)) == (None, 3)
    assert len({sweep.window for sweep in asked.asked}) == 1
    assert result.tally == Tally(new=6)
    assert bench.book.kept[SweepKind.RECENT].last_complete_end == TODAY


def test_a_cursor_that_is_lost_again_and_again_is_given_up() -> None:
    bench = Bench()
    asked = source(failing(CursorLostError("pubmed", "gone")))
    assert bench.poll(asked).error is not None
    assert len(asked.asked) == 3
    assert [code for code, *_ in bench.book.failures] == ["cursor-lost"]


VALIDATORS = Validators('"etag"', None)


def _feed(sweep: Sweep, *after: BaseException) -> Script:
    return [whole(sweep, validators=VALIDATORS), *after]


def test_validators_are_kept_after_a_walk_that_ended_well_and_sent_along_the_next_time() -> None:
    bench = Bench()
    asked = source(_feed)
    bench.poll(asked)
    bench.poll(asked, force=True)
    assert [sweep.validators for sweep in asked.asked] == [Validators(), VALIDATORS]


@pytest.mark.parametrize("error", [BROKEN, StoreBusyError("db", "locked"), ZeroDivisionError()])
def test_validators_are_not_kept_after_any_other_end(error: Exception) -> None:
    bench = Bench()
    bench.poll(source(lambda sweep: _feed(sweep, error)))
    assert bench.book.kept_validators == {}


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (ThrottledError("x", "429", retry_after=7200.0), 2 * HOURS),
        (ThrottledError("x", "429", retry_after=1.0), timedelta(minutes=15)),
        (ThrottledError("x", "429"), timedelta(minutes=15)),
        (ThrottledError("x", "429", retry_after=1e18), timedelta(days=7)),
        (BadRequestError("x", "400"), timedelta(minutes=15)),
        (ZeroDivisionError("oops"), 6 * HOURS),
    ],
    ids=["as asked", "too short", "not told", "for ever", "our request", "our defect"],
)
def test_how_long_a_failing_source_is_left_alone(error: Exception, wait: timedelta) -> None:
    bench = Bench()
    bench.poll(source(failing(error)))
    [(_, _, not_before)] = bench.book.failures
    assert not_before == bench.time.at + wait


def test_a_defect_of_ours_in_one_source_is_told_and_does_not_spread() -> None:
    bench = Bench()
    result = bench.poll(source(failing(ZeroDivisionError("by zero"))))
    assert isinstance(result.error, LitwatchError)
    assert "unexpected ZeroDivisionError: by zero" in str(result.error)
    assert bench.book.claims == {"pubmed": False}


def test_a_request_to_stop_ends_between_two_items() -> None:
    bench = Bench()
    bench.stopping = lambda: len(bench.taken) >= 1
    result = bench.poll(source(in_two([])))
    assert result.skipped == "stopped"
    assert result.tally == Tally(new=2)
    assert bench.book.successes == bench.book.failures == []
    assert bench.book.claims == {"pubmed": False}
    bench.stopping = lambda: False
    again = source(fine)
    bench.poll(again)
    assert len(again.asked) == 1  # the window is walked again


def test_forced_sources_are_walked_from_their_marks_though_not_due() -> None:
    bench = Bench()
    asked = source(fine)
    bench.poll(asked)
    bench.time.pass_time(days=1)
    bench.poll(asked, force=True)
    bench.poll(asked, force=True)
    assert bench.book.forced == [False, True, True]
    assert [str(sweep.window) for sweep in asked.asked[1:]] == [
        "2026-11-09..2026-11-17",
        "2026-11-10..2026-11-17",
    ]


def test_a_given_window_is_walked_once_and_as_given() -> None:
    bench = Bench()
    asked = source(fine)
    asked.sweeps = frozenset(SweepKind)
    wanted = Window(date(2020, 1, 1), date(2020, 2, 1))
    bench.poll(asked, window=wanted)
    assert [(sweep.kind, sweep.window) for sweep in asked.asked] == [(SweepKind.RECENT, wanted)]
    assert bench.book.forced == [True]


def test_deletions_are_handed_on() -> None:
    bench = Bench()
    result = bench.poll(source(lambda sweep: [Batch((), ("1", "2")), whole(sweep)]))
    assert result.tally == Tally(gone=2)


def test_a_sweep_that_fails_leaves_the_later_ones_for_the_next_poll() -> None:
    bench = Bench()
    bench.book.kept[SweepKind.RECENT] = SweepMark(TODAY - timedelta(days=1), START - 24 * HOURS)
    bench.book.first = START - timedelta(days=90)
    asked = source(failing(BROKEN), fine)
    asked.sweeps = frozenset({SweepKind.RECENT, SweepKind.WIDE})
    bench.poll(asked)
    bench.time.pass_time(minutes=15)
    bench.poll(asked)
    assert [sweep.kind for sweep in asked.asked] == [
        SweepKind.RECENT,
        SweepKind.RECENT,
        SweepKind.WIDE,
    ]


def test_a_poller_whose_claim_was_lost_writes_nothing_more() -> None:
    """T40 for polls: it was asleep, and another walks the window."""
    bench = Bench()
    bench.stopping = lambda: bool(bench.taken) and setattr(bench.book, "taken_over", True)  # type: ignore[func-returns-value]
    asked = source(in_two([]))
    result = bench.poll(asked)
    assert result.skipped == "taken over by another worker"
    assert result.error is None
    assert bench.book.kept == {}
    assert bench.book.receipts == bench.book.failures == bench.book.successes == []


def two_channels(second: WindowReport | BaseException | None) -> Callable[[Sweep], Script]:
    """The same days twice, by two queries."""

    def script(sweep: Sweep) -> Script:
        first = whole(sweep, query="one")
        other = whole(sweep, query="two") if second is None else second
        return [records(2), first, records(1), other]

    return script


def test_a_channel_that_breaks_off_moves_no_mark_though_another_was_whole() -> None:
    bench = Bench()
    assert bench.poll(source(two_channels(BROKEN))).error is BROKEN
    assert bench.book.kept[SweepKind.RECENT] == SweepMark(None, None)
    bench.poll(source(two_channels(None)), force=True)
    assert bench.book.kept[SweepKind.RECENT].last_complete_end == TODAY


def test_a_channel_that_is_down_for_long_loses_no_day() -> None:
    """The window begins where both channels were whole last, however long ago."""
    bench = Bench()
    bench.poll(source(two_channels(None)))
    for _ in range(20):
        bench.time.pass_time(days=1)
        bench.poll(source(two_channels(BROKEN)))
    back = source(two_channels(None))
    bench.time.pass_time(days=1)
    bench.poll(back)
    assert back.asked[0].window.start <= TODAY


def test_what_a_broken_walk_still_had_to_walk_is_in_its_receipt() -> None:
    bench = Bench()
    bench.poll(source(in_two([BROKEN])))
    (whole_part, _), (left, tally) = bench.book.receipts
    assert left.window == Window(whole_part.window.end + timedelta(days=1), TODAY)
    assert (left.query, left.gap, tally) == ("", str(BROKEN), Tally(new=3))
    bench = Bench()
    bench.poll(source(two_channels(BROKEN)))
    assert bench.book.receipts[1][0].window == bench.book.receipts[0][0].window


def test_a_walk_that_a_defect_of_ours_ended_has_a_receipt_too() -> None:
    bench = Bench()
    bench.poll(source(failing(ZeroDivisionError("by zero"))))
    [(report, tally)] = bench.book.receipts
    assert "ZeroDivisionError" in (report.gap or "")
    assert (report.end_sign, tally.new) == (False, 2)


def test_reports_get_the_signs_that_their_counts_show() -> None:
    bench = Bench()
    short = {"stated": 12_000, "fetched": 9_999, "gap": "2,001 short"}
    bench.poll(source(lambda sweep: [whole(sweep, **short)]))
    [(report, _)] = bench.book.receipts
    assert report.signs == frozenset({Sign.CLAMPED})

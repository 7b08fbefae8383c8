from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from service.records import (
    NOTHING_ASKED,
    SourceReceipt,
    SweepKind,
    SweepMark,
    Tally,
    Validators,
    Window,
    WindowReport,
)
from tests.papers import NOW

if TYPE_CHECKING:
    from service.store import Store

HOUR = timedelta(hours=1)
WEEK = Window(date(2026, 11, 9), date(2026, 11, 16))


def begin(store: Store, now: datetime = NOW, *, force: bool = False) -> bool:
    with store.writing() as tx:
        return tx.sources.begin("pubmed", now, force=force)


def failed(store: Store, *, until: datetime = NOW + HOUR) -> None:
    with store.writing() as tx:
        tx.sources.failed("pubmed", "transient", "pubmed: HTTP 502", until)


def report(
    window: Window = WEEK,
    *,
    gap: str | None = None,
    query: str = "stroma[ti]",
    kind: SweepKind = SweepKind.RECENT,
    **changes: Any,
) -> WindowReport:
    values: dict[str, Any] = {"translation": None, "stated": 12, "fetched": 12, "end_sign": True}
    return WindowReport(window, kind, query, gap=gap, **(values | changes))


def keep(
    store: Store, made: WindowReport, *, at: datetime = NOW, new: int = 5, source: str = "pubmed"
) -> None:
    with store.writing() as tx:
        tx.sources.add_receipt(source, made, Tally(new=new), started_at=at, finished_at=at)


def mark(store: Store, end: date | None, ran: datetime) -> None:
    with store.writing() as tx:
        tx.sources.set_mark("pubmed", SweepKind.RECENT, SweepMark(end, ran), None)


def line(store: Store, *, since: datetime | None = None, days: int = 7) -> SourceReceipt:
    with store.reading() as tx:
        [found] = tx.sources.summary(since, NOW + timedelta(days=days))
    return found


# -- states


def test_a_source_that_waits_is_begun_only_by_force(store: Store) -> None:
    assert begin(store)
    failed(store)
    almost = NOW + HOUR - timedelta(seconds=1)
    assert not begin(store, almost)
    assert begin(store, NOW + HOUR / 2, force=True)
    with store.reading() as tx:
        assert tx.sources.waits("pubmed", almost)
        assert not tx.sources.waits("pubmed", NOW + HOUR)
        assert not tx.sources.waits("never", NOW)
        [state] = tx.sources.states()
    assert state.last_attempt_at == NOW + HOUR / 2
    assert begin(store, NOW + HOUR)


def test_failures_are_counted_and_kept_until_a_poll_ends_well(store: Store) -> None:
    begin(store)
    failed(store)
    failed(store)
    with store.reading() as tx:
        [state] = tx.sources.states()
    assert (state.failures, state.error_code, state.error) == (2, "transient", "pubmed: HTTP 502")
    assert (state.last_attempt_at, state.last_success_at) == (NOW, None)
    with store.writing() as tx:
        tx.sources.succeeded("pubmed", NOW + HOUR, NOW + 7 * HOUR)
        [state] = tx.sources.states()
    assert (state.failures, state.error_code, state.error) == (0, None, None)
    assert (state.last_success_at, state.not_before) == (NOW + HOUR, NOW + 7 * HOUR)


def test_when_a_source_was_first_polled_stays(store: Store) -> None:
    begin(store)
    begin(store, NOW + 5 * HOUR)
    with store.reading() as tx:
        assert tx.sources.first_polled("pubmed") == NOW
        assert tx.sources.first_polled("never") is None


# -- marks


def test_each_kind_of_sweep_has_its_own_mark(store: Store) -> None:
    recent, wide = SweepMark(WEEK.end, NOW), SweepMark(None, NOW)
    with store.writing() as tx:
        tx.sources.set_mark("pubmed", SweepKind.RECENT, recent, None)
        tx.sources.set_mark("pubmed", SweepKind.WIDE, wide, None)
        assert tx.sources.marks("pubmed") == {SweepKind.RECENT: recent, SweepKind.WIDE: wide}
        assert tx.sources.marks("pmc") == {}


def test_validators_stay_until_new_ones_are_given(store: Store) -> None:
    with store.writing() as tx:
        kept = Validators('"e1"', "Mon, 16 Nov 2026 07:00:00 GMT")
        assert tx.sources.validators("feed", SweepKind.RECENT) == Validators()
        tx.sources.set_mark("feed", SweepKind.RECENT, SweepMark(), kept)
        tx.sources.set_mark("feed", SweepKind.RECENT, SweepMark(WEEK.end, NOW), None)
        assert tx.sources.validators("feed", SweepKind.RECENT) == kept
        tx.sources.set_mark("feed", SweepKind.RECENT, SweepMark(), Validators('"e2"'))
        assert tx.sources.validators("feed", SweepKind.RECENT) == Validators('"e2"')


# -- receipts


def test_a_receipt_tells_what_a_window_stated_and_gave(store: Store) -> None:
    hostile = ("\x00 \ud800 é",)
    keep(store, report(translation="stroma[Title]", gap="2 short", fetched=10, warnings=hostile))
    keep(store, report(), at=NOW + HOUR)
    with store.reading() as tx:
        newest, first = tx.sources.receipts()
        assert tx.sources.receipts("pmc") == []
        assert tx.sources.receipts("pubmed", limit=1) == [newest]
        assert tx.sources.count_receipts() == 2
    assert (newest.finished_at, first.finished_at) == (NOW + HOUR, NOW)
    assert (first.window, first.kind) == ("2026-11-09..2026-11-16", "recent")
    assert (first.stated, first.fetched, first.new, first.gap) == (12, 10, 5, "2 short")


def test_an_import_leaves_a_receipt_but_no_line_in_digests(store: Store) -> None:
    with store.writing() as tx:
        tx.sources.add_import_receipt("pubmed", "pubmed21n1298.xml.gz", Tally(new=3), NOW, NOW)
        [receipt] = tx.sources.receipts()
        assert (receipt.kind, receipt.query, receipt.new) == ("import", "pubmed21n1298.xml.gz", 3)
        assert tx.sources.summary(None, NOW) == ()


def test_what_there_was_nothing_to_ask_of_is_not_in_the_summary(store: Store) -> None:
    keep(store, report(query=NOTHING_ASKED, stated=None, fetched=0), new=0)
    with store.reading() as tx:
        assert tx.sources.summary(None, NOW) == ()
    keep(store, report(query="", stated=None, fetched=0, end_sign=False, gap="HTTP 502"), new=0)
    with store.reading() as tx:  # that is how a walk looks that broke before it asked
        assert len(tx.sources.summary(None, NOW)) == 1


def test_the_summary_adds_up_windows_since_the_last_digest(store: Store) -> None:
    keep(store, report(), at=NOW - HOUR)
    keep(store, report(query="a"), at=NOW + HOUR)
    other = Window(date(2026, 11, 12), date(2026, 11, 17))
    keep(store, report(other, query="b", stated=None, fetched=3), at=NOW + 2 * HOUR)
    keep(store, report(), at=NOW + timedelta(days=30))
    found = line(store, since=NOW)
    assert (found.fetched, found.new, found.gaps) == (15, 10, ())
    assert found.stated is None  # of a part alone it would not go with what was fetched
    assert found.window == "2026-11-09..2026-11-17"


def test_sources_are_summed_up_apart(store: Store) -> None:
    keep(store, report(), source="pubmed")
    keep(store, report(stated=7), source="arxiv")
    with store.reading() as tx:
        assert [(r.source, r.stated) for r in tx.sources.summary(None, NOW)] == [
            ("arxiv", 7),
            ("pubmed", 12),
        ]


def test_a_gap_is_told(store: Store) -> None:
    keep(store, report(gap="2 of 12 are missing"))
    keep(store, report(Window(WEEK.end, WEEK.end), end_sign=False))
    assert line(store).gaps == (
        "2026-11-09..2026-11-16: 2 of 12 are missing",
        "2026-11-16: the walk ended without the source's end sign",
    )


def test_a_gap_is_closed_when_its_window_is_walked_again(store: Store) -> None:
    keep(store, report(gap="short"))
    keep(store, report(), at=NOW + HOUR, new=1)
    found = line(store)
    assert (found.gaps, found.new) == ((), 6)


def test_a_gap_is_closed_by_a_later_walk_that_is_proved_past_it(store: Store) -> None:
    """The next day's window has other bounds, and so another query."""
    keep(store, report(gap="short"))
    tomorrow = Window(WEEK.start, WEEK.end + timedelta(days=1))
    later = NOW + timedelta(days=1)
    keep(store, report(tomorrow, query="tomorrow's"), at=later)
    assert len(line(store).gaps) == 1
    mark(store, tomorrow.end, later)
    assert line(store).gaps == ()


def test_a_gap_is_not_closed_by_what_was_whole_beside_it(store: Store) -> None:
    """One category of a walk was short, the next was whole; the mark was past both before."""
    keep(store, report(gap="short", query="cat:a"), at=NOW + HOUR)
    keep(store, report(query="cat:b"), at=NOW + HOUR)
    mark(store, WEEK.end, NOW)
    assert len(line(store).gaps) == 1


def test_an_old_gap_is_not_closed_by_walks_of_recent_days(store: Store) -> None:
    old = Window(date(2020, 1, 1), date(2020, 2, 1))
    keep(store, report(old, gap="short"))
    keep(store, report(), at=NOW + HOUR)
    mark(store, WEEK.end, NOW + HOUR)
    assert line(store).gaps == ("2020-01-01..2020-02-01: short",)


def test_a_source_that_fails_tells_its_reason_even_without_a_receipt(store: Store) -> None:
    begin(store)
    failed(store)
    found = line(store)
    assert (found.gaps, found.window, found.stated) == (("pubmed: HTTP 502",), "", None)


def test_one_failure_is_told_once(store: Store) -> None:
    begin(store)
    keep(store, report(query="", end_sign=False, gap="pubmed: HTTP 502"))
    failed(store)
    assert line(store).gaps == ("2026-11-09..2026-11-16: pubmed: HTTP 502",)

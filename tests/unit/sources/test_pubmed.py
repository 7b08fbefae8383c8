from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import (
    BadRequestError,
    FetchRefusedError,
    IncompleteError,
    QueryAlteredError,
)
from service.records import Batch, Sweep, SweepKind, Window, WindowReport
from service.sources.eutils import Account
from service.sources.http import PoliteClient
from service.sources.pubmed import PubMed
from tests.fakes_eutils import TRIES, Entry, FakeEntrez, articles
from tests.fault_server import FakeTime, gzipped, hang_up, reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.protocols import Source

TODAY = date(2026, 11, 20)  # a Friday
WEEK = Window(TODAY - timedelta(days=7), TODAY)
ACCOUNT = Account(email="lab@example.org", api_key="K")


def entries(count: int, start: int = 41_000_000, days: int = 8) -> dict[int, Entry]:
    """`count` records, spread evenly over the last `days` days."""
    return {start + n: Entry(TODAY - timedelta(days=n % days)) for n in range(count)}


def everything(ids: Sequence[str]) -> set[str]:
    return set(ids)


def nothing(ids: Sequence[str]) -> set[str]:
    return set()


def walk(
    entrez: FakeEntrez,
    kind: SweepKind = SweepKind.RECENT,
    window: Window = WEEK,
    unknown: Callable[[Sequence[str]], set[str]] = everything,
    **options: object,
) -> tuple[list[int], list[WindowReport], list[Batch]]:
    source: Source = PubMed(entrez, "stroma OR niche", ACCOUNT, cap=entrez.cap, **options)
    given = list(source.poll(Sweep(kind, window), unknown))
    batches = [item for item in given if isinstance(item, Batch)]
    ids = [int(record.source_id) for batch in batches for record in batch.records]
    return ids, [item for item in given if isinstance(item, WindowReport)], batches


# -- an ordinary walk -------------------------------------------------------------------------------


def test_a_window_is_walked_whole() -> None:
    entrez = FakeEntrez(entries(450))
    ids, reports, batches = walk(entrez)
    assert sorted(ids) == sorted(entrez.entries)
    assert [len(batch.records) for batch in batches] == [200, 200, 50]
    [report] = reports
    assert report.complete
    assert (report.stated, report.fetched, report.window) == (450, 450, WEEK)
    assert report.translation == report.query.lower()


def test_records_that_entered_outside_the_window_are_not_asked_for() -> None:
    entrez = FakeEntrez({1: Entry(WEEK.start - timedelta(days=1)), 2: Entry(WEEK.start)})
    assert walk(entrez)[0] == [2]


def test_the_query_is_bracketed_and_dated_by_creation() -> None:
    entrez = FakeEntrez(entries(1))
    walk(entrez)
    assert entrez.searches() == ['(stroma OR niche) AND ("2026/11/13"[crdt] : "2026/11/20"[crdt])']


def test_every_request_says_who_asks() -> None:
    entrez = FakeEntrez(entries(3))
    walk(entrez)
    assert len(entrez.asked) == 2
    for asked in entrez.asked:
        assert asked.values["tool"] == "litwatch"
        assert asked.values["email"] == "lab@example.org"
        assert asked.values["api_key"] == "K"
    assert entrez.asked[0].values["usehistory"] == "y"
    assert [asked.as_form for asked in entrez.asked] == [False, True]


def test_without_a_key_none_is_sent() -> None:
    entrez = FakeEntrez(entries(3))
    list(PubMed(entrez, "q", Account()).poll(Sweep(SweepKind.RECENT, WEEK), everything))
    assert all("api_key" not in asked.values for asked in entrez.asked)


def test_a_long_query_goes_as_a_form() -> None:
    entrez = FakeEntrez(entries(1))
    list(PubMed(entrez, "x" * 3000, ACCOUNT).poll(Sweep(SweepKind.RECENT, WEEK), everything))
    assert entrez.asked[0].as_form


def test_only_unknown_records_are_fetched() -> None:
    entrez = FakeEntrez(entries(10))
    known = {"41000001", "41000002"}
    ids, [report], _ = walk(entrez, unknown=lambda ids: set(ids) - known)
    assert sorted(ids) == [n for n in sorted(entrez.entries) if str(n) not in known]
    assert (report.stated, report.fetched) == (10, 10)


def test_nothing_is_fetched_when_all_is_known() -> None:
    entrez = FakeEntrez(entries(10))
    _, [report], batches = walk(entrez, SweepKind.ARCHIVE, unknown=nothing)
    assert entrez.fetched() == []
    assert batches == []
    assert report.complete


def test_a_revised_sweep_fetches_anew_what_is_held() -> None:
    """Old records that were never wanted are no news when their indexing changes."""
    long_ago = date(2020, 1, 1)
    entrez = FakeEntrez(
        {
            1: Entry(long_ago, revised=TODAY),
            2: Entry(long_ago, revised=TODAY),
            3: Entry(TODAY, long_ago),
        }
    )
    ids, [report], _ = walk(entrez, SweepKind.REVISED, unknown=lambda ids: set(ids) & {"2"})
    assert ids == [1]
    assert "[lr]" in report.query
    assert report.complete


def test_a_walk_works_over_a_real_connection_that_fails_now_and_then() -> None:
    found = b'{"esearchresult":{"count":"2","retmax":"2","retstart":"0","idlist":["1","2"]}}'
    fake = FakeTime()
    with serving() as server:
        server.script("/esearch.fcgi", reply(429, b"", {"Retry-After": "3"}), reply(200, found))
        whole = articles("pubmed", [1, 2])
        server.script("/efetch.fcgi", hang_up, reply(200, whole[:-30]), gzipped(whole))
        client = PoliteClient("t", trusted=frozenset({"127.0.0.1"}), clock=fake.clock())
        walked = PubMed(client, "q", ACCOUNT, base=server.url("/")).poll(
            Sweep(SweepKind.RECENT, WEEK), everything
        )
        batch, report = list(walked)
        client.close()
    assert isinstance(batch, Batch)
    assert [record.source_id for record in batch.records] == ["1", "2"]
    assert isinstance(report, WindowReport)
    assert report.complete
    assert len(server.requests) == 5


def test_batches_come_before_their_report() -> None:
    entrez = FakeEntrez(entries(3))
    given = list(PubMed(entrez, "q", ACCOUNT).poll(Sweep(SweepKind.WIDE, WEEK), everything))
    assert [type(item) for item in given] == [Batch, WindowReport]


# -- the cap ----------------------------------------------------------------------------------------


def test_a_window_over_the_cap_is_split_by_days() -> None:
    entrez = FakeEntrez(entries(160), cap=30)
    ids, reports, _ = walk(entrez)
    assert sorted(ids) == sorted(entrez.entries)
    assert len(ids) == len(set(ids))
    assert all(report.complete for report in reports)
    assert sum(report.stated or 0 for report in reports) == 160
    days = [WEEK.start + timedelta(days=number) for number in range(8)]
    assert [report.window for report in reports] == [Window(day, day) for day in days]


class Forgetful(FakeEntrez):
    """Finds nothing, without a sign of trouble, when it is asked for Sunday alone."""

    def _search(self, values: dict[str, str]) -> bytes:
        sunday = values["term"].count("2026/11/15") == 2
        return super()._search(values | {"term": '("1900/01/01"[crdt] : "1900/01/01"[crdt])'}
                               if sunday else values)  # fmt: skip


@pytest.mark.parametrize("kind", [SweepKind.RECENT, SweepKind.REVISED])
def test_days_that_hold_less_than_their_window_are_a_gap_of_the_window(kind: SweepKind) -> None:
    _, reports, _ = walk(Forgetful(entries(160), cap=30), kind, wide=True, unknown=nothing)
    *days, whole = reports
    assert all(report.complete for report in days), "no day shows by itself what is wrong"
    assert (whole.window, whole.stated, whole.fetched) == (WEEK, 160, 140)
    assert not whole.complete
    assert "140 were given by the window's days together" in (whole.gap or "")


def test_a_day_over_the_cap_is_split_by_ranges_of_ids() -> None:
    far_apart = {n * 7919 % 50_000_000 + 1: Entry(TODAY) for n in range(1, 301)}
    entrez = FakeEntrez(far_apart, cap=25)
    ids, [report], _ = walk(entrez, window=Window(TODAY, TODAY))
    assert sorted(ids) == sorted(far_apart)
    assert report.complete
    assert (report.stated, report.fetched) == (300, 300)
    assert any("[uid]" in term for term in entrez.searches())
    assert "[uid]" not in report.query


def test_exactly_the_cap_needs_no_split() -> None:
    entrez = FakeEntrez(entries(30), cap=30)
    walk(entrez)
    assert len(entrez.searches()) == 1


def test_one_more_than_the_cap_in_a_day_is_not_lost() -> None:
    entrez = FakeEntrez({n: Entry(TODAY) for n in range(1, 32)}, cap=30)
    ids, [report], _ = walk(entrez, window=Window(TODAY, TODAY))
    assert len(ids) == 31
    assert report.complete


# -- short lists ------------------------------------------------------------------------------------


def test_a_clamped_list_is_a_gap_and_what_came_is_kept() -> None:
    entrez = FakeEntrez(entries(50), clamp=1)
    ids, [report], _ = walk(entrez)
    assert len(ids) == 49
    assert not report.complete
    assert not report.end_sign
    assert report.gap == "50 records are stated, 49 were given"
    assert len(entrez.searches()) == 2  # it is asked once more before it is believed


def test_a_list_that_is_short_once_is_asked_again() -> None:
    short = {"count": "3", "retmax": "2", "retstart": "0", "idlist": ["41000000", "41000001"]}
    entrez = FakeEntrez(entries(3), first=[json.dumps({"esearchresult": short}).encode()])
    ids, [report], _ = walk(entrez)
    assert len(ids) == 3
    assert report.complete


@pytest.mark.parametrize(
    "body",
    [
        b'{"esearchresult":{"count":"3","retmax":"0","retstart":"0","idlist":[]}}',
        b'{"esearchresult":{"ERROR":"Search Backend failed: timed out"}}',
        b'{"esearchresult":{"count":"3"',
        b"<html><body>Error 500</body></html>",
        b"",
    ],
)
def test_a_reply_that_is_none_is_asked_again(body: bytes) -> None:
    entrez = FakeEntrez(entries(3), first=[body])
    ids, [report], _ = walk(entrez)
    assert len(ids) == 3
    assert report.complete


def test_a_list_that_stays_empty_below_its_count_ends_the_sweep() -> None:
    empty = b'{"esearchresult":{"count":"3","retmax":"0","retstart":"0","idlist":[]}}'
    with pytest.raises(IncompleteError):
        walk(FakeEntrez(entries(3), first=[empty] * TRIES))


def test_a_request_beyond_the_cap_is_our_fault_and_raised() -> None:
    body = b'{"esearchresult":{"ERROR":"Search Backend failed: Exception:\\n\'retstart\' cannot be larger than 9998."}}'
    with pytest.raises(BadRequestError):
        walk(FakeEntrez(entries(3), first=[body]))


# -- missing records --------------------------------------------------------------------------------


def test_missing_records_are_asked_for_alone() -> None:
    entrez = FakeEntrez(entries(5), shy={41_000_002})
    ids, [report], _ = walk(entrez)
    assert sorted(ids) == sorted(entrez.entries)
    assert entrez.fetched()[1:] == [[41_000_002]]
    assert report.warnings == ()


def test_records_that_do_not_come_alone_are_told_as_gone() -> None:
    entrez = FakeEntrez(entries(5), hidden={41_000_002})
    ids, [report], _ = walk(entrez)
    assert len(ids) == 4
    assert report.complete
    assert "41000002" in report.warnings[0]


def test_a_single_record_that_is_gone_is_no_gap() -> None:
    entrez = FakeEntrez(entries(1), hidden={41_000_000})
    ids, [report], _ = walk(entrez)
    assert ids == []
    assert report.complete


def test_many_gone_records_are_a_gap() -> None:
    entrez = FakeEntrez(entries(50), hidden=set(range(41_000_000, 41_000_010)))
    _, [report], _ = walk(entrez)
    assert report.gap == "10 of 50 listed records could not be fetched"


def test_a_fetch_that_gives_nothing_ends_the_sweep() -> None:
    entrez = FakeEntrez(entries(5), hidden=set(range(41_000_000, 41_000_005)))
    with pytest.raises(IncompleteError, match="none of 5"):
        walk(entrez)


def test_a_cut_off_fetch_is_asked_again() -> None:
    class Cutting(FakeEntrez):
        def _answer(self, tool: str, values: dict[str, str]) -> bytes:
            body = super()._answer(tool, values)
            cut = tool == "efetch.fcgi" and len(self.fetched()) == 1
            return body[: len(body) // 2] if cut else body

    entrez = Cutting(entries(5))
    ids, [report], _ = walk(entrez)
    assert len(ids) == 5
    assert len(entrez.fetched()) == 2
    assert report.complete


def test_records_too_large_together_are_fetched_in_smaller_lots() -> None:
    class Heavy(FakeEntrez):
        def _answer(self, tool: str, values: dict[str, str]) -> bytes:
            if tool == "efetch.fcgi" and values["id"].count(",") > 2:
                raise FetchRefusedError("efetch", "the body is larger than 64 MiB")
            return super()._answer(tool, values)

    ids, [report], _ = walk(Heavy(entries(20)))
    assert len(ids) == 20
    assert report.complete


def test_one_bad_id_does_not_spoil_its_lot() -> None:
    class Strict(FakeEntrez):
        def _answer(self, tool: str, values: dict[str, str]) -> bytes:
            if tool == "efetch.fcgi" and "41000007" in values["id"].split(","):
                raise BadRequestError("efetch", "HTTP 400")
            return super()._answer(tool, values)

    ids, [report], _ = walk(Strict(entries(20)))
    assert len(ids) == 19
    assert report.complete
    assert "41000007" in report.warnings[0]


def test_a_fetch_that_is_refused_throughout_ends_the_sweep() -> None:
    class Closed(FakeEntrez):
        def _answer(self, tool: str, values: dict[str, str]) -> bytes:
            if tool == "efetch.fcgi":
                raise BadRequestError("efetch", "HTTP 403")
            return super()._answer(tool, values)

    with pytest.raises(IncompleteError, match="none of 20"):
        walk(Closed(entries(20)))


def test_deletions_are_passed_on() -> None:
    class Deleting(FakeEntrez):
        def _answer(self, tool: str, values: dict[str, str]) -> bytes:
            body = super()._answer(tool, values)
            note = b"<DeleteCitation><PMID>7</PMID></DeleteCitation></PubmedArticleSet>"
            return body.replace(b"</PubmedArticleSet>", note)

    _, _, [batch] = walk(Deleting(entries(2)))
    assert batch.deletions == ("7",)


# -- queries and zeros ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "notes",
    [
        {"errorlist": {"phrasesnotfound": ["niche"], "fieldsnotfound": []}},
        {"errorlist": {"phrasesnotfound": [], "fieldsnotfound": ["tiabb"]}},
    ],
)
def test_a_query_with_a_dropped_term_is_refused(notes: dict[str, object]) -> None:
    with pytest.raises(QueryAlteredError, match=r"niche|tiabb"):
        walk(FakeEntrez(entries(3), notes=notes))


def test_a_query_searched_more_widely_is_a_warning() -> None:
    notes = {"warninglist": {"quotedphrasesnotfound": ['"stromal niche"'], "phrasesignored": []}}
    _, [report], _ = walk(FakeEntrez(entries(3), notes=notes))
    assert report.complete
    assert "stromal niche" in report.warnings[0]


def test_a_zero_is_believed_when_pubmed_itself_had_entries() -> None:
    entrez = FakeEntrez({1: Entry(TODAY, matches=False)})
    ids, [report], _ = walk(entrez)
    assert ids == []
    assert report.complete
    assert report.stated == 0


def test_a_zero_is_a_gap_when_pubmed_as_a_whole_had_none() -> None:
    _, [report], _ = walk(FakeEntrez({}))
    assert not report.complete
    assert "as a whole" in (report.gap or "")


def test_a_zero_of_a_wide_query_is_a_gap() -> None:
    entrez = FakeEntrez({1: Entry(TODAY, matches=False)})
    _, [report], _ = walk(entrez, wide=True)
    assert not report.complete
    assert len(entrez.searches()) == 1


def test_a_day_without_records_inside_a_split_window_is_a_gap_on_weekdays() -> None:
    present = {
        n: Entry(WEEK.start + timedelta(days=n % 8)) for n in range(160) if n % 8 != 4
    }  # nothing on Tuesday 17
    _, reports, _ = walk(FakeEntrez(present, cap=30), wide=True)
    assert [r.window.start for r in reports if not r.complete] == [date(2026, 11, 17)]


def test_a_day_that_stays_empty_in_a_split_window_holds_up_the_mark_for_a_week_only() -> None:
    holiday, month = date(2026, 11, 10), Window(TODAY - timedelta(days=34), TODAY)
    days = [month.start + timedelta(days=number) for number in range(35)]
    present = {n: Entry(days[n % 35]) for n in range(350) if days[n % 35] != holiday}
    _, reports, _ = walk(FakeEntrez(present, cap=30), SweepKind.WIDE, month, wide=True)
    [empty] = [report for report in reports if not report.stated]
    assert empty.window == Window(holiday, holiday)
    assert empty.complete
    assert "for a query that always has some, again" in empty.warnings[-1]
    assert all(report.complete for report in reports)


@pytest.mark.parametrize(
    "window",
    [
        Window(date(2026, 11, 14), date(2026, 11, 15)),  # a weekend
        Window(TODAY, TODAY),  # a day that is not over
    ],
)
def test_a_zero_without_a_whole_working_day_is_plausible(window: Window) -> None:
    _, [report], _ = walk(FakeEntrez({}), window=window, wide=True)
    assert report.complete


def test_all_kinds_of_sweep_are_offered() -> None:
    source = PubMed(FakeEntrez({}), "q", ACCOUNT)
    assert source.sweeps == frozenset(SweepKind)
    assert source.name == "pubmed"


def test_the_account_does_not_show_its_key() -> None:
    assert "s3cret" not in repr(Account(api_key="s3cret"))

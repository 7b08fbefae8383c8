from __future__ import annotations

import json
from datetime import date
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from service.errors import QueryAlteredError, TransientError
from service.records import Batch, Sweep, SweepKind, Window, WindowReport
from service.sources.biorxiv import Biorxiv
from tests.fakes_http import Answer, FakeHttp, FakeReply, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

TUESDAY, FRIDAY, SATURDAY = date(2026, 11, 17), date(2026, 11, 20), date(2026, 11, 21)


class Server:
    """api.biorxiv.org: `rows` per day, pages of changing size, a total that may be too high."""

    def __init__(
        self,
        rows: dict[date, int],
        sizes: Sequence[int] = (30,),
        more: int = 0,
        total: type = str,
    ) -> None:
        self._rows = rows
        self._sizes = cycle(sizes)
        self._more = more
        self._total = total
        self.cursors: list[int] = []

    def __call__(self, request: Request) -> FakeReply | bytes:
        what, server, start, end, cursor, *form = request.url.split("/")[3:]
        assert form == (["json"] if what == "details" else [])
        self.cursors.append(int(cursor))
        first, last = date.fromisoformat(start), date.fromisoformat(end)
        days = [d for d in self._rows if first <= d <= last]
        rows = [self.row(what, server, d, n) for d in days for n in range(self._rows[d])]
        page = rows[int(cursor) : int(cursor) + next(self._sizes)]
        if not page:
            return b'{"messages":[{"status":"no posts found"}],"collection":[]}'
        message = {
            "status": "ok",
            "interval": f"{start}:{end}",
            "cursor": int(cursor),
            "total": self._total(len(rows) + self._more),
        }
        return json.dumps({"messages": [message], "collection": page}).encode()

    def row(self, what: str, server: str, day: date, number: int) -> dict[str, str]:
        doi = f"10.64898/{day:%Y.%m.%d}.{number:06}"
        if what == "pubs":
            return {"preprint_doi": doi, "published_doi": f"10.5555/{number}"}
        return {"doi": doi, "version": "1", "server": server, "date": str(day), "title": "t"}


def poll(
    answer: Answer, start: date, end: date, kind: SweepKind = SweepKind.RECENT, **settings: str
) -> tuple[list[Batch], list[WindowReport], FakeHttp]:
    http = FakeHttp(answer)
    sweep = Sweep(kind, Window(start, end))
    given = list(Biorxiv(http, **settings).poll(sweep, set))
    batches = [g for g in given if isinstance(g, Batch)]
    reports = [g for g in given if isinstance(g, WindowReport)]
    return batches, sorted(reports, key=lambda report: report.window), http


def ids(batches: list[Batch]) -> list[str]:
    return [record.source_id for batch in batches for record in batch.records]


def test_every_day_is_walked_by_itself_and_reported() -> None:
    server = Server({TUESDAY: 3, date(2026, 11, 18): 4})
    batches, reports, http = poll(server, TUESDAY, date(2026, 11, 18))
    assert [(r.window, r.stated, r.fetched) for r in reports] == [
        (Window(TUESDAY, TUESDAY), 3, 3),
        (Window(date(2026, 11, 18), date(2026, 11, 18)), 4, 4),
    ]
    assert all(report.complete for report in reports)
    assert len(set(ids(batches))) == 7
    url = "https://api.biorxiv.org/details/biorxiv/2026-11-17/2026-11-17/0/json"
    assert http.requests[0].url == url


@pytest.mark.parametrize("sizes", [(30,), (100,), (30, 100, 7), (1, 50)])
def test_no_row_is_skipped_when_the_page_size_changes_in_mid_walk(sizes: tuple[int, ...]) -> None:
    server = Server({TUESDAY: 180}, sizes)
    batches, (report,), _ = poll(server, TUESDAY, TUESDAY)
    assert len(set(ids(batches))) == 180
    assert report.complete


def test_the_cursor_moves_by_the_rows_received() -> None:
    server = Server({TUESDAY: 100}, (30, 45, 30))
    poll(server, TUESDAY, TUESDAY)
    assert server.cursors == [0, 30, 75]


@pytest.mark.parametrize("total", [str, int])
def test_a_total_may_be_text_or_a_number(total: type) -> None:
    _, (report,), http = poll(Server({TUESDAY: 31}, total=total), TUESDAY, TUESDAY)
    assert (report.stated, report.fetched, report.complete) == (31, 31, True)
    assert len(http.requests) == 2


def test_batches_hold_at_most_two_hundred() -> None:
    batches, _, _ = poll(Server({TUESDAY: 450}, (100,)), TUESDAY, TUESDAY)
    assert [len(b.records) for b in batches] == [200, 200, 50]


def test_an_empty_page_below_the_total_is_asked_again() -> None:
    server = Server({TUESDAY: 60})
    failures = iter([False, True, True, False])

    def answer(request: Request) -> FakeReply | bytes:
        return b'{"messages":[],"collection":[]}' if next(failures) else server(request)

    batches, (report,), http = poll(answer, TUESDAY, TUESDAY)
    assert len(set(ids(batches))) == 60
    assert report.complete
    assert len(http.requests) == 4


def test_a_shortfall_is_believed_when_two_walks_agree() -> None:
    batches, (report,), _ = poll(Server({TUESDAY: 60}, more=2), TUESDAY, TUESDAY)
    assert (report.stated, report.fetched) == (62, 60)
    assert report.complete
    assert report.warnings[-1] == "60 of 62 records served, the same in two walks"
    assert len(ids(batches)) == 60, "the second walk yields nothing twice"


def test_a_shortfall_of_which_two_walks_disagree_is_a_gap() -> None:
    servers = [Server({TUESDAY: 60}, (100,), more=2), Server({TUESDAY: 61}, (100,), more=1)]
    server = servers.pop(0)

    def answer(request: Request) -> FakeReply | bytes:
        nonlocal server
        if request.url.endswith("/0/json") and len(http_seen) > 1:
            server = servers[0]
        http_seen.append(request.url)
        return server(request)

    http_seen: list[str] = []
    batches, (report,), _ = poll(answer, TUESDAY, TUESDAY)
    assert report.gap == "61 of 62 records served"
    assert not report.complete
    assert len(set(ids(batches))) == 61, "what the second walk found is not lost"


def test_a_server_that_ignores_the_cursor_is_not_believed() -> None:
    server = Server({TUESDAY: 60})

    def answer(request: Request) -> FakeReply | bytes:
        reply = server(Request(request.url.replace("/30/", "/0/"), {}, {}))
        assert isinstance(reply, bytes)
        return reply

    _, (report,), _ = poll(answer, TUESDAY, TUESDAY)
    assert report.gap == "30 of 60 records served"


def test_a_server_that_gives_one_page_for_ever_and_no_total_is_left() -> None:
    row = {"doi": "10.1101/123456", "version": "1"}
    reply = json.dumps({"messages": [{"status": "ok"}], "collection": [row]}).encode()
    _, (report,), http = poll(lambda _: reply, TUESDAY, TUESDAY)
    assert not report.complete
    assert report.warnings == ("the same rows came again before 2",)
    assert len(http.requests) == 2


def test_a_database_that_is_down_is_waited_for() -> None:
    server = Server({TUESDAY: 10})
    answers = iter([b"Error : (2002) Connection refused", b"", b"<html>oops</html>"])

    def flaky(request: Request) -> FakeReply | bytes:
        fault = next(answers, None)
        return server(request) if fault is None else fault

    batches, (report,), http = poll(flaky, TUESDAY, TUESDAY)
    assert len(ids(batches)) == 10
    assert report.complete
    assert len(http.requests) == 4


def test_a_database_that_stays_down_ends_the_sweep_without_a_report() -> None:
    with pytest.raises(TransientError):
        poll(lambda _: b"Error : (2002) Connection refused", TUESDAY, TUESDAY)


def test_a_working_day_without_a_posting_is_a_gap_and_the_walk_goes_on() -> None:
    server = Server({FRIDAY: 5})
    _, reports, _ = poll(server, date(2026, 11, 19), SATURDAY)
    assert [r.gap for r in reports] == [
        "no postings: not plausible",
        None,
        None,
    ]


def test_the_last_day_may_be_empty_because_it_may_not_have_begun() -> None:
    _, (report,), _ = poll(Server({}), TUESDAY, TUESDAY)
    assert report.complete
    assert report.warnings == ("no posts found",)


def test_an_empty_day_does_not_block_the_mark_for_ever() -> None:
    _, reports, _ = poll(Server({FRIDAY: 3}), TUESDAY, date(2026, 11, 25))
    assert reports[0].complete
    assert "no postings in 2026-11-17..2026-11-17, again" in reports[0].warnings
    assert reports[1].gap is not None


def test_an_old_empty_day_is_not_believed_of_a_server_that_has_nothing_at_all() -> None:
    _, reports, _ = poll(Server({}), TUESDAY, date(2026, 11, 25))
    assert reports[0].gap == "no postings: not plausible"


def test_a_day_that_was_empty_by_mistake_is_read_at_the_end() -> None:
    server = Server({TUESDAY: 3, FRIDAY: 5})
    faults = iter([b'{"messages":[{"status":"no posts found"}],"collection":[]}'])
    batches, reports, http = poll(
        lambda request: next(faults, b"") or server(request), TUESDAY, date(2026, 11, 30)
    )
    assert len(ids(batches)) == 8
    assert (reports[0].fetched, reports[0].complete) == (3, True)
    days = [request.url.split("/")[5] for request in http.requests]
    assert days.index("2026-11-30") < len(days) - 1 - days[::-1].index("2026-11-17")


def test_what_is_empty_is_not_believed_when_a_day_that_had_rows_is_empty_too() -> None:
    server = Server({TUESDAY: 3})
    asked = []

    def answer(request: Request) -> FakeReply | bytes:
        asked.append(request.url)
        good = len(asked) == 1
        return server(request) if good else b'{"messages":[{"status":"no posts found"}]}'

    _, reports, _ = poll(answer, TUESDAY, date(2026, 11, 30))
    assert reports[0].complete
    assert reports[1].gap == "no postings: not plausible"


def test_another_interval_than_asked_ends_the_sweep() -> None:
    wrong = b'{"messages":[{"status":"ok","interval":"2020-01-01:2020-01-02"}],"collection":[{}]}'
    with pytest.raises(QueryAlteredError):
        poll(lambda _: wrong, TUESDAY, TUESDAY)


def test_a_category_is_sent_and_checked() -> None:
    server = Server({TUESDAY: 1})
    _, _, http = poll(server, TUESDAY, TUESDAY, category="cancer_biology")
    assert http.requests[0].params == {"category": "cancer_biology"}


def test_medrxiv_is_asked_at_the_same_host() -> None:
    batches, (report,), http = poll(Server({TUESDAY: 1}), TUESDAY, TUESDAY, server="medrxiv")
    assert "/details/medrxiv/" in http.requests[0].url
    assert batches[0].records[0].source == "medrxiv"
    assert report.query == "details/medrxiv"


@pytest.mark.parametrize("kind", [SweepKind.REVISED, SweepKind.ARCHIVE])
def test_links_to_journals_are_walked_sixty_days_back_in_steps(kind: SweepKind) -> None:
    server = Server({date(2026, 9, 30): 4, FRIDAY: 2}, (100,))
    batches, reports, http = poll(server, TUESDAY, FRIDAY, kind)
    assert all("/pubs/" in request.url for request in http.requests)
    assert reports[0].window.start == date(2026, 9, 21)
    assert reports[-1].window.end == FRIDAY
    assert all((r.window.end - r.window.start).days < 10 for r in reports)
    assert len(ids(batches)) == 6
    assert {r.format for b in batches for r in b.records} == {"biorxiv-pub-json"}


def test_a_preprint_with_two_links_counts_as_two_rows() -> None:
    rows = [{"preprint_doi": "10.1101/123456", "published_doi": f"10.5555/{n}"} for n in range(2)]
    message = {"status": "ok", "cursor": 0, "total": "2"}
    reply = json.dumps({"messages": [message], "collection": rows}).encode()
    _, reports, _ = poll(lambda _: reply, TUESDAY, TUESDAY, SweepKind.REVISED)
    assert {(r.fetched, r.gap) for r in reports} == {(2, None)}

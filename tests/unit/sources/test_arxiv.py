from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import BadRequestError, CursorLostError, IncompleteError, QueryAlteredError
from service.records import Batch, Sweep, SweepKind, Window, WindowReport
from service.sources import arxiv
from service.sources.arxiv import API_URL, OAI_URL, Arxiv, search_query
from tests.fakes_http import Answer, FakeHttp, FakeReply, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WEEK = Window(date(2026, 11, 14), date(2026, 11, 20))
LOST = b"""<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><request/>
<error code="badResumptionToken">gone</error></OAI-PMH>"""
NONE = LOST.replace(b"badResumptionToken", b"noRecordsMatch")


def listing(first: int, count: int, token: str = "", verb: str = "ListRecords") -> bytes:
    def header(number: int) -> str:
        return (
            f"<header><identifier>oai:arXiv.org:2610.{number:05}</identifier>"
            "<datestamp>2026-11-16</datestamp></header>"
        )

    def record(number: int) -> str:
        return (
            f"<record>{header(number)}<metadata><arXivRaw xmlns='http://arxiv.org/OAI/arXivRaw/'>"
            f"<id>2610.{number:05}</id><version version='v1'/></arXivRaw></metadata></record>"
        )

    make = record if verb == "ListRecords" else header
    inside = "".join(make(n) for n in range(first, first + count))
    end = f"<resumptionToken expirationDate='2026-11-21'>{token}</resumptionToken>" if token else ""
    return (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><request/>'
        f"<{verb}>{inside}{end}</{verb}></OAI-PMH>"
    ).encode()


def feed(
    days: Sequence[date], total: int, start: int = 0, query: str = "", first: int = 0
) -> bytes:
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/2609.{first + n:05}v2</id><title>t</title>"
        f"<updated>{day}T08:00:00Z</updated></entry>"
        for n, day in enumerate(days)
    )
    return f"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/">
<title>arXiv Query: search_query={query.replace('"', "&quot;")}&amp;id_list=&amp;start={start}&amp;max_results=200</title>
<o:totalResults>{total}</o:totalResults><o:startIndex>{start}</o:startIndex>{entries}</feed>""".encode()


def poll(
    oai: Answer | None = None,
    api: Answer | None = None,
    kind: SweepKind = SweepKind.RECENT,
    unknown: Callable[[Sequence[str]], set[str]] = set,
    window: Window = WEEK,
) -> tuple[list[Batch], list[WindowReport], FakeHttp]:
    def answer(request: Request) -> FakeReply | bytes:
        wanted = oai if request.url == OAI_URL else api
        assert wanted is not None, request
        return wanted(request)

    http = FakeHttp(answer)
    source = Arxiv(http, categories=("cs.CV", "stat.AP") if api else (), terms=("tumor",))
    given = list(source.poll(Sweep(kind, window), unknown))
    batches = [g for g in given if isinstance(g, Batch)]
    return batches, [g for g in given if isinstance(g, WindowReport)], http


def ids(batches: list[Batch]) -> list[str]:
    return [record.source_id for batch in batches for record in batch.records]


class Oai:
    """Pages by token; `faults` maps the number of a request to what is answered in its place."""

    def __init__(self, pages: dict[str, bytes], faults: dict[int, bytes] | None = None) -> None:
        self._pages = pages
        self._faults = faults or {}
        self.asked = 0

    def __call__(self, request: Request) -> bytes:
        self.asked += 1
        if self.asked in self._faults:
            return self._faults[self.asked]
        return self._pages[request.params.get("resumptionToken", "")]


PAGES = {"": listing(0, 300, "skip%3D300"), "skip=300": listing(300, 50)}


# -- OAI-PMH --------------------------------------------------------------------------------------


def test_the_list_is_walked_until_a_page_without_a_token() -> None:
    batches, (report,), http = poll(Oai(PAGES))
    assert len(set(ids(batches))) == 350
    assert (report.fetched, report.stated, report.complete) == (350, None, True)
    assert [len(b.records) for b in batches] == [200, 100, 50]
    assert http.requests[0].params == {
        "verb": "ListRecords",
        "set": "q-bio",
        "metadataPrefix": "arXivRaw",
        "from": "2026-11-12",
    }


def test_a_token_that_came_percent_encoded_is_not_encoded_twice() -> None:
    _, _, http = poll(Oai(PAGES))
    assert http.requests[1].params == {"verb": "ListRecords", "resumptionToken": "skip=300"}


def test_a_lost_token_begins_the_list_again() -> None:
    batches, (report,), _ = poll(Oai(PAGES, {2: LOST}))
    assert len(set(ids(batches))) == 350
    assert (report.fetched, report.complete) == (350, True)


def test_a_token_lost_again_and_again_ends_the_sweep_without_a_report() -> None:
    with pytest.raises(CursorLostError):
        poll(Oai({"": PAGES[""], "skip=300": LOST}))


def test_a_token_that_returns_for_ever_is_noticed() -> None:
    with pytest.raises(CursorLostError, match="twice"):
        poll(Oai({"": PAGES[""], "skip=300": listing(300, 50, "skip%3D300")}))


def test_a_throttled_page_is_asked_again() -> None:
    batches, (report,), http = poll(Oai(PAGES, {2: b"Rate exceeded.", 3: b"<html/>"}))
    assert len(set(ids(batches))) == 350
    assert report.complete
    assert len(http.requests) == 4


def test_a_week_without_a_record_is_not_believed() -> None:
    _, (report,), _ = poll(lambda _: NONE)
    assert report.end_sign
    assert report.gap == "no q-bio records: not plausible"


def test_a_weekend_without_a_record_is_believed() -> None:
    _, (report,), _ = poll(lambda _: NONE, window=Window(date(2026, 11, 14), date(2026, 11, 15)))
    assert report.complete


def test_the_archive_sweep_fetches_only_what_is_unknown() -> None:
    pages = {"": listing(0, 250, verb="ListIdentifiers")}
    asked: list[str] = []

    def api(request: Request) -> bytes:
        if "id_list" not in request.params:
            return feed([WEEK.start - timedelta(days=1)], 1, 0, QUERY)
        asked.append(request.params["id_list"])
        names = request.params["id_list"].split(",")[1:]  # one is listed and not served
        entries = "".join(
            f"<entry><id>http://arxiv.org/abs/{n}v1</id><title>t</title></entry>" for n in names
        )
        return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()

    batches, (report, searched), http = poll(
        Oai(pages), api, SweepKind.ARCHIVE, lambda names: {n for n in names if n < "2610.00150"}
    )
    assert http.requests[0].params["verb"] == "ListIdentifiers"
    assert [len(a.split(",")) for a in asked] == [100, 50]
    assert len(ids(batches)) == 148
    assert (report.fetched, report.complete) == (250, True)
    assert report.warnings[0] == "1 listed but not served: 2610.00000"
    assert (searched.fetched, searched.complete) == (0, True)


# -- the search API -------------------------------------------------------------------------------


QUERY = search_query(("cs.CV", "stat.AP"), ("tumor",), "q-bio")


def search(days: list[date], faults: dict[int, bytes] | None = None, query: str = QUERY) -> Answer:
    """The API over rows sorted newest first, 200 a page."""
    count = 0

    def answer(request: Request) -> bytes:
        nonlocal count
        count += 1
        if faults and count in faults:
            return faults[count]
        start = int(request.params["start"])
        return feed(days[start : start + 200], len(days), start, query, start)

    return answer


def days_back(count: int, per_day: int) -> list[date]:
    return [WEEK.end - timedelta(days=n // per_day) for n in range(count)]


def test_the_walk_ends_at_the_first_row_before_the_window() -> None:
    batches, reports, http = poll(Oai(PAGES), search(days_back(2000, 40)))
    found = [i for i in ids(batches) if i.startswith("2609")]
    assert len(found) == 7 * 40
    assert (reports[1].fetched, reports[1].stated, reports[1].complete) == (280, None, True)
    starts = [r.params["start"] for r in http.requests if r.url == API_URL]
    assert starts == ["0", "200"]


def test_the_walk_ends_at_the_total() -> None:
    _, reports, _ = poll(Oai(PAGES), search(days_back(230, 100)))
    assert (reports[1].fetched, reports[1].stated, reports[1].complete) == (230, 230, True)


def test_a_result_without_rows_of_any_day_is_not_believed() -> None:
    _, reports, _ = poll(Oai(PAGES), search([]))
    assert (reports[1].fetched, reports[1].end_sign) == (0, True)
    assert reports[1].gap == "no row at all, of any day: not plausible"


def test_a_window_without_rows_is_complete_where_there_are_older_ones() -> None:
    _, reports, _ = poll(Oai(PAGES), search([WEEK.start - timedelta(days=30)]))
    assert (reports[1].fetched, reports[1].complete) == (0, True)


def test_a_total_that_is_too_low_for_a_moment_loses_nothing() -> None:
    rows = days_back(300, 100)
    low = feed(rows[:200], 200, 0, QUERY)
    batches, reports, _ = poll(Oai(PAGES), search(rows, {1: low}))
    assert len(set(ids(batches)) - set(ids(poll(Oai(PAGES), search([]))[0]))) == 300
    assert (reports[1].fetched, reports[1].complete) == (300, True)


def test_an_empty_page_below_the_total_is_asked_again() -> None:
    empty = feed([], 230, 200, QUERY)
    _, reports, http = poll(Oai(PAGES), search(days_back(230, 100), {2: empty, 3: empty}))
    assert (reports[1].fetched, reports[1].complete) == (230, True)
    assert len([r for r in http.requests if r.url == API_URL]) == 5  # the last finds the end


def test_a_page_that_stays_empty_ends_the_sweep() -> None:
    faults = dict.fromkeys(range(2, 20), feed([], 230, 200, QUERY))
    with pytest.raises(IncompleteError):
        poll(Oai(PAGES), search(days_back(230, 100), faults))


def test_a_query_searched_otherwise_than_asked_is_an_error() -> None:
    """arXiv searches an unknown field everywhere and says so only in the feed's title."""
    with pytest.raises(QueryAlteredError):
        poll(Oai(PAGES), search(days_back(5, 5), query=QUERY.replace("cat:cs.CV", "all:cs.CV")))


@pytest.mark.parametrize(
    "said", [QUERY.replace(" ", "+"), QUERY.upper(), QUERY.replace("(", "%28")]
)
def test_a_query_only_written_otherwise_is_the_same(said: str) -> None:
    _, reports, _ = poll(Oai(PAGES), search(days_back(5, 5), query=said))
    assert reports[1].complete


def test_the_sources_complaint_is_not_repeated() -> None:
    error = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Error</title></entry></feed>'
    http_error = FakeReply(error, status=400)
    with pytest.raises(BadRequestError):
        poll(Oai(PAGES), lambda _: http_error)


def test_too_many_rows_leave_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arxiv, "MOST", 600)
    _, reports, _ = poll(Oai(PAGES), search(days_back(2000, 1000)))
    assert reports[1].gap == "stopped after 600 of 2000 rows"
    assert not reports[1].complete


def test_the_query_leaves_out_what_the_other_channel_brings() -> None:
    assert QUERY == "(cat:cs.CV OR cat:stat.AP) AND (all:tumor) ANDNOT cat:q-bio.*"
    assert search_query((), ("x",)) == ""
    assert search_query(("cs.CV",), ("breast cancer",)) == '(cat:cs.CV) AND (all:"breast cancer")'


def test_rows_that_shift_between_pages_leave_a_gap() -> None:
    rows = days_back(300, 100)

    def answer(request: Request) -> bytes:
        start = int(request.params["start"])
        back = 3 if start else 0  # three new rows pushed the rest down
        return feed(rows[start : start + 200], 300, start, QUERY, start - back)

    _, reports, _ = poll(Oai(PAGES), answer)
    assert reports[1].fetched == 297
    assert reports[1].gap == "297 of 300 rows, some of them twice"

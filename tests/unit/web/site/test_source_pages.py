"""Sources as people see them: their state, their receipts, and asking one again."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import __version__
from service.errors import SourceError, TransientError
from service.records import Alarm, Severity, Sign, SweepKind, Tally, Window, WindowReport
from service.sources.polling import PollResult
from tests.papers import NOW
from tests.web_site import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.site_visits import Browser, Visits


def _receipt(
    visits: Visits, *, gap: str | None = None, count: int = 1, source: str = "pubmed"
) -> None:
    now = visits.app.clock.now()
    week = Window(NOW.date() - timedelta(days=7), NOW.date())
    report = WindowReport(week, SweepKind.RECENT, "neutrophil <b>[tiab]", None, 40, 30, True, gap)
    with visits.app.store.writing() as tx:
        for _ in range(count):
            tx.sources.add_receipt(source, report, Tally(new=3), started_at=now, finished_at=now)


def _polled(visits: Visits, *, failures: int = 0, ago: timedelta = timedelta()) -> None:
    now = visits.app.clock.now()
    with visits.app.store.writing() as tx:
        assert tx.sources.begin("pubmed", now - ago, force=True)
        tx.sources.succeeded("pubmed", now - ago, now + timedelta(hours=6))
        for _ in range(failures):
            tx.sources.failed("pubmed", "source.down", "PubMed is down", now)


def _row(browser: Browser, name: str = "pubmed") -> str:
    page = browser.get("/sources")
    assert page.status_code == 200
    return text(page).split(f"{name} ", 1)[1]


def test_every_enabled_source_is_listed_before_it_was_ever_polled(visits: Visits) -> None:
    page = text(visits.here().get("/sources"))
    for name in visits.app.source_names:
        assert name in page
    assert "never polled" in page


@pytest.mark.parametrize(
    ("stands", "told"),
    [
        ({}, "in order"),
        ({"failures": 2}, "failing"),
        ({"ago": timedelta(days=2)}, "late"),
    ],
)
def test_a_source_says_how_it_stands(visits: Visits, stands: dict[str, Any], told: str) -> None:
    _polled(visits, **stands)
    assert _row(visits.here()).startswith(told)


def test_what_calls_for_the_operator_stands_above_and_shows_no_address(visits: Visits) -> None:
    thing = "digest of Lab to email ida@example.org"
    late = Alarm("delivery-dead:1", Severity.CRITICAL, thing, "is dead: <b>550</b>", "mend it")
    with visits.app.store.writing() as tx:
        tx.alarms.take_stock([late], NOW)
    page = visits.signed_in("read").get("/sources")
    assert "is dead: <b>550</b>" in text(page)
    assert "mend it." in text(page)
    assert "ida@example.org" not in page.text
    assert thing in text(visits.here().get("/sources"))


def test_a_failing_source_says_why(visits: Visits) -> None:
    _polled(visits, failures=1)
    browser = visits.here()
    assert "PubMed is down" in text(browser.get("/sources"))
    assert "Failed 1 time: PubMed is down" in text(browser.get("/sources/pubmed"))


def test_gaps_are_told_with_their_cause_and_when_they_are_walked_again(visits: Visits) -> None:
    _receipt(visits, gap="10 records short")
    page = text(visits.here().get("/sources/pubmed"))
    days = f"{NOW.date() - timedelta(days=7)}..{NOW.date()}"
    assert f"{days}: 10 records short. Walked again" in page
    assert "gap: 10 records short" in page


def test_each_day_of_a_source_has_its_sign(visits: Visits) -> None:
    _receipt(visits, gap="10 records short")
    page = visits.here().get("/sources/pubmed").text
    assert page.count("✕</span>") == 8
    assert 'aria-label="0 days proved, 8 not"' in page


def test_a_receipt_tells_what_is_in_no_work_and_what_calls_for_a_person(visits: Visits) -> None:
    now = visits.app.clock.now()
    day = Window(NOW.date(), NOW.date())
    signs = frozenset({Sign.CLAMPED})
    report = WindowReport(day, SweepKind.RECENT, "q", "q[tiab]", 9, 9, end_sign=True, signs=signs)
    tally = Tally(new=3, unparsed=1, dropped={"damaged": 1})
    with visits.app.store.writing() as tx:
        tx.sources.add_receipt("pubmed", report, tally, started_at=now, finished_at=now)
    page = text(visits.here().get("/sources/pubmed"))
    assert "Understood as q[tiab] In no work: 1 damaged. Clamped page." in page
    assert f"litwatch {__version__}" in page


def test_a_receipt_tells_what_was_asked_as_text(visits: Visits) -> None:
    _receipt(visits)
    page = visits.here().get("/sources/pubmed")
    assert "neutrophil &lt;b&gt;[tiab]" in page.text


def test_receipts_go_on_page_by_page_without_losing_one(visits: Visits) -> None:
    _receipt(visits, count=60)
    browser, address, seen = visits.here(), "/sources/pubmed", 0
    while address:
        page = browser.get(address)
        seen += page.text.count("What was asked")
        further = page.text.partition('href="?cursor=')[2].partition('"')[0]
        address = f"/sources/pubmed?cursor={further}" if further else ""
    assert seen == 63  # three more are the office's


def test_a_source_that_is_not_there_is_not_found(visits: Visits) -> None:
    assert visits.here().get("/sources/nosuch").status_code == 404
    assert visits.here().fill("/sources/nosuch/poll").status_code == 404


# -- polling again -------------------------------------------------------------------------------


class _Polls:
    """Stands for `App.poll`: notes what it was asked, waits to be let go, then answers."""

    def __init__(self, visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[Window | None] = []
        self.begun, self.go = threading.Event(), threading.Event()
        self.error: SourceError | None = None
        self.visits = visits
        monkeypatch.setattr(visits.app, "poll", self._poll)

    def _poll(self, chosen: list[Any], *, force: bool, window: Any, progress: Any) -> list[Any]:
        assert force
        self.asked.append(window)
        progress("pubmed", Tally(new=5))
        self.begun.set()
        assert self.go.wait(10)
        return [PollResult("pubmed", Tally(new=5, same=2), error=self.error)]

    def page(self) -> str:
        assert self.begun.wait(10)
        return text(self.visits.here().get("/sources/pubmed"))

    def end(self) -> str:
        """What the page says once the poll is over."""
        self.let_go()
        return self.page()

    def let_go(self) -> None:
        self.go.set()
        for thread in threading.enumerate():
            if thread.name == "poll pubmed":
                thread.join(10)


@pytest.fixture
def polls(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Polls]:
    found = _Polls(visits, monkeypatch)
    yield found
    found.let_go()


def test_a_window_is_polled_again_while_the_page_goes_on(visits: Visits, polls: _Polls) -> None:
    window = {"from": "2026-11-01", "to": "2026-11-09"}
    answer = visits.here().fill("/sources/pubmed/poll", **window)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sources/pubmed")
    page = polls.page()
    assert "Polling 2026-11-01..2026-11-09" in page
    assert "5 records so far" in page
    assert "data-again" in visits.here().get("/sources/pubmed").text
    assert "7 records, 5 new, 0 changed. No gaps." in polls.end()
    assert [str(window) for window in polls.asked] == ["2026-11-01..2026-11-09"]


def test_one_source_is_not_polled_twice_at_once(visits: Visits, polls: _Polls) -> None:
    browser = visits.here()
    browser.fill("/sources/pubmed/poll")
    browser.fill("/sources/pubmed/poll")
    polls.end()
    assert polls.asked == [None]


def test_a_poll_that_fails_says_why_and_frees_the_button(visits: Visits, polls: _Polls) -> None:
    polls.error = TransientError("pubmed", "answers 503", "it is asked again by itself")
    visits.here().fill("/sources/pubmed/poll")
    page = polls.end()
    assert "pubmed: answers 503" in page
    assert "Poll this window" in page


@pytest.mark.parametrize(
    ("window", "told"),
    [
        ({"from": "2026-11-09", "to": "2026-11-01"}, "is before"),
        ({"from": "9.11.2026"}, "is not two days"),
        ({"from": "1950-01-01"}, "is longer than"),
    ],
)
def test_a_window_that_is_none_is_refused_before_anything_is_asked(
    visits: Visits, polls: _Polls, window: dict[str, str], told: str
) -> None:
    answer = visits.here().fill("/sources/pubmed/poll", **window)
    assert answer.status_code in {400, 422}
    assert told in text(answer)
    assert polls.asked == []


def test_who_only_reads_sees_no_button_and_may_not_poll(visits: Visits, polls: _Polls) -> None:
    reader = visits.signed_in("read")
    assert "Poll this window" not in reader.get("/sources/pubmed").text
    assert reader.fill("/sources/pubmed/poll").status_code == 403
    assert polls.asked == []

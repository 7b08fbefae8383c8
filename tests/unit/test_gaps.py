"""How people are told of windows that are not proved whole: each gap once, in few words."""

from __future__ import annotations

from datetime import date

import pytest

from service.records import Window
from service.records.gaps import Unproved, masked, plain, tell

DOWN = "GET http://eutils.example.org/esearch.fcgi?db=pmc&term=%28cancer%5Btitle%5D: HTTP 503: down"


def walk(first: int, last: int, cause: str = "no postings", kind: str = "recent") -> Unproved:
    """A walk over days of November."""
    return Unproved(kind, Window(date(2026, 11, first), date(2026, 11, last)), cause)


def test_days_one_after_the_other_are_one_gap() -> None:
    assert tell([walk(18, 18), walk(16, 16), walk(17, 17)]) == (
        "2026-11-16..2026-11-18: no postings",
    )


def test_a_gap_that_each_poll_tells_anew_is_told_once() -> None:
    outage = [walk(1, last, DOWN) for last in range(7, 12)]
    assert tell(outage) == ("2026-11-01..2026-11-11: eutils.example.org: HTTP 503: down",)


def test_a_window_inside_another_does_not_shorten_it() -> None:
    assert tell([walk(1, 9), walk(3, 4)]) == ("2026-11-01..2026-11-09: no postings",)


def test_days_between_that_are_proved_stay_out_of_a_gap() -> None:
    assert tell([walk(2, 2), walk(4, 5)]) == (
        "2026-11-02: no postings",
        "2026-11-04..2026-11-05: no postings",
    )


def test_causes_are_told_apart_and_dates_in_them_are_not() -> None:
    told = tell([walk(2, 2, "none on 2026-11-02"), walk(3, 3, "none on 2026-11-03"), walk(4, 4)])
    assert told == ("2026-11-02..2026-11-03: none on 2026-11-02", "2026-11-04: no postings")


def test_walks_by_other_dates_are_not_joined_and_the_same_is_not_said_twice() -> None:
    assert tell([walk(2, 3), walk(3, 4, kind="revised")]) == (
        "2026-11-02..2026-11-03: no postings",
        "2026-11-03..2026-11-04: no postings",
    )
    assert len(tell([walk(2, 3), walk(2, 3, kind="wide")])) == 1


def test_a_cause_is_one_short_line() -> None:
    assert plain("broken\n  off\x00") == "broken off"
    assert len(plain("x" * 1_000)) == 200


# -- the same for every window


@pytest.mark.parametrize(
    "text",
    [
        '("2026/11/14"[crdt] : "2026/11/21"[crdt])',
        "FIRST_IDATE:[2026-11-14 TO 2026-11-21]",
        "interval=2026-11-14%3A2026-11-21&x=1",
        "2026/11[dp] and 2026-11-14T00:00:00Z",
    ],
)
def test_queries_of_two_windows_are_the_same_once_dates_are_masked(text: str) -> None:
    later = text.replace("2026", "2027").replace("14", "15").replace("/11", "/12")
    assert later != text
    assert masked(text) == masked(later)
    assert "2026" not in masked(text)


def test_numbers_that_are_no_dates_stay() -> None:
    text = "PMC13014283 AND 40000000:40100000[uid] AND 12.5"
    assert masked(text) == text

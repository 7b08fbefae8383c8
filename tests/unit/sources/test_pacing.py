from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sources.pacing import (
    DAY,
    MAX_INTERVAL,
    MAX_SLOWDOWN,
    RULES,
    Pace,
    backoff,
    retry_after,
    rule_for,
    rules,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_the_first_request_goes_at_once() -> None:
    assert Pace(3.0).wait(now=0.0) == 0.0


def test_the_next_request_waits_for_the_interval() -> None:
    pace = Pace(3.0).asked(now=100.0)
    assert pace.wait(101.0) == pytest.approx(2.0)
    assert pace.wait(103.0) == 0.0


def test_throttling_doubles_the_distance_and_keeps_the_asked_rest() -> None:
    pace = Pace(1.0).throttled(now=10.0, retry_after=120.0)
    assert pace.distance == 2.0
    assert pace.wait(10.0) == 120.0
    assert pace.throttled(now=11.0, retry_after=None).wait(11.0) == pytest.approx(119.0)


def test_throttling_without_a_stated_time_rests_for_the_new_distance() -> None:
    assert Pace(1.0).throttled(now=0.0, retry_after=None).wait(0.0) == 2.0


def test_slowdown_is_bounded() -> None:
    pace = Pace(10.0)
    for _ in range(50):
        pace = pace.throttled(0.0, None)
    assert pace.slowdown == MAX_SLOWDOWN
    assert pace.distance == MAX_INTERVAL


def test_an_agreed_interval_longer_than_the_bound_stays() -> None:
    assert Pace(90.0).throttled(0.0, None).distance == 90.0


def test_recovery_is_slow_and_never_faster_than_agreed() -> None:
    pace = Pace(1.0).throttled(0.0, None)
    for _ in range(20):
        pace = pace.eased()
    assert 1.2 < pace.distance < 2.0
    for _ in range(20):
        pace = pace.eased()
    assert pace.distance == 1.0


@pytest.mark.parametrize(
    ("host", "lane", "seconds"),
    [
        ("eutils.ncbi.nlm.nih.gov", "ncbi.nlm.nih.gov", 0.34),
        ("pmc.ncbi.nlm.nih.gov", "ncbi.nlm.nih.gov", 0.34),
        ("export.arxiv.org", "arxiv.org", 3.0),
        ("rss.arxiv.org", "arxiv.org", 3.0),
        ("arxiv.org", "arxiv.org", 3.0),
        ("notarxiv.org", "notarxiv.org", 10.0),
        ("www.ebi.ac.uk", "ebi.ac.uk", 0.2),
        ("feeds.example.org", "feeds.example.org", 10.0),
    ],
)
def test_hosts_of_one_owner_share_a_lane(host: str, lane: str, seconds: float) -> None:
    assert rule_for(host, RULES, 10.0) == (lane, seconds)


def test_an_api_key_allows_ncbi_ten_a_second() -> None:
    assert rule_for("eutils.ncbi.nlm.nih.gov", rules(ncbi_key=True), 10.0)[1] == 0.1
    assert rules(ncbi_key=False) == RULES


def test_the_most_exact_rule_wins() -> None:
    both = {"example.org": 5.0, "api.example.org": 1.0}
    assert rule_for("api.example.org", both, 10.0) == ("api.example.org", 1.0)


def test_backoff_doubles_up_to_its_cap() -> None:
    waits = [backoff(failures, jitter=0.0, cap=900.0) for failures in range(1, 12)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_jitter_takes_at_most_half_off(failures: int, jitter: float) -> None:
    full = backoff(failures, 0.0)
    assert full / 2 <= backoff(failures, jitter) <= full


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("1000000000", DAY),
        ("9" * 500, DAY),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("١٢", None),
        ("Sat, 99 Nov 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_in_seconds(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


def test_retry_after_as_a_date() -> None:
    assert retry_after(format_datetime(NOW + timedelta(minutes=5), usegmt=True), NOW) == 300.0


def test_retry_after_as_a_past_or_far_date() -> None:
    assert retry_after(format_datetime(NOW - timedelta(minutes=5), usegmt=True), NOW) is None
    assert retry_after(format_datetime(NOW + timedelta(days=90), usegmt=True), NOW) == DAY


def test_retry_after_as_a_date_without_a_zone_is_utc() -> None:
    assert retry_after("Sat, 21 Nov 2026 12:01:00 -0000", NOW) == 60.0


@given(st.text(max_size=60))
def test_retry_after_takes_any_text(text: str) -> None:
    seconds = retry_after(text, NOW)
    assert seconds is None or 0 <= seconds <= DAY

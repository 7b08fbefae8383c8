from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive.dates import days

TODAY = date(2026, 11, 21)  # a Saturday


def on(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-3", "2026-03-01", "2026-03-31"),
        ("2026-11-09", "2026-11-09", "2026-11-09"),
        ("2026-01..2026-03", "2026-01-01", "2026-03-31"),
        ("2025..2026-03-05", "2025-01-01", "2026-03-05"),
        ("2026-11-01..", "2026-11-01", ""),
        ("..2026-02", "", "2026-02-28"),
        ("today", "2026-11-21", "2026-11-21"),
        ("Yesterday", "2026-11-20", "2026-11-20"),
        ("this-week", "2026-11-16", "2026-11-22"),
        ("last-week", "2026-11-09", "2026-11-15"),
        ("last week", "2026-11-09", "2026-11-15"),
        ("this-month", "2026-11-01", "2026-11-30"),
        ("last-month", "2026-10-01", "2026-10-31"),
        ("this-year", "2026-01-01", "2026-12-31"),
        ("last-year", "2025-01-01", "2025-12-31"),
        ("1d", "2026-11-21", "2026-11-21"),
        ("7d", "2026-11-15", "2026-11-21"),
        ("2w", "2026-11-08", "2026-11-21"),
        ("1m", "2026-10-22", "2026-11-21"),
        ("1y", "2025-11-22", "2026-11-21"),
        ("last-month..", "2026-10-01", ""),
        ("2026-01..yesterday", "2026-01-01", "2026-11-20"),
    ],
)
def test_days_are_named_as_people_name_them(text: str, first: str, last: str) -> None:
    assert days(text, TODAY) == (on(first), on(last))


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        ("2026-01-31", "2025-12-01", "2025-12-31"),
        ("2024-03-31", "2024-02-01", "2024-02-29"),
    ],
)
def test_last_month_is_a_whole_month(today: str, first: str, last: str) -> None:
    assert days("last-month", date.fromisoformat(today)) == (on(first), on(last))


def test_a_month_back_from_a_long_month_ends_in_a_short_one() -> None:
    assert days("1m", date(2026, 3, 31)) == (date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-13", "no day of the calendar"),
        ("2026-02-29", "no day of the calendar"),
        ("0000", "no day of the calendar"),
        ("9999y", "no day of the calendar"),
        ("soon", "no date that is known"),
        ("26", "no date that is known"),
        ("2026-01-01T10:00", "no date that is known"),
        ("", "no date that is known"),
        ("..", "names no day"),
        ("2026..2025", "ends before"),
    ],
)
def test_what_is_no_day_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        days(text, TODAY)


@given(st.dates(), st.dates())
def test_a_range_gives_its_ends_back(one: date, other: date) -> None:
    first, last = sorted((one, other))
    assert days(f"{first}..{last}", TODAY) == (first, last)


@given(st.text(max_size=20), st.dates())
def test_any_text_is_days_in_order_or_a_value_error(text: str, today: date) -> None:
    try:
        first, last = days(text, today)
    except ValueError:
        return
    assert first is None or last is None or first <= last

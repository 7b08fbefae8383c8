"""Dates: never an exception, never a day that is not in the calendar, never more than was said."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.normalisation import dates

DATES = st.dates(min_value=date(1500, 1, 1), max_value=date(2999, 12, 31))
PARTS = st.sampled_from(
    ("2026", "1999", "0000", "13", "31", "02", "3", "Feb", "november", "Sept.", "Spring", "-", "/",
     " ", ", ", ":", "T", "Z", "+02:00", "12:30:59", "st", "Mon, ", "GMT", "２０２６", "٣", "x", "20261102")
)  # fmt: skip
texts = st.one_of(st.text(max_size=40), st.lists(PARTS, max_size=8).map("".join))


def assert_possible(found: str | None) -> None:
    """The text is None or a year, month or day that exists, in ASCII digits."""
    if found is None:
        return
    assert re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", found), found
    year, month, day = (*map(int, found.split("-")), 1, 1)[:3]
    assert year >= 1000
    assert 1 <= month <= 12
    assert 1 <= day <= monthrange(year, month)[1]


@given(texts)
@example("２０２６-０３-０９")
@example("2026-٠٣")
@example("9999-12-31")
@example("2026-02-29")
@example("0999-01-01")
def test_no_text_gives_an_impossible_date(text: str) -> None:
    assert_possible(dates.iso(text))
    assert_possible(dates.medline_date(text))


@given(*(st.one_of(st.none(), st.integers(-5, 10**6), texts),) * 3)  # type: ignore[arg-type]
def test_no_parts_give_an_impossible_date(
    year: int | str | None, month: int | str | None, day: int | str | None
) -> None:
    assert_possible(dates.partial(year, month, day))


@given(DATES)
def test_a_day_is_the_same_in_every_notation(day: date) -> None:
    month = day.strftime("%b")
    written = (
        day.isoformat(),
        f"{day.isoformat()}T23:59:59Z",
        f"{day.isoformat()} 00:00:00",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month:02d}.{day.day:02d}",
        f"{day.year}{day.month:02d}{day.day:02d}",
        f"{day.day} {month} {day.year}",
        f"{day.day:02d}-{month.upper()}-{day.year}",
        f"{day.strftime('%B')} {day.day}, {day.year}",
        f"{day.year} {month} {day.day}",
        format_datetime(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)),
    )
    assert {text: dates.iso(text) for text in written} == dict.fromkeys(written, day.isoformat())


@given(DATES)
def test_what_dates_give_they_take_again(day: date) -> None:
    for found in (day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]):
        assert dates.iso(found) == found


@given(DATES)
def test_a_medline_day_is_an_iso_day(day: date) -> None:
    assert dates.medline_date(f"{day.year} {day.strftime('%b')} {day.day}") == day.isoformat()


@given(st.integers(1500, 2999), st.integers(1, 12), st.integers(1, 12))
def test_a_medline_range_of_months_begins_with_its_first(year: int, one: int, other: int) -> None:
    first, last = (date(year, month, 1).strftime("%b") for month in (one, other))
    assert dates.medline_date(f"{year} {first}-{last}") == f"{year}-{one:02d}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-02T10:00:00.000+0000", "2026-11-02"),
        ("2026-11-02Z", "2026-11-02"),
        ("2026-11-02+01:00", "2026-11-02"),
        (" \n2026-11-02\t", "2026-11-02"),
        ("20261102T101112Z", "2026-11-02"),
        ("202611021011", "2026-11-02"),
        ("2nd November 2026", "2026-11-02"),
        ("Monday, 2 November 2026", "2026-11-02"),
        ("November 2nd, 2026", "2026-11-02"),
        ("Mon Nov 2 10:00:00 2026", "2026-11-02"),
        ("Nov. 2026", "2026-11"),
        ("2026-Nov-02", "2026-11-02"),
        ("2026 Nov 31", "2026-11"),
        ("2026-00-00", "2026"),
        ("2026-11-00", "2026-11"),
        ("2026-1-2", "2026-01-02"),
        ("2100-02-29", "2100-02"),
        ("2000-02-29", "2000-02-29"),
        ("1900-02-29", "1900-02"),
        ("12-11-2026", None),
        ("11/02/2026", None),
        ("2026x", None),
        ("202611", None),
        ("-2026-11-02", None),
        ("n.d.", None),
        ("Marchfield 2026", "2026-03"),
        ("null", None),
    ],
)
def test_the_forms_in_which_sources_date(text: str, expected: str | None) -> None:
    assert dates.iso(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026 Nov 28-Dec 5", "2026-11-28"),
        ("2026 Dec-2027 Jan", "2026-12"),
        ("2026-2027 Winter", "2026"),
        ("Fall 2026", "2026"),
        ("Fall-Winter 2026", "2026"),
        ("2026 Christmas", "2026"),
        ("Summer 1999-2000", "1999"),
        ("1978-1979", "1978"),
        ("19781979", None),
        ("Mar 2026", "2026-03"),
        ("2026, Mar", "2026-03"),
        ("2026 Feb 30", "2026-02"),
        ("2026 2d Quart", "2026"),
        ("3rd Trimest 2026", "2026"),
        ("July 4, 2026", "2026-07"),
        ("1400 Jan", None),
    ],
)
def test_medline_dates_are_read_from_their_beginning(text: str, expected: str | None) -> None:
    assert dates.medline_date(text) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("2026", "Sep.", "9"), "2026-09-09"),
        (("2026", "SEPTEMBER", "09"), "2026-09-09"),
        (("2026", "Jan-Feb", "1"), "2026"),
        (("2026", "1", "Feb"), "2026-01"),
        (("2026", "01", ""), "2026-01"),
        (("2026", "", "5"), "2026"),
        (("2026", "0", "5"), "2026"),
        (("2026", "-1", "5"), "2026"),
        (("2026", "1.0", "5"), "2026"),
        (("2026", "9" * 5000, "5"), "2026"),
        (("2026", "5", "9" * 5000), "2026-05"),
        (("20266",), None),
        (("2026a",), None),
        (("２０２６", "1", "1"), None),
        ((2026.0,), None),
        ((True,), None),
    ],
)
def test_parts_that_are_odd_are_left_out(parts: tuple[str, ...], expected: str | None) -> None:
    assert dates.partial(*parts) == expected

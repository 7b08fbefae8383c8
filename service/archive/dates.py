"""Days as people write them in a query. Pure: `today` is an argument."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

_UNITS = {"d": 1, "w": 7}
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_AGO = re.compile(r"(\d{1,4})([dwmy])")
EXAMPLE = "write it like 2026, 2026-03, 2026-01..2026-03, 2026-11-01.., last-week or 30d"

Days = tuple[date | None, date | None]  # both ends included, None is open


def days(text: str, today: date) -> Days:
    """The days that a text names. Raises `ValueError` with what is wrong."""
    begin, dots, end = text.strip().lower().partition("..")
    if not dots:
        return _span(begin, today)
    if not begin and not end:
        raise ValueError("names no day")
    first = _span(begin, today)[0] if begin else None
    last = _span(end, today)[1] if end else None
    if first and last and first > last:
        raise ValueError("ends before it begins")
    return first, last


def _span(text: str, today: date) -> tuple[date, date]:
    named = _named(text, today)
    if named:
        return named
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return _before(today, int(ago[1]), ago[2]) + timedelta(days=1), today
        partial = _PARTIAL.fullmatch(text)
        if partial:
            year, month, day = (int(part) if part else None for part in partial.groups())
            if year is not None:
                return _whole(year, month, day)
    except (ValueError, OverflowError):
        raise ValueError("is no day of the calendar") from None
    raise ValueError("is no date that is known")


def _whole(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _before(today: date, count: int, unit: str) -> date:
    """The day that is so many days, weeks, months or years before."""
    if unit in _UNITS:
        return today - timedelta(days=count * _UNITS[unit])
    months = today.year * 12 + today.month - 1 - count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def _named(text: str, today: date) -> tuple[date, date] | None:
    """Calendar words; a week is Monday to Sunday."""
    monday = today - timedelta(days=today.weekday())
    this_month, last_month = today.replace(day=1), _before(today.replace(day=1), 1, "m")
    return {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1),) * 2,
        "this-week": (monday, monday + timedelta(days=6)),
        "last-week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "this-month": _whole(today.year, today.month, None),
        "last-month": (last_month, this_month - timedelta(days=1)),
        "this-year": _whole(today.year, None, None),
        "last-year": _whole(today.year - 1, None, None),
    }.get(text.replace(" ", "-"))

"""Dates as partial ISO text: as much as the source gave, less what cannot be."""

from __future__ import annotations

import re
from calendar import monthrange

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_YEAR = re.compile(r"[0-9]{4}")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_MEDLINE = re.compile(
    rf"(?<![0-9])(?P<year>1[5-9][0-9][0-9]|2[0-9][0-9][0-9])(?![0-9])"
    rf"(?:\s*[\s,:;/-]\s*(?P<month>{_MONTH})(?:\s+(?P<day>[0-9]{{1,2}})(?![0-9]))?)?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(rf"(?<![a-z])(?P<month>{_MONTH})(?![a-z])", re.IGNORECASE)
_NUMERIC = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?)?(?=$|[T\s+Z-])")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T?[0-9]{4,6}.*)?$")
_DAY_FIRST = re.compile(
    rf"(?:[a-z]{{3,9}},?\s+)?([0-9]{{1,2}})(?:st|nd|rd|th)?[\s-]+({_MONTH}),?[\s-]+([0-9]{{4}})",
    re.IGNORECASE,
)
_NAME_FIRST = re.compile(
    rf"(?:[a-z]{{3,9}},?\s+)?({_MONTH})\s+(?:([0-9]{{1,2}})(?:st|nd|rd|th)?,?\s+)?"
    r"(?:[0-9]{1,2}:[0-9][0-9]:[0-9][0-9]\s+)?([0-9]{4})",
    re.IGNORECASE,
)
_YEAR_NAME = re.compile(
    rf"([0-9]{{4}})[\s-]+({_MONTH})(?:[\s-]+([0-9]{{1,2}})(?![0-9]))?", re.IGNORECASE
)


def partial(
    year: int | str | None, month: int | str | None = None, day: int | str | None = None
) -> str | None:
    """Return "2026", "2026-03" or "2026-03-09"; what is impossible, or a season, is left out."""
    found = _YEAR.fullmatch(str(year).strip()) if year is not None else None
    if found is None or found.group() < "1000":
        return None
    number = _month(month)
    if number is None:
        return found.group()
    days = _int(day)
    if days is None or not 1 <= days <= monthrange(int(found.group()), number)[1]:
        return f"{found.group()}-{number:02d}"
    return f"{found.group()}-{number:02d}-{days:02d}"


def _month(month: int | str | None) -> int | None:
    if month is None:
        return None
    number = _int(month)
    if number is None:
        name = str(month).strip().lower()
        return _MONTHS.get(name[:3]) if name[3:4] in ("", ".") or name.isalpha() else None
    return number if 1 <= number <= 12 else None


def _int(value: int | str | None) -> int | None:
    if isinstance(value, int):
        return value
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def medline_date(text: str | None) -> str | None:
    """Return the beginning of a MEDLINE range: "2001 Nov-Dec" is 2001-11, "Winter 2000" is 2000."""
    first = _MEDLINE.search(text or "")
    if first is None or text is None:
        return None
    if named := _MONTH_FIRST.search(text, 0, first.start()):
        return partial(first["year"], named["month"][:3])
    return partial(first["year"], (first["month"] or "")[:3], first["day"])


def iso(text: str | None) -> str | None:
    """Return the date part of an ISO, slashed or RFC 822 date or instant, in its own time zone.

    Does not convert to UTC. None when no date is recognised.
    """
    found = (text or "").strip()
    if match := _YEAR_NAME.match(found):
        return partial(match[1], match[2][:3], match[3])
    if match := _NUMERIC.match(found):
        return partial(*match.groups())
    if match := _COMPACT.match(found):
        return partial(*match.groups())
    if match := _DAY_FIRST.match(found):
        return partial(match[3], match[2][:3], match[1])
    if match := _NAME_FIRST.match(found):
        return partial(match[3], match[1][:3], match[2])
    return None

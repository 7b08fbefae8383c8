"""What counts say about a walk: shortfalls and implausible zeros, in words. Pure.

A gap is told in one line; None means that the counts reconcile.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from service.records import Window

T = TypeVar("T")

SETTLED = timedelta(days=7)  # an empty day older than this has been asked about often enough
_SATURDAY = 5
_MOST_WARNINGS = 20


def shortfall(stated: int, seen: int) -> str | None:
    """The gap when less was seen than stated."""
    if seen >= stated:
        return None
    return f"{stated:,} records are stated, {seen:,} were given"


def too_many_gone(gone: int, wanted: int) -> str | None:
    """The gap when more records are gone than get withdrawn between a search and a fetch."""
    if gone <= max(5, wanted // 10):
        return None
    return f"{gone:,} of {wanted:,} listed records could not be fetched"


def gone_warning(gone: Sequence[str]) -> tuple[str, ...]:
    """At most one line that names the records that are taken as gone."""
    if not gone:
        return ()
    named = ", ".join(gone[:_MOST_WARNINGS]) + (", ..." if len(gone) > _MOST_WARNINGS else "")
    return (f"{len(gone)} listed, but not to be fetched, so taken as gone: {named}",)


def has_weekday(window: Window, today: date) -> bool:
    """Whether a whole working day lies in `window`; `today`, not over yet, does not count."""
    return any(day != today for day in working_days(window))


def is_working_day(day: date) -> bool:
    """Monday to Friday; holidays are not known."""
    return day.weekday() < _SATURDAY


def working_days(window: Window) -> list[date]:
    """The working days of `window`, in order."""
    span = (window.end - window.start).days + 1
    days = (window.start + timedelta(days=offset) for offset in range(span))
    return [day for day in days if is_working_day(day)]


def chunks(items: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    """`items` in order, `size` at a time."""
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


def told(warnings: Iterable[str]) -> tuple[str, ...]:
    """Each warning once, in order, and a count of those beyond the first twenty."""
    distinct = list(dict.fromkeys(warnings))
    if len(distinct) <= _MOST_WARNINGS:
        return tuple(distinct)
    rest = len(distinct) - _MOST_WARNINGS
    return (*distinct[:_MOST_WARNINGS], f"and {rest} more warnings")

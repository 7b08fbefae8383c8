"""What counts say about a walk: shortfalls and implausible zeros, in words. Pure.

A gap is told in one line; None means that the counts reconcile.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from service.records import Window

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
    day = window.start
    while day <= window.end:
        if day != today and day.weekday() < _SATURDAY:
            return True
        day += timedelta(days=1)
    return False


def chunks(items: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
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

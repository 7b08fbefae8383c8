"""Walks and what is told of sources, as values for audits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from service.audits import Report, Setup, audit
from service.audits.audit import Told
from service.records import Window
from service.records.audits import Walk

TODAY = date(2026, 11, 16)
NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
DAY = timedelta(days=1)
_numbers = count(1)


def at(days: int, hour: int = 6) -> datetime:
    """So many days before today, at an hour."""
    return datetime(TODAY.year, TODAY.month, TODAY.day, hour, tzinfo=UTC) - days * DAY


def window(first: int, last: int) -> Window:
    """From so many days before today to so many days before today."""
    return Window(TODAY - first * DAY, TODAY - last * DAY)


def walk(ended: datetime, days: Window | None = None, **changes: Any) -> Walk:
    """A whole walk of the eight days up to its own, ten records of which two are new."""
    own = ended.date()
    over = days or Window(own - 7 * DAY, own)
    values: dict[str, Any] = {
        "number": next(_numbers),
        "source": "pubmed",
        "kind": "recent",
        "window": over,
        "query": f'stroma AND ("{over.start:%Y/%m/%d}"[crdt] : "{over.end:%Y/%m/%d}"[crdt])',
        "translation": None,
        "stated": 10,
        "fetched": 10,
        "new": 2,
        "changed": 1,
        "unparsed": 0,
        "gone": 0,
        "end_sign": True,
        "gap": None,
        "explained": False,
        "started_at": ended,
        "finished_at": ended,
    }
    return Walk(**values | changes)


def broken(ended: datetime, days: Window | None = None, **changes: Any) -> Walk:
    """A walk that ended in an error."""
    values: dict[str, Any] = {"query": "", "stated": None, "fetched": 0, "new": 0, "changed": 0}
    values |= {"end_sign": False, "gap": "pubmed: HTTP 503"}
    return walk(ended, days, **values | changes)


def daily(first: int, last: int = 0, **changes: Any) -> list[Walk]:
    """A whole walk on each of these days, at six in the morning."""
    return [walk(at(days), **changes) for days in range(first, last - 1, -1)]


def report(
    *walks: Walk, since: int = 10, setup: Setup | None = None, now: datetime = NOW, **told: Any
) -> Report:
    """An audit of one source, first polled long ago unless told otherwise."""
    ordered = sorted(walks, key=lambda each: (each.finished_at, each.number))
    of = {"born": at(400), **told}
    return audit({"pubmed": Told(ordered, **of)}, {}, setup or Setup(), TODAY - since * DAY, now)


def states(found: Report) -> str:
    """A sign for each day: = proved, h healed, ! gap, . open, - not watched."""
    signs = {"proved": "=", "healed": "h", "gap": "!", "open": ".", "not watched": "-"}
    return "".join(signs[day.state] for day in found.sources[0].days)

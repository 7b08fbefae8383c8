"""What one source gave and another should know. Pure.

Only papers count whose days at B are all proved: from the day of publication to the end of the
time that B has. Where B takes less than A by its query, nothing can be told.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from service.audits.report import CrossCheck, DayState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from service.audits.report import Setup, SourceAudit
    from service.records.audits import Pair, Sighting

EXAMPLES = 20


def untold(pair: Pair, setup: Setup, audited: Mapping[str, SourceAudit]) -> str:
    """Why a pair cannot be compared; "" where it can."""
    for name in (pair.a, *pair.b):
        source = audited.get(name)
        if source is None or not source.enabled:
            return f"{name} is not polled"
    if all(name in setup.unfiltered for name in pair.b):
        return ""
    narrow = [name for name in (pair.a, *pair.b) if name not in setup.broad]
    return f"the query of {narrow[0]} is not the shipped one" if narrow else ""


def checked(
    pair: Pair,
    sightings: Sequence[Sighting],
    audited: Mapping[str, SourceAudit],
    now: datetime,
) -> CrossCheck:
    """How many of the papers B knows, and which it does not."""
    proved = frozenset.intersection(*(_proved(audited[name]) for name in pair.b))
    wait = timedelta(days=pair.days)
    compared = [each for each in sightings if _comparable(each, proved, wait, now)]
    missing = [each for each in compared if each.known_at is None]
    late = [each for each in compared if each.known_at and each.known_at > each.seen_at + wait]
    return CrossCheck(
        pair.name,
        pair.days,
        compared=len(compared),
        late=len(late),
        missing=len(missing),
        examples=tuple(sorted(each.identity for each in missing)[:EXAMPLES]),
        left_out=len(sightings) - len(compared),
        untold="" if sightings else f"{pair.a} gave nothing of this kind",
    )


def _proved(source: SourceAudit) -> frozenset[date]:
    states = (DayState.PROVED, DayState.HEALED)
    return frozenset(day.day for day in source.days if day.state in states)


def _comparable(
    sighting: Sighting, proved: Collection[date], wait: timedelta, now: datetime
) -> bool:
    if sighting.published is None or sighting.seen_at + wait > now:
        return False
    last = (sighting.seen_at + wait).astimezone(UTC).date() - timedelta(days=1)
    day = sighting.published
    if day not in proved or last < day:
        return False  # published in the future, or before B was watched
    while day <= last:
        if day not in proved:
            return False
        day += timedelta(days=1)
    return True

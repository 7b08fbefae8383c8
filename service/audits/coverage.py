"""Which days of a source its receipts prove. Pure.

A day is proved by a whole walk that began after it was over and whose window holds it, of each
channel that the source is walked by. A walk is whole when the source gave its end sign, told no gap
and its counts reconcile. A walk that broke off takes back what it had come to for the days that it
still had to walk, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from service.audits.report import Day, DayState
from service.records import SweepKind
from service.records.gaps import NO_END_SIGN, masked, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from service.records.audits import Walk

# By the day of entry, records whole. ARCHIVE lists ids, REVISED walks by another date.
COVERING = frozenset({str(SweepKind.RECENT), str(SweepKind.WIDE)})
OVER = timedelta(hours=29)  # after a day began in UTC it is over on the US east coast, too
GRACE = timedelta(days=1)  # a source that is polled once a day is on time
_LONG_AGO = timedelta(days=365)


def over(day: date) -> datetime:
    """From when on nothing enters a source on this day, wherever it counts its days."""
    return datetime.combine(day, time(), UTC) + OVER


def reconciles(walk: Walk) -> str:
    """Why the counts of a walk do not add up; "" where they do."""
    if walk.known < 0:
        made = walk.new + walk.changed + walk.unparsed
        return f"{made:,} records were taken in, {walk.fetched:,} are said to have come"
    if walk.stated is not None and walk.fetched < walk.stated and not walk.explained:
        return f"{walk.stated:,} records are stated, {walk.fetched:,} came"
    return ""


def whole(walk: Walk) -> bool:
    """Whether a walk proves its window."""
    return walk.end_sign and walk.gap is None and not reconciles(walk)


def cause(walk: Walk) -> str:
    """Why a walk proves nothing, in one line."""
    return plain(walk.gap or reconciles(walk) or NO_END_SIGN)


@dataclass(slots=True)
class _Channel:
    """One query that a source is walked by: from which day on, until when; by day the first walk
    that proves it, and the last that was whole."""

    first: date
    last: datetime
    proofs: dict[date, Walk] = field(default_factory=dict)
    latest: dict[date, Walk] = field(default_factory=dict)


@dataclass(slots=True)
class Coverage:
    """The walks of one source, put in order by days."""

    channels: dict[str, _Channel] = field(default_factory=dict)
    broken: dict[date, list[Walk]] = field(default_factory=lambda: defaultdict(list))
    ended: datetime | None = None  # when its last walk did

    def failed(self, start: date, at: datetime) -> Iterator[date]:
        """The days up to a time, which all walks had ended by, that were gaps then."""
        for day in days(start, at.astimezone(UTC).date()):
            if judged(self, day, at - _LONG_AGO, at, GRACE, enabled=True).state is DayState.GAP:
                yield day


def of_walks(walks: Sequence[Walk], start: date, end: date) -> Coverage:
    """What walks of one source, in the order of their ends, say of the days from start to end."""
    found = Coverage()
    covering = [walk for walk in walks if walk.kind in COVERING and walk.window is not None]
    taken_back = _taken_back(covering)
    for walk in covering:
        assert walk.window is not None  # noqa: S101 - for the type checker: as was just asked
        found.ended = walk.finished_at
        channel = _channel(found, walk)
        good = channel is not None and whole(walk)
        for day in days(max(walk.window.start, start), min(walk.window.end, end)):
            if not good:
                found.broken[day].append(walk)
            elif channel is not None and day not in taken_back.get(walk.number, ()):
                channel.latest[day] = walk
                if walk.started_at >= over(day):
                    channel.proofs.setdefault(day, walk)
    return found


def _channel(found: Coverage, walk: Walk) -> _Channel | None:
    """The channel of a walk; None where it broke off and does not tell."""
    if not walk.query or walk.window is None:
        return None
    channel = found.channels.setdefault(
        masked(walk.query), _Channel(walk.window.start, walk.started_at)
    )
    channel.first = min(channel.first, walk.window.start)
    channel.last = max(channel.last, walk.started_at)
    return channel


def _taken_back(walks: Sequence[Walk]) -> dict[int, frozenset[date]]:
    """By the number of a whole walk, the days that its sweep did not come to the end of."""
    found: dict[int, frozenset[date]] = {}
    for place, broken in enumerate(walks):
        if broken.query or broken.window is None:
            continue
        lost = frozenset(days(broken.window.start, broken.window.end))
        for walk in reversed(walks[max(0, place - 500) : place]):
            if walk.finished_at < broken.started_at:
                break
            if walk.kind == broken.kind and walk.started_at >= broken.started_at:
                found[walk.number] = found.get(walk.number, frozenset()) | lost
    return found


def judged(
    found: Coverage, day: date, born: datetime, now: datetime, every: timedelta, *, enabled: bool
) -> Day:
    """How a day stands, of a source that was first polled when it was `born` and is polled each
    `every`."""
    due = max(over(day), born) + GRACE + every
    needed = [each for each in found.channels.values() if _needed(each, day)]
    proofs = [each.proofs[day] for each in needed if day in each.proofs]
    if needed and len(proofs) == len(needed):
        return _proved(found, day, max(proofs, key=_order), due)
    failed = _failed_since(found, needed, day)
    if failed:
        first = failed[0].finished_at
        return Day(day, DayState.GAP, cause=cause(failed[-1]), since=first)
    if now < due:
        return Day(day, DayState.OPEN)
    if not enabled and (found.ended is None or over(day) > found.ended):
        return Day(day, DayState.UNWATCHED)
    return Day(day, DayState.GAP, cause=_unwalked(found, day), since=due)


def _needed(channel: _Channel, day: date) -> bool:
    """Whether a channel was in use on a day and after it, so that it must have walked it."""
    return channel.first <= day and channel.last >= over(day)


def _proved(found: Coverage, day: date, proof: Walk, due: datetime) -> Day:
    hurt = [
        each
        for each in found.broken.get(day, ())
        if each.finished_at >= over(day) and _order(each) < _order(proof)
    ]
    if hurt:
        told, since = cause(hurt[0]), hurt[0].finished_at
    elif proof.finished_at > due:
        told, since = "nothing was walked in time", due
    else:
        return Day(day, DayState.PROVED, proof.number, proof.finished_at)
    return Day(day, DayState.HEALED, proof.number, proof.finished_at, told, since)


def _failed_since(found: Coverage, needed: Iterable[_Channel], day: date) -> list[Walk]:
    """The walks over a day that broke off, or left a gap, since the last that was whole."""
    latest = [each.latest[day] for each in found.channels.values() if day in each.latest]
    if any(day not in each.latest for each in needed):
        latest = []  # a channel has never walked it whole: what failed first is the cause
    since = min((_order(walk) for walk in latest), default=None)
    ends = {
        query: _order(each.latest[day])
        for query, each in found.channels.items()
        if day in each.latest
    }
    failed = []
    for walk in found.broken.get(day, ()):
        after = ends.get(masked(walk.query)) if walk.query else since
        if after is None or _order(walk) > after:
            failed.append(walk)
    return failed


def _unwalked(found: Coverage, day: date) -> str:
    if any(day in each.latest for each in found.channels.values()):
        return "no walk was whole since the day was over"
    return "no window reaches the day"


def _order(walk: Walk) -> tuple[datetime, int]:
    return walk.finished_at, walk.number


def days(start: date, end: date) -> Iterator[date]:
    """Each day from start to end, both included."""
    for number in range((end - start).days + 1):
        yield start + timedelta(days=number)

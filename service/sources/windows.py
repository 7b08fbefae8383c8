"""The plan of windows: which sweeps of a source are due, and how far its marks may move. Pure.

Each kind of sweep keeps a mark: the last day up to which everything is proved to have been seen.
The next window starts before the mark (records are entered late and changed) and ends today, so
an outage of any length is made good by one longer window and never leaves a hole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from service.records import Sweep, SweepKind, SweepMark, Window, WindowReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Cadence:
    """A sweep every `every` days; its window starts `overlap` days before the mark, and spans
    `span` days where there is no mark yet. Run on time it spans `every + overlap` days."""

    every: int
    overlap: int
    span: int


CADENCES: Mapping[SweepKind, Cadence] = {
    SweepKind.RECENT: Cadence(every=1, overlap=7, span=14),
    SweepKind.WIDE: Cadence(every=7, overlap=28, span=35),
    SweepKind.REVISED: Cadence(every=7, overlap=3, span=10),
    SweepKind.ARCHIVE: Cadence(every=30, overlap=370, span=400),
}


def due_sweeps(
    kinds: Iterable[SweepKind],
    state: Mapping[SweepKind, SweepMark],
    today: date,
    *,
    now: datetime | None = None,
    first_days: int = CADENCES[SweepKind.RECENT].span,
    retry_hours: float = 3.0,
    since: date | None = None,
    every: timedelta | None = None,
) -> tuple[Sweep, ...]:
    """The sweeps to run, in the order of `SweepKind`.

    A kind is due when its days since the last run are over; one that left a hole behind is due
    on the next day, or `retry_hours` after its last run when `now` is given. The first walk of a
    source is RECENT alone, `first_days` back; the other kinds wait for its mark. No window
    reaches before `since`, so that a new source is not back-filled in passing. RECENT is walked
    `every` so often within a day, when that and `now` are given.
    """
    asked = frozenset(kinds)
    recent = state.get(SweepKind.RECENT, SweepMark())
    fresh = SweepKind.RECENT in asked and recent.last_complete_end is None
    return tuple(
        Sweep(kind, _window(kind, state.get(kind, SweepMark()), today, first_days, since))
        for kind in SweepKind
        if kind in asked
        and not (fresh and kind is not SweepKind.RECENT)
        and (
            _is_due(kind, state.get(kind, SweepMark()), today, now, retry_hours)
            or (kind is SweepKind.RECENT and _is_over(recent.last_run, now, every))
        )
    )


def advance(
    mark: SweepMark, reports: Iterable[WindowReport], now: datetime | None = None
) -> SweepMark:
    """The mark after a sweep of one kind that gave `reports`; it never moves back.

    It moves to the end of the last complete window that joins on without a hole, and never over
    a day of a window that is not complete. Where a query and window were walked twice, the later
    report counts. `now`, when given, becomes `last_run`.
    """
    latest = {(report.query, report.window): report for report in reports}
    broken = [report.window for report in latest.values() if not report.complete]
    proved = sorted(report.window for report in latest.values() if report.complete)
    end = mark.last_complete_end
    if end is None and latest:
        end = min(window.start for _, window in latest) - timedelta(days=1)
    moved = end
    for window in proved:
        if moved is not None and window.start <= moved + timedelta(days=1):
            moved = max(moved, window.end)
    if moved is not None and end is not None:
        stops = [
            max(window.start, end + timedelta(days=1)) for window in broken if window.end > end
        ]
        moved = min([moved, *(stop - timedelta(days=1) for stop in stops)])
    if mark.last_complete_end is None and moved == end:
        moved = None  # nothing is proved yet
    return replace(mark, last_complete_end=moved, last_run=now or mark.last_run)


def _window(
    kind: SweepKind, mark: SweepMark, today: date, first_days: int, since: date | None
) -> Window:
    cadence = CADENCES[kind]
    if mark.last_complete_end is not None:
        start = min(mark.last_complete_end, today) - timedelta(days=cadence.overlap)
    elif kind is SweepKind.RECENT:
        start = since or today - timedelta(days=first_days)
    else:
        start = today - timedelta(days=cadence.span)
    if since is not None:
        start = max(start, since)
    return Window(min(start, today), today)


def _is_due(
    kind: SweepKind, mark: SweepMark, today: date, now: datetime | None, retry_hours: float
) -> bool:
    if mark.last_run is None:
        return True
    days = (today - mark.last_run.date()).days
    if days >= CADENCES[kind].every or days < 0:  # a clock that was set back
        return True
    if mark.last_complete_end is not None and mark.last_complete_end >= mark.last_run.date():
        return False
    if now is None:
        return days >= 1
    return now - mark.last_run >= timedelta(hours=retry_hours)


def _is_over(last: datetime | None, now: datetime | None, every: timedelta | None) -> bool:
    return last is not None and now is not None and every is not None and now - last >= every

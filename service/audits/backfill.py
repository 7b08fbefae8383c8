"""Days one after the other as gaps, and when each is walked again. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service.audits.coverage import COVERING
from service.audits.report import DayState, Gap
from service.records.gaps import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from service.audits.report import Day, Setup
    from service.records import SweepKind, SweepMark

_AHEAD = timedelta(days=9)  # the next late-entry walk is a week off at most


def gaps(source: str, days: Iterable[Day], *states: DayState) -> Iterator[Gap]:
    """Days in these states, those next to each other that share cause and healing as one."""
    last: Gap | None = None
    for day in days:
        if day.state not in states:
            continue
        made = Gap(source, day.day, day.day, day.cause, day.since, day.receipt, day.at)
        if last is not None and _joins(last, made):
            last = replace(last, end=day.day, since=_first(last.since, made.since))
            continue
        if last is not None:
            yield last
        last = made
    if last is not None:
        yield last


def _joins(last: Gap, following: Gap) -> bool:
    return (
        following.start == last.end + timedelta(days=1)
        and following.receipt == last.receipt
        and masked(following.cause) == masked(last.cause)
    )


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def planned(
    gap: Gap,
    marks: Mapping[SweepKind, SweepMark],
    setup: Setup,
    now: datetime,
    *,
    not_before: datetime | None,
    born: datetime,
    enabled: bool,
) -> Gap:
    """The gap with when it is walked again by itself, and over which window; or with the remedy,
    where it is not."""
    by_hand = f"litwatch poll {gap.source} --from {gap.start} --to {gap.end}"
    if not enabled:
        return replace(gap, remedy=f"{gap.source} is not enabled; to close it: {by_hand}")
    if setup.due is None:
        return replace(gap, again=not_before, remedy=f"it is walked again; or now: {by_hand}")
    kinds = dict(marks)
    at = max(now, not_before or now)
    while at <= now + _AHEAD or (not_before and at <= not_before + _AHEAD):
        for sweep in setup.due(kinds, at, born):
            window = sweep.window
            if str(sweep.kind) in COVERING and window.start <= gap.start and gap.end <= window.end:
                told = f"{sweep.kind} {window}"
                remedy = f"it is walked again by itself; sooner: {by_hand}"
                return replace(gap, again=at, window=told, remedy=remedy)
        at += setup.every
    return replace(gap, remedy=f"no walk reaches it any more; to close it: {by_hand}")

"""One audit, from what was read to what is told. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from service.audits import backfill, coverage, cross, findings
from service.audits.report import (
    CrossCheck,
    Day,
    DayState,
    Report,
    SourceAudit,
    Totals,
)
from service.records.audits import IMPORT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from service.audits.report import Gap, Setup
    from service.records import SweepKind, SweepMark
    from service.records.audits import Pair, Sighting, Walk


@dataclass(frozen=True, slots=True)
class Told:
    """What was read of one source: its walks in the order of their ends, from some weeks before
    the audit on; its marks; when it was first polled (None: never), and when it is next."""

    walks: Sequence[Walk] = ()
    marks: Mapping[SweepKind, SweepMark] = field(default_factory=dict)
    born: datetime | None = None
    not_before: datetime | None = None


def audit(
    told: Mapping[str, Told],
    sightings: Mapping[Pair, Sequence[Sighting]],
    setup: Setup,
    since: date,
    now: datetime,
) -> Report:
    """Every source of `told` over the days from `since` to today, and what is wrong with them.
    Pairs are compared whose `sightings` were read."""
    today = now.astimezone(UTC).date()
    audited = {name: _source(name, each, setup, since, now) for name, each in told.items()}
    open_gaps = [
        gap for name, source in audited.items() for gap in _planned(source, told[name], setup, now)
    ]
    healed = [
        gap
        for name, source in audited.items()
        for gap in backfill.gaps(name, source.days, DayState.HEALED)
    ]
    checks = tuple(_checked(pair, setup, audited, sightings, now) for pair in setup.pairs)
    found = [
        *findings.of_gaps(open_gaps, now),
        *(
            each
            for name, source in audited.items()
            for each in findings.of_source(source, told[name].walks, since, today)
        ),
        *findings.of_cross(checks, since, today),
    ]
    return Report(
        at=now,
        since=since,
        until=today,
        sources=tuple(audited.values()),
        gaps=tuple(open_gaps),
        healed=tuple(healed),
        cross=checks,
        findings=tuple(found),
    )


def _source(name: str, told: Told, setup: Setup, since: date, now: datetime) -> SourceAudit:
    today = now.astimezone(UTC).date()
    enabled = setup.enabled is None or name in setup.enabled
    found = coverage.of_walks(told.walks, since, today)
    watched = _watched_from(told, since, today)
    born = _born(told) or now
    days = tuple(
        coverage.judged(found, day, born, now, setup.every, enabled=enabled)
        if day >= watched
        else Day(day, DayState.UNWATCHED)
        for day in coverage.days(since, today)
    )
    recent = [walk for walk in told.walks if walk.finished_at.astimezone(UTC).date() >= since]
    daily: dict[date, Totals] = {}
    for walk in recent:
        day = walk.finished_at.astimezone(UTC).date()
        daily[day] = daily.get(day, Totals()) + _counted(walk)
    wrong = [
        f"receipt {walk.number}: {why}"
        for walk in recent
        if walk.kind != IMPORT and walk.end_sign and not walk.gap
        for why in [coverage.reconciles(walk)]
        if why
    ]
    totals = sum(daily.values(), Totals())
    return SourceAudit(name, enabled, days, totals, daily, tuple(wrong))


def _born(told: Told) -> datetime | None:
    return told.born or (told.walks[0].started_at if told.walks else None)


def _watched_from(told: Told, since: date, today: date) -> date:
    """The first day that the first poll reached back to, or `since` where that was long before."""
    born = _born(told)
    if born is None:
        return today
    first = born.astimezone(UTC).date()
    starts = [
        walk.window.start
        for walk in told.walks
        if walk.window
        and walk.kind in coverage.COVERING
        and (walk.started_at.astimezone(UTC).date() - first).days <= 1
    ]
    return max(since, min(starts, default=since if first < since else first))


def _counted(walk: Walk) -> Totals:
    return Totals(
        walks=1,
        broken=int(not coverage.whole(walk)),
        stated=walk.stated or 0,
        fetched=walk.fetched,
        new=walk.new,
        changed=walk.changed,
        known=max(walk.known, 0),
        unparsed=walk.unparsed,
        gone=walk.gone,
    )


def _planned(source: SourceAudit, told: Told, setup: Setup, now: datetime) -> Iterator[Gap]:
    for gap in backfill.gaps(source.name, source.days, DayState.GAP):
        yield backfill.planned(
            gap,
            told.marks,
            setup,
            now,
            not_before=told.not_before,
            born=_born(told) or now,
            enabled=source.enabled,
        )


def _checked(
    pair: Pair,
    setup: Setup,
    audited: Mapping[str, SourceAudit],
    sightings: Mapping[Pair, Sequence[Sighting]],
    now: datetime,
) -> CrossCheck:
    untold = cross.untold(pair, setup, audited)
    if untold or pair not in sightings:
        return CrossCheck(pair.name, pair.days, untold=untold or "it was not asked for")
    return cross.checked(pair, sightings[pair], audited, now)

"""Audits of this installation: what is polled, how often, and by which queries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from service.audits import Finding, Report, Setup
    from service.audits.report import Due
    from service.bootstrap.app import App
    from service.config import Settings
    from service.records import Sweep, SweepKind, SweepMark
    from service.store import Unit


def report(app: App, since: date | None = None, within: int | None = None) -> Report:
    """What the receipts prove. With `within` the other source of each pair has so many days."""
    from service import auditing

    return auditing.report(app.store, setup(app.settings, within), app.clock.now(), since)


def of_one(app: App, tx: Unit, source: str) -> Report:
    """What the receipts of one source prove of the last thirty days. The source is enabled, or was
    polled once."""
    from service import auditing

    return auditing.of_one(tx, setup(app.settings), source, app.clock.now())


def findings(app: App, now: datetime) -> tuple[Finding, ...]:
    """What of the last days calls for a person, each as an alarm."""
    from service import auditing

    return auditing.findings(app.parts, now, setup=setup(app.settings))


def setup(settings: Settings, within: int | None = None) -> Setup:
    """What an audit must know of the configuration."""
    from dataclasses import replace

    from service.audits import Setup
    from service.audits.report import PAIRS
    from service.bootstrap import upstreams

    pairs = PAIRS if within is None else tuple(replace(pair, days=within) for pair in PAIRS)
    return Setup(
        enabled=frozenset(upstreams.names(settings)),
        broad=upstreams.broad(settings),
        every=timedelta(hours=settings.poll.every_hours),
        due=_due(settings),
        pairs=pairs,
    )


def _due(settings: Settings) -> Due:
    from service.records import SweepKind
    from service.sources.windows import due_sweeps

    days, every = settings.poll.first_days, timedelta(hours=settings.poll.every_hours)

    def due(marks: Mapping[SweepKind, SweepMark], at: datetime, born: datetime) -> Sequence[Sweep]:
        kinds = {SweepKind.RECENT, *marks}
        since = born.date() - timedelta(days=days)
        return due_sweeps(
            kinds, marks, at.date(), now=at, first_days=days, since=since, every=every
        )

    return due

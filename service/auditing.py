"""What the receipts prove: read from the archive, and handed to the pure `audits`.

A module beside the pipeline, with the same rules.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from service.audits import Report, Setup, audit, coverage
from service.audits.audit import Told
from service.audits.counts import WEEKS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from service.audits import Finding
    from service.pipeline import Parts
    from service.records import Work
    from service.records.audits import Pair, Sighting, Walk
    from service.store import Store, Unit

DAYS = 30  # what an audit looks back, where nobody says how far
_ALARMED = 14  # days whose findings are alarms
_MISSED = timedelta(days=42)  # how far back works can be late: the walk of late entries has 35
_BEFORE = timedelta(weeks=WEEKS + 1)  # of history that days are compared with


def report(store: Store, setup: Setup, now: datetime, since: date | None = None) -> Report:
    """An audit of every source that is enabled or was ever polled, from a day on (the last thirty
    days). Reads receipts, marks and identifiers; no payloads."""
    since = since or _first(now)
    begin = datetime.combine(since, time(), UTC)
    with store.reading() as tx:
        told = _told(tx, setup, begin - _BEFORE)
        sightings = _sightings(tx, setup, begin, now)
    return audit(told, sightings, setup, since, now)


def of_one(tx: Unit, setup: Setup, source: str, now: datetime) -> Report:
    """An audit of one source over the last thirty days, without a look at others."""
    since = _first(now)
    begin = datetime.combine(since, time(), UTC) - _BEFORE
    alone = replace(setup, pairs=())
    return audit({source: _told(tx, alone, begin, source)[source]}, {}, alone, since, now)


def _first(now: datetime) -> date:
    return now.astimezone(UTC).date() - timedelta(days=DAYS - 1)


def findings(
    parts: Parts, now: datetime, since: date | None = None, setup: Setup | None = None
) -> tuple[Finding, ...]:
    """What of the last fourteen days (or since a day) calls for a person: each is an `Alarm` whose
    key stays the same for as long as it lasts. Without `setup` every source that was ever polled
    counts as enabled, and no back-fill is known."""
    since = since or now.astimezone(UTC).date() - timedelta(days=_ALARMED - 1)
    return report(parts.store, setup or Setup(), now, since).findings


def missed(tx: Unit, works: Collection[Work], entered: Mapping[int, str], at: datetime) -> set[int]:
    """Those of the works that nobody could have known at a time: they entered a source, by their
    day of `entered` (ISO date by work), on a day that was a gap of it then."""
    found: set[int] = set()
    days = {work.id: entered.get(work.id, "") for work in works if work.first_seen_at > at}
    if not any(days.values()):
        return found
    today = at.astimezone(UTC).date()
    gaps: dict[str, set[str]] = {}
    for name, walks in _walks(tx, at - _MISSED, at).items():
        seen = coverage.of_walks(walks, today - _MISSED, today)
        gaps[name] = {f"{day}" for day in seen.failed(today - _MISSED, at)}
    for work in works:
        if any(days.get(work.id) in gaps.get(source, ()) for source in work.sources):
            found.add(work.id)
    return found


def _walks(
    tx: Unit, since: datetime, until: datetime | None = None, source: str | None = None
) -> dict[str, list[Walk]]:
    walks: dict[str, list[Walk]] = {}
    for walk in tx.receipts.walks(since, until, source):
        walks.setdefault(walk.source, []).append(walk)
    return walks


def _told(tx: Unit, setup: Setup, since: datetime, source: str | None = None) -> dict[str, Told]:
    walks = _walks(tx, since, source=source)
    born = tx.receipts.first_polled()
    polled = {name for name, found in walks.items() if any(each.window for each in found)}
    waiting = {state.name: state.not_before for state in tx.sources.states()}
    return {
        name: Told(walks.get(name, ()), tx.sources.marks(name), born.get(name), waiting.get(name))
        for name in sorted({*born, *polled, *(setup.enabled or ())})
        if source in {None, name}
    }


def _sightings(
    tx: Unit, setup: Setup, since: datetime, now: datetime
) -> Mapping[Pair, Sequence[Sighting]]:
    return {pair: tx.receipts.sightings(pair, since, now) for pair in setup.pairs}

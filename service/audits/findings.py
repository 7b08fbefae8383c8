"""What calls for a person, of what an audit has found. Pure."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from service.audits import counts, coverage
from service.audits.coverage import COVERING
from service.audits.report import DayState, Finding
from service.records import Severity, Sign
from service.records.gaps import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from service.audits.report import CrossCheck, Gap, SourceAudit
    from service.records.audits import Walk

_SHORT = timedelta(days=1)  # a gap that closes within a day is no news
_LONG = timedelta(days=3)
_WORDS = 12  # of a translation, that are told to have come or gone
_WHAT = {
    "understood": "could not be understood",
    "abstract": "have no abstract",
    "authors": "have no authors",
    "date": "have no date",
    "doi": "have no DOI",
}


def of_gaps(gaps: Iterable[Gap], now: datetime) -> Iterator[Finding]:
    """One for each source with gaps that have lasted, or that nothing will close."""
    by_source: dict[str, list[Gap]] = {}
    for gap in gaps:
        by_source.setdefault(gap.source, []).append(gap)
    for source, found in by_source.items():
        lasting = [gap for gap in found if gap.again is None or now - (gap.since or now) > _SHORT]
        if not lasting:
            continue
        old = any(gap.again is None or now - (gap.since or now) > _LONG for gap in lasting)
        first, days = lasting[0], sum((gap.end - gap.start).days + 1 for gap in lasting)
        yield Finding(
            key=f"coverage-gap:{source}",
            severity=Severity.CRITICAL if old else Severity.WARNING,
            thing=f"source {source}",
            cause=f"has {days} days that are not proved whole, from {first.start}: {first.cause}",
            remedy=first.remedy,
            source=source,
            start=first.start,
            end=lasting[-1].end,
        )


def of_source(
    audited: SourceAudit, walks: Sequence[Walk], since: date, today: date
) -> Iterator[Finding]:
    """What the walks of one source show of the days from `since` on."""
    yield from _unreconciled(audited)
    yield from _zeros(audited, walks)
    yield from _little(audited.name, counts.series(walks), since, today)
    yield from _clamped(audited.name, walks, since)
    yield from _translations(audited.name, walks, since)
    for jump in counts.jumps(walks, since):
        yield _finding(
            audited.name,
            Sign.SCHEMA,
            f"{jump.what}:{jump.start}",
            f"{jump.share:.0%} of {jump.records:,} records {_WHAT.get(jump.what, jump.what)}, "
            f"{jump.before:.0%} before (day {_days(jump.start, jump.end)})",
            "look at one with: litwatch show --raw; the source has changed what it sends",
            days=(jump.start, jump.end),
        )


def of_cross(checks: Iterable[CrossCheck], since: date, today: date) -> Iterator[Finding]:
    """One for each pair of sources of which one does not know what it should."""
    for check in checks:
        if not check.missing:
            continue
        named = ", ".join(check.examples[:3]) + (", ..." if check.missing > 3 else "")
        source = check.pair.rpartition(" -> ")[2]
        yield Finding(
            key=f"cross:{check.pair}",
            severity=Severity.WARNING,
            thing=f"source {source}",
            cause=f"does not know {check.missing:,} of {check.compared:,} papers after "
            f"{check.days} days ({check.pair}): {named}",
            remedy="see: litwatch audit; walk their days again with: litwatch poll SOURCE --from",
            source=source,
            start=since,
            end=today,
        )


def _finding(
    source: str,
    sign: Sign,
    what: str,
    cause: str,
    remedy: str,
    *,
    days: tuple[date, date],
    severity: Severity = Severity.WARNING,
) -> Finding:
    return Finding(
        key=f"{sign}:{source}:{what}",
        severity=severity,
        thing=f"source {source}",
        cause=cause,
        remedy=remedy,
        source=source,
        start=days[0],
        end=days[1],
        sign=sign,
    )


def _unreconciled(audited: SourceAudit) -> Iterator[Finding]:
    if audited.unreconciled:
        yield Finding(
            key=f"counts:{audited.name}",
            severity=Severity.WARNING,
            thing=f"source {audited.name}",
            cause=f"has receipts whose counts do not add up: {audited.unreconciled[-1]}",
            remedy="their days are walked again; if it stays, please report it",
            source=audited.name,
        )


def _zeros(audited: SourceAudit, walks: Sequence[Walk]) -> Iterator[Finding]:
    """Zeros that the walk itself did not believe, of days that are gaps still."""
    open_days = {day.day for day in audited.days if day.state is DayState.GAP}
    last: Walk | None = None
    for walk in walks:
        if Sign.ZERO in walk.signs and walk.window and walk.kind in COVERING:
            held = (walk.window.start <= day <= walk.window.end for day in open_days)
            last = walk if any(held) else last
    if last is not None and last.window is not None:
        yield _finding(
            audited.name,
            Sign.ZERO,
            "walk",
            f"gave nothing in {last.window}: {coverage.cause(last)}",
            "it is asked again by itself; look at its own site if it stays",
            days=(last.window.start, last.window.end),
        )


def _little(source: str, series: Mapping[date, int], since: date, today: date) -> Iterator[Finding]:
    for found in counts.little(series, since, today):
        zero = found.count == 0
        yield _finding(
            source,
            Sign.ZERO,
            f"{found.day}",
            f"brought {'nothing' if zero else f'only {found.count:,}'} on {found.day:%a} "
            f"{found.day}, usually {found.usual:,.0f} (at least {found.bound:,.1f})",
            f"a holiday? else: litwatch poll {source} --from {found.day} --to {found.day}",
            days=(found.day, found.day),
            severity=Severity.WARNING,
        )


def _clamped(source: str, walks: Sequence[Walk], since: date) -> Iterator[Finding]:
    last: Walk | None = None
    for walk in walks:
        if walk.window is None or walk.finished_at.astimezone(UTC).date() < since:
            continue
        last = walk if Sign.CLAMPED in walk.signs else last
    if last is not None and last.window is not None:
        yield _finding(
            source,
            Sign.CLAMPED,
            "walk",
            f"stated {last.stated or 0:,} records in {last.window} and gave {last.fetched:,}: "
            "it cuts lists off",
            f"walk shorter windows: litwatch poll {source} --from DAY --to DAY",
            days=(last.window.start, last.window.end),
            severity=Severity.CRITICAL,
        )


def _translations(source: str, walks: Sequence[Walk], since: date) -> Iterator[Finding]:
    """The last change, for each query, of what the source made of it."""
    latest: dict[tuple[str, str], str] = {}
    changed: dict[tuple[str, str], tuple[Walk, str, str]] = {}
    for walk in walks:
        if walk.translation is None or not walk.query:
            continue
        key, now = (walk.kind, masked(walk.query)), masked(walk.translation)
        before = latest.setdefault(key, now)
        if before != now:
            changed[key] = (walk, before, now)
            latest[key] = now
    for (kind, _), (walk, before, now) in changed.items():
        day = walk.finished_at.astimezone(UTC).date()
        if day < since:
            continue
        yield _finding(
            source,
            Sign.TRANSLATION,
            f"{kind}:{day}",
            f"understands the same query otherwise since {day} ({kind}): {_told(before, now)}",
            "compare the two: litwatch receipts; mend the query if it finds something else now",
            days=(day, day),
        )


def _told(before: str, now: str) -> str:
    """The words that went and came."""
    old, new = before.split(), now.split()
    gone = [word for word in dict.fromkeys(old) if word not in set(new)]
    come = [word for word in dict.fromkeys(new) if word not in set(old)]
    told = [
        f"{name} {' '.join(words[:_WORDS])}{' ...' if len(words) > _WORDS else ''}"
        for name, words in (("without", gone), ("with", come))
        if words
    ]
    return ", ".join(told) or "the same words in another order"


def _days(start: date, end: date) -> str:
    return f"{start}" if start == end else f"{start}..{end}"

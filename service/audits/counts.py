"""Days on which implausibly little came, and on which what came looks otherwise. Pure.

Little: against the same weekday of the weeks before, by the lower bound of Farrington's interval
(Farrington et al. 1996, J. R. Statist. Soc. A 159, 547-563), which counts of a quasi-Poisson
variable fall below with probability `ALPHA`. With the median mu of n days and the dispersion phi it
is mu (1 - (2/3) z sqrt(tau / mu))^(3/2), tau = phi (1 + pi / (2 n)); pi / 2 is what a median varies
more than a mean. phi is pooled over the working days (or the days of weekends), from the days below
their medians, so that a burst after an outage does not hide anything; it is 1 at least.

Otherwise: by the test for two proportions with a pooled variance (Fleiss, Levin and Paik 2003,
Statistical Methods for Rates and Proportions, 3.1), at `SHARE_ALPHA`, and only where the share
rises by `JUMP`: sources come in clumps, which no test of single records allows for.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from math import pi, sqrt
from statistics import NormalDist, fmean, median
from typing import TYPE_CHECKING

from service.audits.coverage import COVERING, over, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from service.records.audits import Walk

ALPHA = 0.0005  # a day of a source: with six sources, once in more than a year of working days
SHARE_ALPHA = 0.0001
JUMP = 0.2
WEEKS = 8  # how far back days are compared
_LEAST_DAYS, _LEAST_MEDIAN = 5, 5.0
_LEAST_NOW, _LEAST_BEFORE = 20, 100  # records, for a share
_Z = NormalDist().inv_cdf(1 - ALPHA)
_SHARE_Z = NormalDist().inv_cdf(1 - SHARE_ALPHA)
_SATURDAY = 5
_NEAR = 3  # days: over a weekend it is one jump
_FEW = 1.5  # a dispersion from so many days may be too low by about so many of its own errors


@dataclass(frozen=True, slots=True)
class Little:
    """A day on which fewer records came than are believed: `usual` is the median of days like it,
    `bound` the least that is."""

    day: date
    count: int
    usual: float
    bound: float


@dataclass(frozen=True, slots=True)
class Jump:
    """A day from which on a larger share of the records lacks something, or is not understood."""

    start: date
    end: date
    what: str
    share: float
    before: float
    records: int


def series(walks: Sequence[Walk]) -> dict[date, int]:
    """How many records each day brought: as the source states it where it is walked day by day,
    else those that were new by the day on which walks ended. Days with a failure are left out,
    and the first: it brings weeks at once."""
    walked = [walk for walk in walks if walk.kind in COVERING and walk.window and walk.query]
    single = [walk for walk in walked if walk.window and walk.window.start == walk.window.end]
    if 2 * len(single) > len(walked):
        return _stated(single)
    return _arrived([walk for walk in walks if walk.kind in COVERING])


def _stated(walks: Sequence[Walk]) -> dict[date, int]:
    found: dict[date, int] = {}
    for walk in walks:
        if walk.window is None or walk.started_at < over(walk.window.start):
            continue
        found[walk.window.start] = walk.fetched if walk.stated is None else walk.stated
    return found


def _arrived(walks: Sequence[Walk]) -> dict[date, int]:
    found: dict[date, int] = defaultdict(int)
    spoiled: set[date] = set()
    last: date | None = None
    for walk in walks:
        day = walk.finished_at.astimezone(UTC).date()
        found[day] += walk.new
        if not whole(walk):
            spoiled.add(day)
        if last is None or day - last > timedelta(days=1):
            spoiled.add(day)  # what came in several days
        last = day
    return {day: count for day, count in found.items() if day not in spoiled}


def little(counts: Mapping[date, int], since: date, before: date) -> Iterator[Little]:
    """The days in [since, before) with implausibly few records. Only days with a median of five or
    more are judged, and with five days to compare with."""
    for day in sorted(counts):
        if not since <= day < before:
            continue
        like, dispersion = _reference(counts, day)
        if len(like) < _LEAST_DAYS:
            continue
        usual = median(like)
        bound = _bound(usual, dispersion, len(like))
        if usual >= _LEAST_MEDIAN and counts[day] < bound:
            yield Little(day, counts[day], usual, bound)


def _reference(counts: Mapping[date, int], day: date) -> tuple[list[int], float]:
    """The counts of days like this one, and how much such days vary."""
    weekend = day.weekday() >= _SATURDAY
    weekdays = defaultdict[int, list[int]](list)
    near: list[int] = []
    for number in range(1, 7 * WEEKS + 1):
        each = day - timedelta(days=number)
        if each in counts and (each.weekday() >= _SATURDAY) == weekend:
            weekdays[each.weekday()].append(counts[each])
            near.append(counts[each])
    same = weekdays[day.weekday()]
    if len(same) >= _LEAST_DAYS:
        return same, _dispersion([group for group in weekdays.values() if len(group) > 1])
    return ([], 1.0) if weekend else (near[:WEEKS], _dispersion([near[:WEEKS]]))


def _dispersion(groups: Sequence[Sequence[int]]) -> float:
    """Variance over mean, from the days below the median of their group."""
    scaled = [
        (count - middle) ** 2 / middle * len(group) / (len(group) - 1)
        for group in groups
        if len(group) > 1 and (middle := median(group)) > 0
        for count in group
        if count < middle
    ]
    few = 1 + _FEW / sqrt(len(scaled)) if scaled else 1.0
    return max(1.0, few * fmean(scaled)) if scaled else 1.0


def _bound(usual: float, dispersion: float, days: int) -> float:
    if usual <= 0:
        return 0.0
    tau = dispersion * (1 + pi / (2 * days))
    return float(usual * max(0.0, 1 - 2 / 3 * _Z * sqrt(tau / usual)) ** 1.5)


# -- shares


def jumps(walks: Sequence[Walk], since: date) -> list[Jump]:
    """Where the records that came since a day lack something more often than in the weeks before;
    days one after the other as one."""
    covering = [walk for walk in walks if walk.kind in COVERING]
    names = {"understood", *(name for walk in covering for name in walk.lacking)}
    return [found for name in sorted(names) for found in _jumps(covering, name, since)]


def _jumps(walks: Sequence[Walk], name: str, since: date) -> Iterator[Jump]:
    daily: dict[date, tuple[int, int]] = {}
    for walk in walks:
        day = walk.finished_at.astimezone(UTC).date()
        without, of = daily.get(day, (0, 0))
        more, among = _share(walk, name)
        daily[day] = without + more, of + among
    last: Jump | None = None
    usual: deque[tuple[date, int, int]] = deque()  # the weeks before, but for days that jumped
    without = of = 0  # of these
    for day in sorted(daily):
        while usual and day - usual[0][0] > timedelta(weeks=WEEKS):
            _, fewer, less = usual.popleft()
            without, of = without - fewer, of - less
        found = _jump(daily[day], (without, of), day, name)
        if found is None:
            usual.append((day, *daily[day]))
            without, of = without + daily[day][0], of + daily[day][1]
        elif day >= since:
            if last is not None and (day - last.end).days <= _NEAR:
                last = replace(last, end=day, share=found.share, records=found.records)
                continue
            if last is not None:
                yield last
            last = found
    if last is not None:
        yield last


def _share(walk: Walk, name: str) -> tuple[int, int]:
    """How many of a walk's records lack this, of how many; none where nobody counted."""
    taken = walk.new + walk.changed
    if name == "understood":
        return walk.unparsed, taken + walk.unparsed
    return (walk.lacking[name], taken) if name in walk.lacking else (0, 0)


def _jump(now: tuple[int, int], past: tuple[int, int], day: date, name: str) -> Jump | None:
    if now[1] < _LEAST_NOW or past[1] < _LEAST_BEFORE:
        return None
    share, before = now[0] / now[1], past[0] / past[1]
    pooled = (now[0] + past[0]) / (now[1] + past[1])
    spread = sqrt(pooled * (1 - pooled) * (1 / now[1] + 1 / past[1]))
    if share - before < JUMP or share - before <= _SHARE_Z * spread:
        return None
    return Jump(day, day, name, share, before, now[1])

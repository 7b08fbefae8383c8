"""Where each topic's line is drawn: at a relevance, for an expected precision, or for so many
papers a week. Pure; a module beside the pipeline, which fetches what this needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from service.ranking import cutoffs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from service.records import RankedWork, Topic

    class Past(Protocol):
        """A past digest: the last sequence number that it covered, and when it was frozen."""

        @property
        def window_hi(self) -> int: ...
        @property
        def frozen_at(self) -> datetime: ...


_WEEK = timedelta(weeks=1)
REACH = 4 * _WEEK + timedelta(days=1)  # a digest may be frozen some hours early or late
MOST_WORKS = 60_000  # by sequence numbers: beyond, ranking the weeks before would take too long
# No single work is shown that is less likely than this share of the precision that is wanted,
# however sure the others are.
_LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Recent:
    """The works from the sequence number `start` on, which came in so many `weeks`."""

    start: int
    weeks: float


def recent(past: Iterable[Past], window: tuple[int, int], since: datetime, now: datetime) -> Recent:
    """How far back papers a week are counted: to the oldest digest of the last four weeks.

    `window` is that of the digest to be made, and `since` when it began: without earlier digests,
    or when they cover more than `MOST_WORKS`, it alone is counted.
    """
    lo, hi = window
    known = [
        (digest.frozen_at, digest.window_hi)
        for digest in past
        if now - digest.frozen_at <= REACH and hi - digest.window_hi <= MOST_WORKS
    ]
    began, start = min([(since, lo), *known])
    return Recent(min(start, lo), max((now - began) / _WEEK, 1.0))


def draw(
    topics: Iterable[Topic],
    default: float,
    ranked: Mapping[str, Sequence[RankedWork]],
    sent: AbstractSet[int] = frozenset(),
    *,
    before: Mapping[str, Sequence[RankedWork]] = MappingProxyType({}),
    weeks: float = 1.0,
) -> dict[str, float]:
    """The relevance that a work must have to be shown, by topic.

    `ranked` are the works of the digest's window, best first; those `sent` are not shown again.
    Papers a week are counted over the others and the works that came `before` the window, which
    together came in so many weeks.
    """
    return {
        topic.slug: _cutoff(
            topic,
            default,
            [w.relevance for w in ranked[topic.slug] if w.work_id not in sent],
            [w.relevance for w in before.get(topic.slug, ())],
            weeks,
        )
        for topic in topics
    }


def _cutoff(
    topic: Topic, default: float, now: Sequence[float], before: Sequence[float], weeks: float
) -> float:
    if topic.precision is not None:
        return cutoffs.for_precision(topic.precision, now, least=_LEAST * topic.precision)
    if topic.per_week is not None:
        counted = [each for each in (*now, *before) if each > 0]  # 0: it holds an excluded term
        found = cutoffs.for_volume(topic.per_week * weeks, [counted])
        return default if found is None else found
    return default if topic.cutoff is None else topic.cutoff

"""What a digest needs to know of those before it: where they ended, what they sent and said.

A module beside the pipeline, with the same rules: it is handed a unit of the store, and what
decides is in the pure modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from service import lines, news
from service.digest import compose

if TYPE_CHECKING:
    from datetime import datetime

    from service.records import DigestChange, SourceReceipt, Subscription, WeekFigures
    from service.store import Unit

FIRST_WINDOW = timedelta(days=14)  # how far a new subscription's first digest reaches back


@dataclass(frozen=True, slots=True)
class Earlier:
    """What one subscription has had, and the window (lo, hi] of what it has not.

    `previous` is when its last digest was frozen, None before the first; `recent` how far back
    papers a week are counted; `sent` are works; `weeks` the figures of the last digests, oldest
    first.
    """

    lo: int
    hi: int
    previous: datetime | None
    recent: lines.Recent
    sent: frozenset[int]
    receipts: tuple[SourceReceipt, ...]
    weeks: tuple[WeekFigures, ...]
    changes: tuple[DigestChange, ...]


def read(
    tx: Unit,
    subscription: Subscription,
    created: datetime,
    now: datetime,
    *,
    until: datetime | None = None,
) -> Earlier:
    """How a subscription that was `created` then stands; with `until` how it stood."""
    name = subscription.name
    last = tx.digests.window_end(name, until)
    previous = last[1] if last else None
    since = previous or created - FIRST_WINDOW
    lo = last[0] if last else tx.works.sequence_before(since)
    hi = tx.works.sequence() if until is None else tx.works.sequence_before(until)
    return Earlier(
        lo=lo,
        hi=max(lo, hi),
        previous=previous,
        recent=lines.recent(tx.digests.past(name, until=until), (lo, hi), since, now),
        sent=tx.digests.sent_works(name, until),
        receipts=tx.sources.summary(previous, now),
        weeks=compose.weeks(tx.digests.latest(name, compose.WEEKS - 1, until)),
        changes=news.told(tx, subscription, until),
    )

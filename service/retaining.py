"""Removing what the operator does not want to keep for ever.

A module beside the pipeline, with the same rules. Removes in small transactions, so that nobody
waits for it, and may be stopped between any two; several workers may be at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from service.records.retained import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from service.store import Store

BATCH = 200  # rows between two commits: of bytes of digests some 40 MB

WORDS: Mapping[Kept, str] = {
    Kept.RENDERED: "deliveries' bytes",
    Kept.RANKINGS: "receipts of rankings",
    Kept.ALARMS: "alarms that are over",
    Kept.BOUNCES: "mails that came back",
}
"""What each kind is called, in the order in which they are removed."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How many days each is kept; what is not named is kept for ever."""

    days: Mapping[Kept, int]

    def before(self, now: datetime) -> dict[Kept, datetime]:
        """From when on back what is kept no longer, by kind."""
        return {
            kind: now - timedelta(days=self.days[kind]) for kind in WORDS if self.days.get(kind)
        }


def past(store: Store, terms: Terms, now: datetime) -> dict[Kept, int]:
    """How many rows of each kind are past their time."""
    with store.reading() as tx:
        return {kind: tx.retention.count(kind, when) for kind, when in terms.before(now).items()}


def remove(
    store: Store, terms: Terms, now: datetime, go_on: Callable[[], None] = lambda: None
) -> dict[Kept, int]:
    """Remove what is past its time; returns how many rows of each kind. Between two transactions
    `go_on` is called, which may end it all."""
    done = dict.fromkeys(terms.before(now), 0)
    for kind, when in terms.before(now).items():
        some = BATCH
        while some == BATCH:
            go_on()
            with store.writing() as tx:
                some = tx.retention.remove(kind, when, now, BATCH)
            done[kind] += some
    return done

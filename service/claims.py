"""Who works, who has gone silent, and what they have claimed: decided from what is kept."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from service.records.workers import Claim, Worker
    from service.store import Unit

    # Called first in a transaction: raises `ClaimLostError` where the work is no longer ours.
    Fence = Callable[[Unit], None]

SILENT = timedelta(seconds=90)  # without a sign of life: four were missed


@dataclass(frozen=True, slots=True)
class Crew:
    """The workers of an archive. `silent` have given no sign for `SILENT`; `left` are claims of
    theirs, and any others that their holders have let run out: each is free once its time is
    over."""

    living: tuple[Worker, ...]
    silent: tuple[Worker, ...]
    held: tuple[Claim, ...]
    left: tuple[Claim, ...]

    def of(self, worker: Worker) -> list[str]:
        """The names of what a worker has claimed."""
        return [claim.name for claim in (*self.held, *self.left) if claim.holder == worker.name]


def crew(workers: Sequence[Worker], claims: Sequence[Claim], now: datetime) -> Crew:
    """Who lives, and who holds what. A command that polls or makes a digest holds claims too, and
    is no worker."""
    living = tuple(each for each in workers if now - each.seen_at < SILENT)
    silent = tuple(each for each in workers if now - each.seen_at >= SILENT)
    gone = {each.name for each in silent}
    left = tuple(each for each in claims if each.holder in gone or each.held_until < now)
    return Crew(living, silent, tuple(each for each in claims if each not in left), left)


def unfenced(_tx: Unit) -> None:
    """The `Fence` of work that nobody else can be doing, or that may be done twice."""


class Alone:
    """Stands in for `store.holding.Holding` where no other process works: claims nothing."""

    @contextmanager
    def held(self, _name: str) -> Iterator[Fence | None]:
        """Always to be had."""
        yield unfenced

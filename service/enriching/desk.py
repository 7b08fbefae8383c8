"""What enriching works with, and when a work may be asked about."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from zlib import crc32

from service.errors import Retry, SourceError
from service.normalisation import paper_of
from service.records.enriching import Enrichment, What

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from service.clock import Clock
    from service.records import Paper, Work
    from service.records.enriching import Mention, Picture
    from service.sources.enrichment import Addresses
    from service.sources.enrichment_payload import Open
    from service.store import Store, Unit

log = logging.getLogger(__name__)
T = TypeVar("T")
U = TypeVar("U")

PATIENCE = timedelta(minutes=10)  # what could not be asked is asked again after that
# Nothing found: asked again after these, the last again and again.
AGAIN = tuple(timedelta(days=days) for days in (7, 30, 90, 180))
# Found: what may become more open, and better annotated. A figure stays what it is.
RENEWED = {What.ACCESS: timedelta(days=90), What.ENTITIES: timedelta(days=180)}


class Asked(Protocol):
    """The services (`sources.enrichment.Services`). What they raise is `SourceError`."""

    @property
    def at(self) -> Addresses: ...
    def annotations(self, articles: Sequence[str]) -> dict[str, tuple[Mention, ...]]: ...
    def pubtator(self, pmids: Sequence[str]) -> dict[str, tuple[Mention, ...]]: ...
    def openness(self, terms: Sequence[str]) -> tuple[Open, ...]: ...
    def full_text(self, pmcid: str) -> bytes: ...
    def picture(self, pmcid: str, href: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What `bootstrap` wired. `small` makes a thumbnail, None of what is no picture; `go_on` is
    called before each request and ends the work by raising; `figures` says whether they are
    wanted."""

    store: Store
    clock: Clock
    services: Asked
    small: Callable[[bytes], Picture | None]
    go_on: Callable[[], None] = lambda: None
    figures: bool = True


class Left(Exception):  # noqa: N818 - no error: a service is left alone for now
    """A service could not be asked just now."""


@dataclass(slots=True)
class Round:
    """One look at some works, for one thing; `kept` is what is kept of them, `found` counts what
    was found of each kind; with `now` all of it is due."""

    desk: Desk
    at: datetime
    kept: Mapping[tuple[int, What], Enrichment]
    found: Counter[What]
    now: bool = False
    failed: set[str] = field(default_factory=set)

    def due(
        self, works: Iterable[Work], what: What, name: Callable[[Work], str], most: int
    ) -> list[Work]:
        """Those of the works that this worker may ask about now by the name they have, at most so
        many. What comes of it is to be kept within `PATIENCE`, or another asks."""
        if self.now:
            return [each for each in works if name(each)]
        fitting = [e for e in works if is_due(self.kept.get((e.id, what)), name(e), self.at)]
        fitting.sort(key=lambda each: self._turn(each, what))
        if not (chosen := fitting[:most]):
            return []
        until = self.at + PATIENCE
        with self.desk.store.writing() as tx:
            claim = tx.enrichments.claim
            mine = {
                each.id
                for each in sorted(chosen, key=lambda each: each.id)  # all lock rows in one order
                if claim(each.id, what, name(each), self.at, until)
            }
        return [each for each in chosen if each.id in mine]

    def _turn(self, work: Work, what: What) -> int:
        """Works that were never asked about first, in their order; the others in another order
        each time, so that one that a service always stumbles over holds up no other for ever."""
        if (work.id, what) not in self.kept:
            return 0
        return 1 + crc32(f"{work.id} {self.at.isoformat()}".encode())

    def ask(self, asking: Callable[[], T], otherwise: U) -> T | U:
        """What a service says, `otherwise` where it says that it has nothing. Raises `Left`."""
        self.desk.go_on()
        try:
            return asking()
        except SourceError as error:
            log.warning("not enriched: %s", error)
            if error.retry is Retry.NEVER:
                return otherwise
            raise Left from error

    def answer(
        self, work: Work, what: What, source: str, asked: str, content: Mapping[str, Any] | None
    ) -> Enrichment:
        """What came of asking, to be kept; None: nothing was found."""
        before = self.kept.get((work.id, what))
        tries = 0 if content is not None else 1 + (before.tries if before else 0)
        if content is not None:
            self.found[what] += 1
        due = due_again(what, tries, self.at)
        return Enrichment(
            *(work.id, what, source, content is not None, asked, self.at, due, tries),
            content=content or {},
        )


def is_due(kept: Enrichment | None, asked: str, now: datetime) -> bool:
    """Whether a work may be asked about by these identifiers; without any it may not."""
    if not asked:
        return False
    if kept is None or kept.asked != asked:
        return True
    return kept.due_at is not None and kept.due_at <= now


def due_again(what: What, tries: int, now: datetime) -> datetime | None:
    """When it may be asked again, of what was found (`tries` 0) or not found so often in a row;
    None is never."""
    if tries:
        return now + AGAIN[min(tries, len(AGAIN)) - 1]
    renewed = RENEWED.get(what)
    return None if renewed is None else now + renewed


def papers(tx: Unit, work_id: int) -> Iterator[Paper]:
    """What the work's records say, of those that are understood."""
    for held in tx.works.records(work_id):
        if paper := paper_of(held.record):
            yield paper

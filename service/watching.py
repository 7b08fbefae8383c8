"""What became of works that somebody was sent, or saved: each is asked for again at its sources, in
a rhythm that slows down with its age, and what they say now is taken in like all that is polled.

A module beside the pipeline, with the same rules. Several workers may do it: one at a time does,
and what is due is told by the archive. A work that a source did not answer for keeps its turn and
is asked for again soon, then ever less soon.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from service import pipeline
from service.records import RECHECK, Batch, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from service.errors import LitwatchError, SourceError
    from service.pipeline import Parts
    from service.records import Record
    from service.store import StoredPollBook
    from service.store.rechecks import Watched

    class Answer(Protocol):
        """What a source says of the papers of these names; nothing where there is an `error`."""

        @property
        def source(self) -> str: ...
        @property
        def names(self) -> tuple[str, ...]: ...
        @property
        def records(self) -> tuple[Record, ...]: ...
        @property
        def error(self) -> SourceError | None: ...

    class Asking(Protocol):
        """Who asks the sources for papers by their names."""

        def ask(self, names: Iterable[str]) -> Iterator[Answer]: ...


log = logging.getLogger(__name__)

BATCH = 200  # works between two receipts; PubMed gives as many records at once
_PASSES = 3  # a preprint tells its article's DOI, and that its PMID: each is asked for in turn

WEEK = timedelta(weeks=1)
_QUARTER, _TWO_YEARS = timedelta(days=91), timedelta(days=731)
# How often a work is asked for, the first that fits: up to which age, counted from when it was last
# sent or saved, or else from its posting; whether for preprints only; every how many days.
RHYTHM: Sequence[tuple[str, timedelta, bool, timedelta]] = (
    # Readers act on what they have just read, and most corrections of a new paper come early.
    ("had", _QUARTER, False, WEEK),
    # Half of the preprints that reach a journal do so within seven months, nearly all in two years.
    ("posted", _TWO_YEARS, True, 2 * WEEK),
    # Journals publish most expressions of concern and retractions within two years.
    ("posted", _TWO_YEARS, False, timedelta(days=30)),
    # The rest come late, the last after decades: never forgotten, but nothing is urgent any more.
    ("ever", timedelta.max, False, timedelta(days=182)),
)
_SOON, _LATER = timedelta(days=1), WEEK  # after the first failure, and at the most


@dataclass
class Rechecked:
    """What a round came to. `asked` counts works; `failed` those that a source did not answer for;
    `error` is the last reason."""

    asked: int = 0
    failed: int = 0
    tally: Tally = field(default_factory=Tally)
    error: LitwatchError | None = None


def next_due(work: Watched, now: datetime) -> datetime:
    """When a work that was just asked for is asked for again."""
    posted = min(_day(work.published) or work.since, now)
    ages = {"had": now - work.since, "posted": now - posted, "ever": timedelta()}
    for since, age, preprint, every in RHYTHM:
        if ages[since] < age and (work.preprint or not preprint):
            return now + every
    raise AssertionError("the last line fits always")


def retry_at(work: Watched, now: datetime) -> datetime:
    """When a work is asked for again after a failure more."""
    return now + min(_SOON * (1 << min(work.failures, 8)), _LATER)


def recheck(
    parts: Parts,
    asking: Asking,
    book: StoredPollBook,
    go_on: Callable[[], None] = lambda: None,
) -> Rechecked | None:
    """Ask for all works that are due; None where another worker does. `go_on` is called between
    two answers, and may end it all: what is taken in stays, what was not is due still. Raises
    `ClaimLostError` where another worker took over meanwhile."""
    if not book.claim(RECHECK, parts.clock.now(), force=True):
        return None
    desk = _Desk(parts, asking, book, go_on)
    try:
        _enrol(parts)
        while works := _due(parts):
            _batch(desk, works)
        now, done = parts.clock.now(), desk.done
        if done.error:
            book.failed(RECHECK, done.error, now)
        elif done.asked:
            book.succeeded(RECHECK, now, now)
    finally:
        book.release(RECHECK)
    return done


@dataclass
class _Desk:
    """What a round of asking needs, and what it came to so far."""

    parts: Parts
    asking: Asking
    book: StoredPollBook
    go_on: Callable[[], None]
    done: Rechecked = field(default_factory=Rechecked)


def _enrol(parts: Parts) -> None:
    with parts.store.reading() as tx:
        had = tx.rechecks.unenrolled()
    if had:
        with parts.store.writing() as tx:
            tx.rechecks.enrol(had, WEEK)


def _due(parts: Parts) -> list[Watched]:
    with parts.store.reading() as tx:
        return tx.rechecks.due(parts.clock.now(), BATCH)


def _batch(desk: _Desk, works: Sequence[Watched]) -> None:
    started, heard = desk.parts.clock.now(), _Heard()
    names = {work.work_id: _asked_for(work.names) for work in works}
    for _ in range(_PASSES):
        fresh = set().union(*names.values()) - heard.asked
        if not fresh:
            break
        for answer in desk.asking.ask(sorted(fresh)):
            desk.go_on()
            _take_in(desk, answer, heard)
        heard.asked |= fresh
        with desk.parts.store.reading() as tx:
            known = tx.rechecks.names(list(names))
        names = {number: _asked_for(known.get(number, ())) for number in names}
    failed = {work.work_id for work in works if names[work.work_id] & heard.failed}
    _write(desk, works, failed, heard, started)
    desk.done.asked += len(works)
    desk.done.failed += len(failed)
    desk.done.tally += sum(heard.tallies.values(), Tally())
    desk.done.error = next(iter(heard.errors.values()), desk.done.error)


@dataclass
class _Heard:
    """What a batch has come to so far, by source."""

    asked: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    errors: dict[str, SourceError] = field(default_factory=dict)


def _asked_for(names: Iterable[str]) -> frozenset[str]:
    """Which of a work's names are asked for: PMC gives whole articles, so only of those that PubMed
    does not have."""
    told = frozenset(names)
    indexed = any(name.startswith("pmid:") for name in told)
    return frozenset(n for n in told if not (indexed and n.startswith("pmcid:")))


def _take_in(desk: _Desk, answer: Answer, heard: _Heard) -> None:
    source = answer.source
    heard.counts[source] = heard.counts.get(source, 0) + len(answer.names)
    if answer.error is not None:
        heard.errors[source] = answer.error
        heard.failed.update(answer.names)
    tally = Tally()
    if answer.records:
        batch, fence = Batch(answer.records), desk.book.fence(RECHECK)
        tally = pipeline.take_in(desk.parts, batch, source, announce=False, fence=fence)
    heard.tallies[source] = heard.tallies.get(source, Tally()) + tally


def _write(
    desk: _Desk,
    works: Sequence[Watched],
    failed: set[int],
    heard: _Heard,
    started: datetime,
) -> None:
    now = desk.parts.clock.now()
    with desk.parts.store.writing() as tx:
        desk.book.fence(RECHECK)(tx)
        tx.rechecks.checked(
            {work.work_id: next_due(work, now) for work in works if work.work_id not in failed}, now
        )
        tx.rechecks.failed(
            {work.work_id: retry_at(work, now) for work in works if work.work_id in failed}
        )
        for source, count in heard.counts.items():
            error = heard.errors.get(source)
            tx.sources.add_recheck_receipt(
                source,
                f"{count} known papers",
                heard.tallies[source],
                str(error) if error else None,
                started_at=started,
                finished_at=now,
            )


def _day(told: str | None) -> datetime | None:
    """The beginning of a partial ISO date; None where there is none, or it is not one."""
    parts = (told or "").split("-")
    try:
        year, month, day = (*map(int, parts), 1, 1)[:3]
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None

"""Polling one source: which sweeps are due, walking them, and what is written down about it.

Does not parse, merge or store records: it hands each batch to `take_in`. A failing source ends
with its reason in the book; it never raises for what an upstream can do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service.errors import (
    ClaimLostError,
    CursorLostError,
    LitwatchError,
    SourceError,
    StoreError,
    ThrottledError,
)
from service.records import Batch, Sweep, SweepKind, SweepMark, Tally, Window, WindowReport
from service.records.gaps import NO_END_SIGN, Unproved, tell
from service.sources.signs import signs
from service.sources.windows import advance, due_sweeps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from service.clock import Clock
    from service.protocols import PollBook, Source

    TakeIn = Callable[[str, Batch], Tally]
    Progress = Callable[[str, Tally], None]

log = logging.getLogger(__name__)

_RESTARTS = 2  # a lost cursor begins its window again this often
_FIRST_BACKOFF = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(days=7)  # a source that asks for more is asked again all the same


@dataclass(frozen=True, slots=True)
class PollResult:
    """What polling one source came to. `skipped` is why it was not polled at all."""

    source: str
    tally: Tally = field(default_factory=Tally)
    reports: tuple[WindowReport, ...] = ()
    error: LitwatchError | None = None
    skipped: str = ""

    @property
    def gaps(self) -> tuple[str, ...]:
        """Windows that are not proved whole, and why."""
        return tell(
            Unproved(report.kind, report.window, report.gap or NO_END_SIGN)
            for report in self.reports
            if not report.complete
        )


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often, and how far back the first time."""

    every: timedelta = timedelta(hours=6)
    first_days: int = 14


@dataclass(slots=True)
class _Seen:
    """What a poll has come to so far; `open` is what no receipt tells yet."""

    tally: Tally = field(default_factory=Tally)
    open: Tally = field(default_factory=Tally)
    reports: list[WindowReport] = field(default_factory=list)

    def result(
        self, source: str, error: LitwatchError | None = None, skipped: str = ""
    ) -> PollResult:
        return PollResult(source, self.tally, tuple(self.reports), error, skipped)


class _Stopped(Exception):  # noqa: N818 - not an error: the operator asked
    """The process is ending; what is stored stays, the window is walked again."""


class Poller:
    """Polls sources one at a time; several pollers may work side by side on different sources."""

    def __init__(
        self,
        book: PollBook,
        take_in: TakeIn,
        clock: Clock,
        rhythm: Rhythm,
        *,
        progress: Progress | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._book = book
        self._take_in = take_in
        self._clock = clock
        self._rhythm = rhythm
        self._progress = progress or (lambda _source, _tally: None)
        self._stopping = stopping

    def poll(
        self, source: Source, *, force: bool = False, window: Window | None = None
    ) -> PollResult:
        """Walk all sweeps that are due, or the given window, and write down how it went."""
        now = self._clock.now()
        if not self._book.claim(source.name, now, force=force or window is not None):
            return PollResult(source.name, skipped="not due yet, or polled by another worker")
        try:
            return self._poll(source, now, force, window)
        finally:
            self._book.release(source.name)

    def _poll(
        self, source: Source, now: datetime, force: bool, window: Window | None
    ) -> PollResult:
        name, seen = source.name, _Seen()
        try:
            sweeps = self._sweeps(source, now, force, window)
            for sweep in sweeps:
                self._sweep(source, sweep, seen)
        except _Stopped:
            return seen.result(name, skipped="stopped")
        except ClaimLostError as error:  # whoever has it now walks the window again
            log.warning("%s", error)
            return seen.result(name, skipped="taken over by another worker")
        except LitwatchError as error:
            self._book.failed(name, error, self._clock.now() + self._wait(error))
            log.warning("%s: %s", name, error)
            return seen.result(name, error)
        except Exception as error:  # a defect of ours in one source must not stop the others
            log.exception("%s: unexpected failure", name)
            told = SourceError(name, f"unexpected {type(error).__name__}: {error}")
            self._book.failed(name, told, self._clock.now() + self._rhythm.every)
            return seen.result(name, told)
        if not sweeps:  # nothing was asked: that is no success, and makes no failure good
            return seen.result(name, skipped="nothing is due yet")
        self._book.succeeded(name, self._clock.now(), now + self._rhythm.every)
        return seen.result(name)

    def _sweeps(
        self, source: Source, now: datetime, force: bool, window: Window | None
    ) -> Sequence[Sweep]:
        if window is not None:
            return [Sweep(kind, window) for kind in SweepKind if kind in source.sweeps][:1]
        marks = self._book.marks(source.name)
        if force:  # as if nothing had been run for long, but from the marks on
            marks = {kind: SweepMark(mark.last_complete_end) for kind, mark in marks.items()}
        days = self._rhythm.first_days
        # No wide sweep may reach before the first poll's window: that would be a back-fill.
        since = self._book.first_polled(source.name, now).date() - timedelta(days=days)
        return due_sweeps(
            source.sweeps,
            marks,
            now.date(),
            now=now,
            first_days=days,
            since=since,
            every=self._rhythm.every,
        )

    def _sweep(self, source: Source, sweep: Sweep, seen: _Seen) -> None:
        for restart in range(_RESTARTS + 1):
            try:
                return self._walk(source, sweep, seen)
            except CursorLostError:
                if restart == _RESTARTS:
                    raise
        raise AssertionError("unreachable")

    def _walk(self, source: Source, sweep: Sweep, seen: _Seen) -> None:
        """Walk one window. The parts that were finished stay proved, whatever comes after; only a
        walk that came to its end counts as run, and only then are its validators kept."""
        name, before, started = source.name, len(seen.reports), self._clock.now()
        ordered = replace(sweep, validators=self._book.validators(name, sweep.kind))
        validators, ended = None, False
        try:
            self._windows(source, ordered, seen)
            ended = True
        except (_Stopped, StoreError):
            raise
        except Exception as error:
            told = str(error) if isinstance(error, LitwatchError) else f"unexpected {error!r}"
            broken = _broken(sweep, seen.reports[before:], seen.open, told)
            self._book.receipt(name, broken, seen.open, started, self._clock.now())
            raise
        finally:
            reports = seen.reports[before:]
            if ended:
                validators = next((r.validators for r in reversed(reports) if r.validators), None)
            else:
                reports = [*reports, _broken(sweep, reports, seen.open, "broken off")]
            seen.open = Tally()
            mark = self._book.marks(name).get(sweep.kind, SweepMark())
            moved = advance(mark, reports, started if ended else None)
            self._book.set_mark(name, sweep.kind, moved, validators)

    def _windows(self, source: Source, sweep: Sweep, seen: _Seen) -> None:
        """Take in what the source yields; a receipt is kept for each of its reports."""
        name, started = source.name, self._clock.now()
        for item in source.poll(sweep, lambda ids: self._book.unknown(name, ids)):
            if self._stopping():
                raise _Stopped
            if isinstance(item, Batch):
                tally = self._take_in(name, item)
                seen.tally += tally
                seen.open += tally
                self._progress(name, tally)
                continue
            finished = self._clock.now()
            report = replace(item, signs=signs(item))
            self._book.receipt(name, report, seen.open, started, finished)
            seen.reports.append(report)
            seen.open, started = Tally(), finished

    def _wait(self, error: LitwatchError) -> timedelta:
        wait = min(_FIRST_BACKOFF, self._rhythm.every)
        if isinstance(error, ThrottledError) and error.retry_after:
            asked = timedelta(seconds=min(error.retry_after, _LONGEST_WAIT.total_seconds()))
            return max(wait, asked)
        return wait


def _broken(
    sweep: Sweep, reports: Sequence[WindowReport], tally: Tally, cause: str
) -> WindowReport:
    """The report of a walk that did not come to its end: of the days after the last that it told
    of, or of all where it walks the same days more than once (by another query)."""
    window = sweep.window
    if reports and window.start <= reports[-1].window.end < window.end:
        window = Window(reports[-1].window.end + timedelta(days=1), window.end)
    return WindowReport(
        window=window,
        kind=sweep.kind,
        query="",
        translation=None,
        stated=None,
        fetched=tally.fetched,
        end_sign=False,
        gap=cause,
    )

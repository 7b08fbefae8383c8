"""Polling one source: which sweeps are due, walking them, and what is written down about it.

Does not parse, merge or store records: it hands each batch to `take_in`. A failing source ends
with its reason in the book; it never raises for what an upstream can do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service.errors import CursorLostError, LitwatchError, SourceError, ThrottledError
from service.records import Batch, Sweep, SweepKind, SweepMark, Tally, WindowReport
from service.sources.windows import advance, due_sweeps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from service.clock import Clock
    from service.protocols import PollBook, Source
    from service.records import Validators, Window

    TakeIn = Callable[[str, Batch], Tally]
    Progress = Callable[[str, Tally], None]

log = logging.getLogger(__name__)

_RESTARTS = 2  # a lost cursor begins its window again this often
_FIRST_BACKOFF = timedelta(minutes=15)


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
        return tuple(
            f"{report.window}: {report.gap or 'no end sign'}"
            for report in self.reports
            if not report.complete
        )


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often, and how far back the first time."""

    every: timedelta = timedelta(hours=6)
    first_days: int = 14


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
        total = Tally()
        reports: list[WindowReport] = []
        try:
            for sweep in self._sweeps(source, now, force, window):
                tally, seen = self._sweep(source, sweep)
                total += tally
                reports += seen
        except _Stopped:
            return PollResult(source.name, total, tuple(reports), skipped="stopped")
        except LitwatchError as error:
            self._book.failed(source.name, error, now + self._wait(source.name, error))
            log.warning("%s: %s", source.name, error)
            return PollResult(source.name, total, tuple(reports), error)
        except Exception as error:  # a defect of ours in one source must not stop the others
            log.exception("%s: unexpected failure", source.name)
            told = SourceError(source.name, f"unexpected {type(error).__name__}: {error}")
            self._book.failed(source.name, told, now + self._rhythm.every)
            return PollResult(source.name, total, tuple(reports), told)
        self._book.succeeded(source.name, now, now + self._rhythm.every)
        return PollResult(source.name, total, tuple(reports))

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
        return due_sweeps(source.sweeps, marks, now.date(), now=now, first_days=days, since=since)

    def _sweep(self, source: Source, sweep: Sweep) -> tuple[Tally, list[WindowReport]]:
        for restart in range(_RESTARTS + 1):
            try:
                return self._walk(source, sweep)
            except CursorLostError:
                if restart == _RESTARTS:
                    raise
        raise AssertionError("unreachable")

    def _walk(self, source: Source, sweep: Sweep) -> tuple[Tally, list[WindowReport]]:
        name, total = source.name, Tally()
        reports: list[WindowReport] = []
        validators: Validators | None = None
        started = self._clock.now()
        ordered = replace(sweep, validators=self._book.validators(name, sweep.kind))
        try:
            for report, tally in self._windows(source, ordered):
                total += tally
                if report is not None:
                    reports.append(report)
                    validators = report.validators or validators
        except SourceError as error:
            self._book.receipt(name, _broken(sweep, total, error), total, started, started)
            validators = None
            raise
        finally:  # the windows that were finished stay proved, whatever came after
            mark = self._book.marks(name).get(sweep.kind, SweepMark())
            self._book.set_mark(name, sweep.kind, advance(mark, reports, started), validators)
        return total, reports

    def _windows(self, source: Source, sweep: Sweep) -> Iterator[tuple[WindowReport | None, Tally]]:
        """Take in what the source yields; a receipt is kept for each of its reports."""
        name, since_report, started = source.name, Tally(), self._clock.now()
        for item in source.poll(sweep, lambda ids: self._book.unknown(name, ids)):
            if self._stopping():
                raise _Stopped
            if isinstance(item, Batch):
                tally = self._take_in(name, item)
                since_report += tally
                self._progress(name, tally)
                yield None, tally
                continue
            finished = self._clock.now()
            self._book.receipt(name, item, since_report, started, finished)
            yield item, Tally()
            started, since_report = finished, Tally()

    def _wait(self, name: str, error: LitwatchError) -> timedelta:
        if isinstance(error, ThrottledError) and error.retry_after:
            return timedelta(seconds=error.retry_after)
        return min(_FIRST_BACKOFF, self._rhythm.every)


def _broken(sweep: Sweep, tally: Tally, error: SourceError) -> WindowReport:
    """The receipt of a walk that ended in an error."""
    return WindowReport(
        window=sweep.window,
        kind=sweep.kind,
        query="",
        translation=None,
        stated=None,
        fetched=tally.fetched,
        end_sign=False,
        gap=str(error),
    )

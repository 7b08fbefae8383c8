"""Sources: how polling each one stands, what its receipts say, and asking it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Request, Response

from service.bootstrap import audited
from service.errors import InputError
from service.records import RECHECK, Window
from service.web.api import paging
from service.web.site.door import Reading, Tuned  # noqa: TC001 - FastAPI reads the annotations
from service.web.site.shell import done, page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from service.bootstrap import App
    from service.records import SourceReceipt, SweepKind, SweepMark
    from service.sources.polling import PollResult
    from service.store import Unit
    from service.store.sources import SourceState
    from service.web.site.errands import Errand, Errands, Say

_WEEK = timedelta(days=7)
_LATE = 3  # times the usual pause without a success: somebody should look
_RECEIPTS = 25
_LONGEST = 400  # days of one window: more is the work of `litwatch poll` or an import
_SWEEPS = {
    "recent": "new entries, daily",
    "wide": "late entries, weekly",
    "revised": "changed records, weekly",
    "archive": "ids of a year, monthly",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One source as people see it. `state` is "ok", "late", "failing", "new" or "off"."""

    name: str
    state: str
    told: SourceState | None
    week: SourceReceipt | None
    marks: Mapping[SweepKind, SweepMark]
    errand: Errand | None


def routes(app: App, errands: Errands) -> APIRouter:
    """/sources, /sources/NAME, and POST /sources/NAME/poll."""
    router = APIRouter()

    @router.get("/sources")
    def show_all(request: Request, visitor: Reading) -> Response:
        with app.store.reading() as tx:
            found = _standings(app, tx, errands)
            alarms = tx.alarms.open()
        busy = _busy(found)
        return page(request, visitor, "sources.html", sources=found, alarms=alarms, busy=busy)

    @router.get("/sources/{name}")
    def show(request: Request, visitor: Reading, name: str, cursor: str = "") -> Response:
        of = f"receipts {name}"
        with app.store.reading() as tx:
            one = next((each for each in _standings(app, tx, errands) if each.name == name), None)
            if one is None:
                raise HTTPException(404)
            rows = tx.listing.receipts(_RECEIPTS, paging.after(cursor or None, of, int), name)
            seen = audited.of_one(app, tx, name)
        shown, ahead = paging.page(rows, _RECEIPTS, of, lambda row: (row.finished_at, row.id))
        today = app.clock.now().date()
        return page(
            request,
            visitor,
            "source.html",
            source=one,
            sweeps=_SWEEPS,
            receipts=shown,
            ahead=ahead,
            audited=seen,
            since=today - _WEEK,
            today=today,
            busy=_busy([one]),
        )

    @router.post("/sources/{name}/poll")
    def poll(request: Request, form: Tuned, name: str) -> Response:
        if name not in app.source_names:
            raise HTTPException(404)
        window = _window(form.text("from"), form.text("to"), app.clock.now().date())
        label = f"{window}" if window else "what is new"
        work = partial(_poll, app, name, window)
        begun = errands.start(f"poll {name}", label, form.visitor.name, work)
        told = f"{name} is being polled." if begun else f"{name} is being polled already."
        return done(request, f"/sources/{name}", told)

    return router


def _standings(app: App, tx: Unit, errands: Errands) -> list[Standing]:
    now = app.clock.now()
    enabled = app.source_names
    states = {state.name: state for state in tx.sources.states()}
    week = {line.source: line for line in tx.sources.summary(now - _WEEK, now)}
    usual = timedelta(hours=app.settings.poll.every_hours)
    return [
        Standing(
            name,
            _state(states.get(name), now, usual, enabled=name in enabled or name == RECHECK),
            states.get(name),
            week.get(name),
            tx.sources.marks(name),
            errands.of(f"poll {name}"),
        )
        for name in sorted({*enabled, *states})
    ]


def _state(told: SourceState | None, now: datetime, usual: timedelta, *, enabled: bool) -> str:
    if not enabled:
        return "off"
    if told is None or told.last_attempt_at is None:
        return "new"
    if told.failures:
        return "failing"
    if told.last_success_at is None or now - told.last_success_at > _LATE * usual:
        return "late"
    return "ok"


def _busy(found: list[Standing]) -> bool:
    return any(each.errand is not None and each.errand.running for each in found)


def _window(start: str, end: str, today: date) -> Window | None:
    """The days that a form asks for; None for what is due. Raises `InputError`."""
    if not (start or end):
        return None
    try:
        first = date.fromisoformat(start or end)
        last = date.fromisoformat(end) if end else today
    except ValueError:
        raise InputError("the window", "is not two days", "write them as 2026-03-09") from None
    if last < first:
        raise InputError(f"the day {last}", f"is before {first}", "give the earlier day first")
    if (last - first).days > _LONGEST:
        remedy = "walk it in parts, or: litwatch poll NAME --from ... --to ..."
        raise InputError("the window", f"is longer than {_LONGEST} days", remedy)
    return Window(first, last)


def _poll(app: App, name: str, window: Window | None, say: Say) -> str:
    fetched = 0

    def progress(_source: str, tally: object) -> None:
        nonlocal fetched
        fetched += tally.fetched  # type: ignore[attr-defined]  # a Tally
        say(f"{fetched:,} records so far")

    chosen = [source for source in app.sources if source.name == name]
    (result,) = app.poll(chosen, force=True, window=window, progress=progress)
    return _came_to(result)


def _came_to(result: PollResult) -> str:
    if result.skipped:
        return f"Not polled: {result.skipped}."
    if result.error:
        raise result.error
    gaps = f" Gaps: {'; '.join(result.gaps)}." if result.gaps else " No gaps."
    counts = result.tally
    return f"{counts.fetched:,} records, {counts.new:,} new, {counts.changed:,} changed.{gaps}"

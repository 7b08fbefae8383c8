"""/sources, /receipts, /audit, /health: how the service itself stands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query

from service import __version__
from service.bootstrap import audited
from service.errors import InputError
from service.records import DeliveryState
from service.web.api import models, paging
from service.web.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from service.web.api.paging import SHOWN, Cursor, Limit

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.store import Unit
    from service.store.sources import SourceState

Source = Annotated[str | None, Query(max_length=100, description="of this source only")]
Since = Annotated[date | None, Query(description="the first day (the last thirty days)")]
_DAYS, _MOST_DAYS = 30, 400
_STATE = ("last_attempt_at", "last_success_at", "error_code", "error", "not_before")


def routes(app: App) -> APIRouter:
    """For those who look after it."""
    router = APIRouter(tags=["operation"])

    @router.get("/sources")
    def sources(caller: Reader) -> models.SourceList:
        """How polling each source stands."""
        enabled = set(app.source_names)
        with app.store.reading() as tx:
            states = {state.name: state for state in tx.sources.states()}
            items = [
                _source(tx, name, states.get(name)) | {"enabled": name in enabled}
                for name in sorted({*enabled, *states})
            ]
        return models.SourceList.of({"items": items})

    @router.get("/receipts", responses={400: {}})
    def receipts(
        caller: Reader, source: Source = None, limit: Limit = SHOWN, cursor: Cursor = None
    ) -> models.ReceiptPage:
        """What polls did and saw, the newest first."""
        of = f"receipts {source}"
        after = paging.after(cursor, of, int)
        with app.store.reading() as tx:
            rows = tx.listing.receipts(limit, after, source)
        shown, ahead = paging.page(rows, limit, of, lambda row: (row.finished_at, row.id))
        return models.ReceiptPage.of({"items": shown, "cursor": ahead})

    @router.get("/audit", responses={400: {}})
    def audit(caller: Reader, since: Since = None) -> models.Audit:
        """What the receipts prove: which days of each source were seen whole, and which were not.
        It reads all receipts of that time and of the two months before."""
        first = since or app.clock.now().date() - timedelta(days=_DAYS - 1)
        if not timedelta() <= app.clock.now().date() - first <= timedelta(days=_MOST_DAYS):
            told = f"is not one of the last {_MOST_DAYS} days"
            raise InputError(f"since {first}", told, "give a later day; earlier: litwatch audit")
        return models.Audit.of(audited.report(app, first))

    @router.get("/health")
    def health(caller: Reader) -> models.Health:
        """Whether the archive can be used (503 where it cannot), and whether a person should look:
        at sources that fail, at deliveries that are dead or in doubt."""
        app.check()
        with app.store.reading() as tx:
            states, counts = tx.sources.states(), tx.works.counts()
            deliveries = tx.deliveries.counts()
        failing = [state.name for state in states if state.failures]
        urgent = deliveries.keys() & {DeliveryState.UNKNOWN, DeliveryState.DEAD}
        polled = [state.last_success_at for state in states if state.last_success_at]
        return models.Health(
            status="attention" if failing or urgent else "ok",
            version=__version__,
            works=counts["works"],
            records=counts["records"],
            failing_sources=tuple(failing),
            deliveries={str(state): count for state, count in deliveries.items()},
            last_success_at=max(polled, default=None),
        )

    return router


def _source(tx: Unit, name: str, state: SourceState | None) -> dict[str, Any]:
    sweeps = [
        {"kind": kind, "complete_to": mark.last_complete_end, "last_run_at": mark.last_run}
        for kind, mark in sorted(tx.sources.marks(name).items())
    ]
    stands = {field: getattr(state, field, None) for field in _STATE}
    return {"name": name, "failures": state.failures if state else 0, "sweeps": sweeps, **stands}

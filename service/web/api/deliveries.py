"""/deliveries and /subscriptions: where digests go, and what became of each sending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query

from service import subscribing
from service.config.values import WEEKDAYS
from service.records import DeliveryState, StopReason
from service.web.api import models, paging
from service.web.api.access import Admin, Reader  # noqa: TC001 - FastAPI reads the annotations
from service.web.api.paging import SHOWN, Cursor, Limit
from service.web.api.people import told
from service.web.api.problems import looking_up

if TYPE_CHECKING:
    from datetime import datetime

    from service.bootstrap import App
    from service.store import Unit
    from service.store.delivery_lists import DeliveryLine
    from service.subscribing import Coming
    from service.web.api.access import Caller

Id = Annotated[str, Path(max_length=100, description="id of a delivery, or how only it begins")]
Name = Annotated[str, Path(max_length=models.LONGEST_NAME, description="name of a subscription")]
States = Annotated[list[DeliveryState] | None, Query(description="in these states (none: any)")]
Digest = Annotated[str | None, Query(max_length=300, description="of the digest with this id")]


def routes(app: App) -> APIRouter:
    """Deliveries; and subscriptions, which can be stopped and resumed."""
    router = APIRouter(tags=["deliveries"])

    @router.get("/deliveries", responses={400: {}})
    def list_deliveries(
        caller: Reader,
        state: States = None,
        digest: Digest = None,
        limit: Limit = SHOWN,
        cursor: Cursor = None,
    ) -> models.DeliveryPage:
        """Deliveries, the newest first."""
        states = sorted(set(state or ()))
        of = f"deliveries {' '.join(states)} {digest}"
        after = paging.after(cursor, of, str)
        with app.store.reading() as tx:
            rows = tx.listing.deliveries(limit, after, states=states, digest=digest)
        shown, ahead = paging.page(rows, limit, of, lambda row: (row.created_at, row.id))
        return models.DeliveryPage.of(
            {"items": [_delivery(line, caller) for line in shown], "cursor": ahead}
        )

    @router.get("/deliveries/{delivery_id}", responses={404: {}})
    def delivery(caller: Reader, delivery_id: Id) -> models.DeliveryDetail:
        """A delivery with all that happened to it."""
        with app.store.reading() as tx:
            with looking_up():
                found = tx.deliveries.find(delivery_id)
            line, events = tx.deliveries.line(found), tx.deliveries.events(found)
        names = ("at", "from_state", "to_state", "detail")
        happened = [dict(zip(names, event, strict=True)) for event in events]
        for each in happened:
            each["detail"] = told(str(each["detail"]), caller)
        return models.DeliveryDetail.of(_delivery(line, caller).model_dump() | {"events": happened})

    _subscriptions(router, app)
    return router


def _subscriptions(router: APIRouter, app: App) -> None:
    @router.get("/subscriptions", tags=["subscriptions"])
    def list_subscriptions(caller: Reader) -> models.SubscriptionList:
        """Every subscription there ever was."""
        with app.store.reading() as tx:
            items = [
                _subscription(each, caller) for each in subscribing.coming(tx, app.clock.now())
            ]
        return models.SubscriptionList.of({"items": items})

    @router.get("/subscriptions/{name}", tags=["subscriptions"], responses={404: {}})
    def subscription(caller: Reader, name: Name) -> models.Subscription:
        """One subscription."""
        with app.store.reading() as tx:
            return _one(tx, name, app.clock.now(), caller)

    @router.post("/subscriptions/{name}/stop", tags=["subscriptions"], responses={404: {}})
    def stop(caller: Admin, name: Name) -> models.Subscription:
        """Send nothing more to it, until it is resumed. Again changes nothing. Scope: admin."""
        now, why = app.clock.now(), f"by the API ({caller.name})"
        with app.store.writing() as tx:
            found = _one(tx, name, now, caller)
            tx.stops.stop(found.name, StopReason.UNSUBSCRIBED, why, now)
            return _one(tx, name, now, caller)

    @router.post("/subscriptions/{name}/resume", tags=["subscriptions"], responses={404: {}})
    def resume(caller: Admin, name: Name) -> models.Subscription:
        """Send to it again; the next digest reaches back to the last one. Scope: admin."""
        now = app.clock.now()
        with app.store.writing() as tx:
            _one(tx, name, now, caller)
            tx.stops.resume(name, now)
            return _one(tx, name, now, caller)


def _delivery(line: DeliveryLine, caller: Caller) -> models.Delivery:
    texts = ("destination", "last_error", "remedy")
    cut = {name: told(getattr(line, name) or "", caller) or None for name in texts}
    return models.Delivery.of(line).model_copy(update=cut)


def _one(tx: Unit, name: str, now: datetime, caller: Caller) -> models.Subscription:
    with looking_up():
        return _subscription(subscribing.coming_of(tx, name, now), caller)


def _subscription(found: Coming, caller: Caller) -> models.Subscription:
    one, stop = found.subscription, found.stop
    values: dict[str, Any] = {
        name: getattr(one, name)
        for name in ("name", "topics", "searches", "channel", "at", "zone", "cap", "floor")
    }
    return models.Subscription(
        **values,
        destination=told(one.destination, caller),
        fallback=told(one.fallback, caller),
        weekday=WEEKDAYS[one.weekday],
        active=one.active,
        stopped=stop.reason if stop else None,
        stopped_at=stop.at if stop else None,
        next_at=found.next_run,
    )

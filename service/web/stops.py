"""The page behind "unsubscribe", and the one-click POST of RFC 8058."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Response

from service.errors import InputError
from service.records import StopReason
from service.web.limits import form
from service.web.pages import page

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.capabilities import StopLink
    from service.store import Unit
    from service.web.limits import Turns

_BY_READER = StopReason.UNSUBSCRIBED
Fields = Annotated[dict[str, str], Depends(form)]


def routes(app: App, turns: Turns) -> APIRouter:
    """/u/TOKEN: GET shows a button, POST stops the subscription, or resumes it (`resume=1`).

    Mail programs POST with a body of their own, or none, and without cookies: any body that does
    not ask to resume stops. Whoever is not sent the subscription any more changes nothing by it,
    but is told what they want to hear: nothing comes.
    """
    router = APIRouter()

    @router.api_route("/u/{token}", methods=["GET", "HEAD"])
    def show(token: str) -> Response:
        link = app.capabilities.read_unsubscribe(token)
        with app.store.reading() as tx:
            return _page(link, _standing(tx, link), pressed=False)

    @router.post("/u/{token}")
    def press(token: str, fields: Fields) -> Response:
        link = app.capabilities.read_unsubscribe(token)
        turns.take(token)
        now = app.clock.now()
        with app.store.writing() as tx:
            if _standing(tx, link) != "elsewhere":
                if fields.get("resume") == "1":
                    tx.stops.resume(link.subscription, now, _BY_READER)
                else:
                    tx.stops.stop(link.subscription, _BY_READER, "by the link in a mail", now)
            return _page(link, _standing(tx, link), pressed=True)

    return router


def _standing(tx: Unit, link: StopLink) -> str:
    """ "sent", "stopped" (by its reader), or "elsewhere": it does not go to this reader (now)."""
    try:
        subscription, _ = tx.subscriptions.get(link.subscription)
    except InputError:
        return "elsewhere"
    # Who gets a subscription as its fallback may end it too: their mail must be stoppable.
    readers = {subscription.destination.casefold(), subscription.fallback.casefold()}
    if link.reader.casefold() not in readers:
        return "elsewhere"
    stop = tx.stops.active().get(link.subscription)
    return "stopped" if stop and stop.reason == _BY_READER else "sent"


def _page(link: StopLink, standing: str, *, pressed: bool) -> Response:
    return page(
        "stop",
        subscription=link.subscription,
        reader=link.reader,
        standing=standing,
        pressed=pressed,
    )

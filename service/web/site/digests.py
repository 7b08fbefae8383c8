"""Digests: those of the past exactly as sent, what became of each delivery, and decisions."""

from __future__ import annotations

import base64
import json
from email import message_from_bytes, policy
from functools import lru_cache
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from service import replay
from service.bootstrap import operating
from service.errors import InputError
from service.records import DeliveryState
from service.web.api import paging
from service.web.site.door import Reading, Tuned, Tuning  # noqa: TC001 - FastAPI reads them
from service.web.site.shell import done, page
from service.web.site.subscriptions import listed

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.records import Delivery
    from service.store.digests import PastDigest
    from service.web.site.errands import Errands

_SHOWN = 20
_KEPT = 32  # pages; charts take a while to draw, and a frozen digest never changes
_TROUBLED = (DeliveryState.UNKNOWN, DeliveryState.DEAD)
# A digest brings its own style on every element, and its pictures inside. It is shown in a frame
# of ours that runs nothing.
_FRAMED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups",
    "X-Frame-Options": "SAMEORIGIN",
}
_ELSEWHERE = '<base target="_blank">'  # a link must not open in the frame
MOVES = {
    "retry": "Try again now",
    "sent": "It has arrived",
    "resend": "It has not arrived: send again",
    "cancel": "Give up",
}


def routes(app: App, errands: Errands) -> APIRouter:
    """/digests, /digests/ID with its frame, /deliveries/ID with what was sent."""
    router = APIRouter()
    rendered = lru_cache(_KEPT)(lambda digest: app.digest_page(digest, ""))

    @router.get("/digests")
    def show_all(request: Request, visitor: Reading, cursor: str = "") -> Response:
        with app.store.reading() as tx:
            rows = tx.listing.digests(_SHOWN, paging.after(cursor or None, "digests", str))
            shown, ahead = paging.page(rows, _SHOWN, "digests", lambda row: (row.frozen_at, row.id))
            standing = {
                row.id: replay.standing(tx.deliveries.lines(row.id, limit=None)) for row in shown
            }
            troubled = tx.deliveries.lines(limit=_SHOWN, states=_TROUBLED)
            subscriptions = listed(app, tx)
        return page(
            request,
            visitor,
            "digests.html",
            digests=shown,
            standing=standing,
            troubled=troubled,
            subscriptions=subscriptions,
            ahead=ahead,
        )

    @router.get("/digests/{digest_id}")
    def show(request: Request, visitor: Reading, digest_id: str) -> Response:
        with app.store.reading() as tx:
            past = replay.find(tx, digest_id)
            lines = tx.deliveries.lines(past.id, limit=None)
        told = errands.of(f"test {past.subscription}")
        return page(
            request,
            visitor,
            "digest.html",
            digest=past,
            lines=lines,
            standing=replay.standing(lines),
            errand=told,
            busy=told is not None and told.running,
        )

    @router.get("/digests/{digest_id}/page")
    def framed(visitor: Reading, digest_id: str) -> Response:
        with app.store.reading() as tx:
            past: PastDigest = replay.find(tx, digest_id)
        return _framed(rendered(past.id))

    _deliveries(router, app)
    return router


def _deliveries(router: APIRouter, app: App) -> None:
    @router.get("/deliveries/{delivery_id}")
    def show(request: Request, visitor: Reading, delivery_id: str) -> Response:
        found = operating.explain(app.store, delivery_id)
        return page(request, visitor, "delivery.html", found=found, moves=MOVES)

    @router.get("/deliveries/{delivery_id}/sent")
    def sent(visitor: Tuning, delivery_id: str) -> Response:
        """A mail holds links by which its reader acts: not everybody may see it."""
        with app.store.reading() as tx:
            return _as_sent(tx.deliveries.get(tx.deliveries.find(delivery_id)))

    @router.post("/deliveries/{delivery_id}")
    def decide(request: Request, form: Tuned, delivery_id: str) -> Response:
        move = form.text("move")
        if move not in MOVES:
            raise InputError("the decision", "is none of those offered", "press one of the buttons")
        by = f"{form.visitor.name} (web)"
        with app.store.reading() as tx:
            identity = tx.deliveries.find(delivery_id)
        _, change, _ = operating.decide(app.store, identity, move, by=by)
        return done(request, f"/deliveries/{identity}", f"Noted: {change.detail}.")


def _as_sent(delivery: Delivery) -> Response:
    """The very bytes, as far as a browser can show them. Raises `InputError`."""
    if not delivery.payload:
        told = "has no bytes any more"
        raise InputError(f"delivery {delivery.id[:8]}", told, "its events tell why, and since when")
    text = delivery.payload.decode("utf-8", "replace")
    if delivery.channel == "email":
        text = _mail(delivery.payload) or text
    if text.lstrip()[:9].lower().startswith(("<!doctype", "<html")):
        return _framed(text)
    if delivery.channel in {"slack", "apprise"}:
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return PlainTextResponse(text, headers=_FRAMED)


def _mail(payload: bytes) -> str:
    """A mail's page, its pictures inside; its text where it has none."""
    mail = message_from_bytes(payload, policy=policy.default)
    body = mail.get_body(("html", "plain"))
    text = str(body.get_content()) if body is not None else ""
    for part in mail.walk():
        name = str(part.get("Content-ID", "")).strip("<> ")
        if name and part.get_content_maintype() == "image":
            data = base64.b64encode(part.get_content()).decode()
            text = text.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{data}")
    return text


def _framed(html: str) -> HTMLResponse:
    return HTMLResponse(html.replace("<head>", f"<head>{_ELSEWHERE}", 1), headers=_FRAMED)

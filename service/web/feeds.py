"""Feeds, for programs that follow them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from service.archive.feeds import FORMS
from service.capabilities import FeedLink
from service.records.tokens import Scope
from service.web.api.access import needs
from service.web.etags import etag, held

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.web.limits import Turns

_READ = ["GET", "HEAD"]


def routes(app: App, turns: Turns) -> APIRouter:
    """/feed/TOKEN.atom and .json: the feed that a signed address names, for whoever has it.
    /feeds/KIND/NAME.atom and .json: any feed, for whoever may read the API, where there is one.
    """
    router = APIRouter()
    _ = app.feeds  # before threads each make their own

    if app.settings.web.api:
        let_in = [Depends(needs(Scope.READ))]

        @router.api_route("/feeds/{kind}/{name}.{form}", methods=_READ, dependencies=let_in)
        def named(kind: str, name: str, form: str, request: Request) -> Response:
            return _answer(app, request, FeedLink(kind, name), form)

    @router.api_route("/feed/{token}.{form}", methods=_READ)
    def signed(token: str, form: str, request: Request) -> Response:
        link = app.capabilities.read_feed(token)
        turns.take(token)
        return _answer(app, request, link, form)

    return router


def _answer(app: App, request: Request, link: FeedLink, form: str) -> Response:
    """The feed, or that it is still what the client has."""
    if form not in FORMS:
        raise HTTPException(404)
    url = app.settings.web.url
    own = f"{url}{quote(request.url.path)}" if url else ""
    feed = app.feeds.feed(link.kind, link.name, own)
    body = FORMS[form].written(feed)
    headers = {
        "ETag": etag(body),
        "Last-Modified": format_datetime(feed.updated.astimezone(UTC), usegmt=True),
        "Cache-Control": "private, no-cache",  # may be kept, but is asked for each time
        "Vary": "Authorization",
    }
    if _known(request, headers["ETag"], feed.updated):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=f"{FORMS[form].media_type}; charset=utf-8")


def _known(request: Request, tag: str, updated: datetime) -> bool:
    """Whether the client has this very answer (RFC 9110, section 13.2.2)."""
    if "if-none-match" in request.headers:
        return held(request.headers, tag)
    with suppress(ValueError, OverflowError):
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
        return updated.replace(microsecond=0) <= (
            since if since.tzinfo else since.replace(tzinfo=UTC)
        )
    return False

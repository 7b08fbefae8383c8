"""The digest that a mail had no room for, complete."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

if TYPE_CHECKING:
    from service.bootstrap import App

# The page brings its own style with it, on every element: no hash can be given for that.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_KEPT = 32  # pages; charts take a while to draw, and a frozen digest never changes


def routes(app: App) -> APIRouter:
    """/d/TOKEN: a digest as it was frozen."""
    router = APIRouter()
    rendered = lru_cache(_KEPT)(app.digest_page)

    @router.api_route("/d/{token}", methods=["GET", "HEAD"])
    def show(token: str) -> HTMLResponse:
        link = app.capabilities.read_page(token, app.clock.now())
        content = rendered(link.digest_id, link.reader)
        return HTMLResponse(content, headers={"Content-Security-Policy": _POLICY})

    return router

"""For those who watch the process: is it there, can it work."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from service.errors import LitwatchError

if TYPE_CHECKING:
    from service.bootstrap import App

log = logging.getLogger(__name__)


def routes(app: App) -> APIRouter:
    """/healthz: the process answers. /readyz: its database is there, and of the right version."""
    router = APIRouter()

    @router.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @router.api_route("/readyz", methods=["GET", "HEAD"])
    def readyz() -> JSONResponse:
        try:
            app.check()
        except LitwatchError as error:
            log.warning("not ready: %s", error)
            return JSONResponse({"status": "unavailable", "reason": error.code}, 503)
        return JSONResponse({"status": "ok"})

    return router

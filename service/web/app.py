"""All routes of the web face, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from service.web import digests, faults, health, slack, stops, votes
from service.web.guard import Guard
from service.web.limits import Turns

if TYPE_CHECKING:
    from service.bootstrap import App


def create(app: App) -> FastAPI:
    """The pages over a wired app; nothing is opened before the first request.

    Nobody logs in: whoever holds a signed link may do what it names. What is not behind such a
    link must never be mounted here without a login of its own.
    """
    web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    turns = Turns(app.clock.monotonic)
    for routes in (
        health.routes(app),
        votes.routes(app, turns),
        stops.routes(app, turns),
        digests.routes(app),
        slack.routes(app),
    ):
        web.include_router(routes)
    faults.tell(web)
    web.add_middleware(Guard)
    return web

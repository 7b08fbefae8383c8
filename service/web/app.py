"""All routes of the web face, in one place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI

from service.web import digests, faults, feeds, health, metrics, slack, stops, votes
from service.web.api import app as api
from service.web.api.access import Gate
from service.web.api.app import Beside
from service.web.guard import Guard
from service.web.limits import Turns
from service.web.site import routes as site
from service.web.site.door import Door

if TYPE_CHECKING:
    from service.bootstrap import App


def create(app: App, *, at_home: bool = False) -> FastAPI:
    """The pages and the API over a wired app; nothing is opened before the first request.

    Whoever holds a signed link may do what it names; programs show a token at the `Gate`, people
    come in by the `Door` (`at_home` says that only this machine reaches the socket: see there).
    What is behind none of them must never be mounted here.
    """
    gate = Gate(app, at_home=at_home)
    turns = Turns(app.clock.monotonic)
    parts = [
        health.routes(app),
        metrics.routes(app, gate),
        votes.routes(app, turns),
        stops.routes(app, turns),
        digests.routes(app),
        feeds.routes(app, turns),
        slack.routes(app),
    ]
    if app.settings.web.site:
        parts += site.routes(app)
    # Not by `include_router`: it reads every signature anew, half of the time that this takes.
    every = [route for part in parts for route in part.routes]
    web = FastAPI(routes=every, openapi_url=None, docs_url=None, redoc_url=None)
    web.state.gate = gate
    if app.settings.web.site:
        web.state.door = Door(app, gate, at_home=at_home)
    if app.settings.web.api:
        web.add_middleware(Beside, made=partial(api.create, app, gate))
    faults.tell(web)
    web.add_middleware(Guard)
    return web

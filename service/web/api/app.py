"""The API as an app of its own, beside the pages."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from fastapi import FastAPI

from service.web.api import (
    deliveries,
    description,
    digests,
    exports,
    operation,
    people,
    problems,
    searches,
    topics,
    votes,
    works,
)
from service.web.api.description import MOUNT
from service.web.api.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from service.bootstrap import App
    from service.web.api.access import Gate

_VERSION = "/v1"  # of the addresses; what breaks them gets another


class Beside:
    """Wraps the pages: what is sent to /api or below goes to the API, whatever else is in it (a
    mount would pass over addresses with a line break). The API is made when it is first asked."""

    def __init__(self, app: ASGIApp, made: Callable[[], ASGIApp]) -> None:
        self._pages = app
        self._made = made

    @cached_property
    def _api(self) -> ASGIApp:
        return self._made()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and f"{scope['path']}/".startswith(f"{MOUNT}/"):
            await self._api({**scope, "root_path": MOUNT}, receive, send)
        else:
            await self._pages(scope, receive, send)


def create(app: App, gate: Gate) -> FastAPI:
    """The routes under /v1, each behind the gate; and what they are, at /v1/openapi.json."""
    api = FastAPI(
        openapi_url=f"{_VERSION}/openapi.json",
        docs_url=None,  # their pages would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    api.state.gate = gate
    parts = (searches, works, topics, digests, deliveries, votes, people, operation, exports)
    for part in parts:
        api.include_router(part.routes(app), prefix=_VERSION)
    problems.tell(api)
    api.add_middleware(Exchange)
    api.openapi = description.maker(api, app.settings.web.url)  # type: ignore[method-assign]  # its documented place
    return api

"""Where Slack calls, when it is told to call instead of being listened to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from service.bootstrap import App


def routes(app: App) -> APIRouter:
    """/slack/events, /slack/interactions, /slack/commands: POST only, each signed by Slack; 404
    where `slack.signing_secret` is not set."""
    router = APIRouter()

    @router.post("/slack/events")
    @router.post("/slack/interactions")
    @router.post("/slack/commands")
    async def take(request: Request) -> Response:
        if app.slack_requests is None:
            raise HTTPException(404)
        body = await request.body()  # as it came: the signature is of these bytes
        headers = [
            (name.decode("latin-1"), told.decode("latin-1")) for name, told in request.headers.raw
        ]
        now = app.clock.now()
        status, answer = await run_in_threadpool(app.slack_requests.handle, headers, body, now)
        return Response(answer, status, media_type="application/json" if answer else None)

    return router

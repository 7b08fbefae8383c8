"""What holds for every request: its size, its number in the log, the headers of its answer, and
that no defect of ours is shown to a stranger."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request

from service import logs, tracing
from service.web import faults
from service.web.limits import BODY
from service.web.pages import POLICY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # our addresses are capabilities: no one else may learn them
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
_DEFECT = 500  # and what is above: not the client's doing
# The site's addresses open nothing by themselves. Without this, browsers would say of its own forms
# that they come from nowhere ("Origin: null"), and so do those of other sites.
_OF_SITE = _HEADERS | {"Referrer-Policy": "same-origin"}


class Guard:
    """Wraps the whole app. No header of a proxy is believed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (or a message of the server to the app, which passes as it is)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = secrets.token_hex(4)
        scope.setdefault("state", {})["number"] = number
        in_site = faults.in_site(scope["app"].state, scope["path"])
        answer = _Answer(send, _OF_SITE if in_site else _HEADERS)
        about = {"http.request.method": scope["method"]}
        with (
            logs.bind(request=number),
            tracing.span(scope["method"], about, kind="server") as span,
        ):
            try:
                await self._app(scope, _limited(scope, receive), answer)
            except ClientDisconnect:
                log.info("the client left before it had sent everything")
            except Exception:  # the last resort: a defect of ours
                log.exception("request failed")
                if not answer.status:
                    await faults.last(Request(scope))(scope, receive, answer)
            caller = scope["state"].get("caller")  # of the API
            by = f" by {caller}" if caller else ""
            log.info("%s %s: %d%s", scope["method"], _shown(scope["path"]), answer.status, by)
            span.set("http.route", getattr(scope.get("route"), "path", ""))  # as declared: no token
            span.set("http.response.status_code", answer.status)
            if answer.status >= _DEFECT:
                span.fail(str(answer.status))


class _Answer:
    """Sends on, with the headers that the answer has not set itself."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)


def _limited(scope: Scope, receive: Receive) -> Receive:
    """`receive`, which raises 413 instead of passing on more than `BODY` bytes."""
    stated = Headers(scope=scope).get("content-length", "")
    too_large = len(stated) > 9 or (stated.isdecimal() and int(stated) > BODY)
    size = 0

    async def limited() -> Message:
        nonlocal size
        if too_large:
            raise HTTPException(413)
        message = await receive()
        size += len(message.get("body", b""))
        if size > BODY:
            raise HTTPException(413)
        return message

    return limited


def _shown(path: str) -> str:
    """A path as the log may have it: tokens are as good as passwords, and stay out; so does what
    a reader looks at."""
    parts = path.lstrip("/").split("/")
    told = parts[: 3 if parts[0] == "api" else 1]
    return f"/{'/'.join(told)[:40]}" + ("/..." if parts[len(told) :] else "")

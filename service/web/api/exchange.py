"""What holds for every answer of the API: HEAD, conditional GET, who may keep it, and the limits.

Nothing is stored in order to say whether an answer is new: its ETag is the hash of its bytes. That
saves the way, not the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from service.web.api.access import limits
from service.web.etags import etag, held

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEPT = "private, no-cache"  # the asker alone may keep it, and asks each time whether it is new
# What a 304 says too (RFC 9110, section 15.4.5); the rest is about a body that is not sent.
_BODILY = ("content-length", "content-type", "content-disposition")


class Exchange:
    """Wraps the API. HEAD is answered as GET, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["head"] = scope["method"] == "HEAD"
        asked = {**scope, "method": "GET"} if state["head"] else scope
        await self._app(asked, receive, _Answer(asked, send))


class _Answer:
    """Sends on, as the request's conditions and method want it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._held: Message | None = None  # the beginning of an answer whose body is to be hashed
        self._silent = scope["state"]["head"]

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
            return
        if self._held is not None:
            start, self._held = self._held, None
            await self._send(self._judged(start, message["body"]))
        if self._silent:
            message = {**message, "body": b""}
        await self._send(message)

    async def _begin(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        if message["status"] == 200:
            headers.setdefault("Cache-Control", _KEPT)
            headers.setdefault("Vary", "Authorization")
        allowance = self._scope["state"].get("allowance")
        if allowance is not None:
            headers.update(limits(allowance))
        whole = "content-length" in headers  # a stream does not know how long it will be
        if message["status"] == 200 and self._scope["method"] == "GET" and whole:
            self._held = message
        else:
            await self._send(message)

    def _judged(self, start: Message, body: bytes) -> Message:
        """The beginning of the answer; 304 where the asker has this very body."""
        headers = MutableHeaders(scope=start)
        headers["ETag"] = tag = etag(body)
        if not held(Headers(scope=self._scope), tag):
            return start
        self._silent = True
        for name in _BODILY:
            del headers[name]
        return {**start, "status": 304, "headers": headers.raw}

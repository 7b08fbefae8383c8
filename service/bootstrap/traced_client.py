"""The polite client, traced; a module of its own, for most commands ask no source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from service import tracing
from service.sources.http import PoliteClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.protocols import Response as Reply

T = TypeVar("T")


class TracedClient(PoliteClient):
    """The polite client; a fetch is a span, which knows host and status, and no path or query:
    either may hold a key."""

    def fetch(self, url: str, *, read: Callable[[Reply], T], **more: Any) -> T:  # noqa: ANN401 - as there
        """See `PoliteClient.fetch`."""
        if not tracing.on():
            return super().fetch(url, read=read, **more)
        method = "POST" if more.get("form") or more.get("content") else "GET"
        about = {"http.request.method": method, "server.address": _host(url)}
        with tracing.span(method, about, kind="client") as span:

            def noted(reply: Reply) -> T:
                span.set("http.response.status_code", reply.status)
                span.set("http.response.body.size", len(reply.body))
                return read(reply)

            return super().fetch(url, read=noted, **more)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""

"""Whether a request was surely made on this machine, by a program of its own.

A page of a stranger, open in a browser here, can send requests to 127.0.0.1 (cross-site requests,
DNS rebinding), and a proxy here passes on what the world sends it. So a socket that only this
machine reaches is not enough.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.config.values import is_loopback

if TYPE_CHECKING:
    from starlette.requests import Request

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
_PROXIED = {"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"}


def stranger(request: Request, public: str) -> str:
    """Why a request may have come from elsewhere; "" where it cannot. `public` is `web.url`."""
    why = elsewhere(request, public)
    if not why and crosses(request, public):
        return "it was sent by a page of another site"
    return why


def elsewhere(request: Request, public: str) -> str:
    """Why a request may be of a program on another machine, whatever page made it send that."""
    if request.client is None or not is_loopback(request.client.host):
        return "it comes from another machine"
    if any(name in _PROXIED or name.startswith("x-forwarded") for name in request.headers):
        return "a proxy has passed it on"
    if public and not is_loopback(urlsplit(public).hostname or ""):
        return "web.url is public, and a proxy may pass on here what is sent there"
    hosts = request.headers.getlist("host")
    named = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if named is None or not is_loopback(named[1]):
        return "its Host header does not name this machine"
    return ""


def crosses(request: Request, public: str) -> bool:
    """Whether a browser says that a page of another site sent this."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return True
    own = {request.headers.get("host", "").lower(), urlsplit(public).netloc.lower()}
    origins = request.headers.getlist("origin")
    return any(origin.lower().partition("://")[2] not in own - {""} for origin in origins)

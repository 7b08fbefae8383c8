"""What the site says where a page cannot be given."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from fastapi.responses import JSONResponse, RedirectResponse

from service.errors import (
    AccessError,
    EncoderError,
    InputError,
    QueryError,
    ScopeError,
    StoreBusyError,
    StoreError,
    TokenError,
    TopicError,
)
from service.web.site.shell import back, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request
    from starlette.responses import Response

    from service.errors import LitwatchError

log = logging.getLogger(__name__)

# Signed pages, programs and machines: no address of the site begins like one of these.
_OTHERS = frozenset(
    {"api", "d", "f", "feed", "feeds", "healthz", "metrics", "readyz", "slack", "u"}
)
_SAFE = {"GET", "HEAD"}
_SOON, _LATER = "5", "60"  # seconds
# How a session is got, as a 401 must tell it; no browser asks its user for a password by this.
CHALLENGE = 'Cookie realm="Litwatch", form-action="/login"'

# What is said of a status where nobody knows better: heading, then what a person can do.
_SAID = {
    400: ("This does not work", "Go back, and try it another way."),
    401: ("You are not signed in", "Sign in, and try again."),
    403: ("You may not do this", "Ask whoever runs Litwatch here."),
    404: ("There is no such page", "Its address may have been cut off. Begin with this week, or "
          "search the archive."),
    405: ("This page cannot be used like that", "Go back, and use its buttons."),
    413: ("That was too much at once", "Go back, and send less."),
    429: ("That was a little fast", "Wait a minute, then try again."),
    500: ("Something went wrong here", "It was not your doing. Please try again later."),
    503: ("The archive is busy", "Nothing was changed. Try again in a moment."),
}  # fmt: skip


def ours(path: str) -> bool:
    """Whether an address is the site's, where there is one."""
    return path.lstrip("/").partition("/")[0] not in _OTHERS


def refused(request: Request, error: LitwatchError) -> Response:
    """The answer to an error of ours; the way to the sign-in for a stranger who opens a page."""
    status, headers = _status(request, error)
    if isinstance(error, StoreError) or status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s", error)  # may name the database: not for people
        return trouble(request, status, headers=headers)
    log.info("%s: %s", error.code, error)
    if status == HTTPStatus.UNAUTHORIZED:
        if request.method in _SAFE and not _wants_json(request):
            return RedirectResponse(f"/login?next={quote(_asked(request))}", 303)
        return trouble(request, status, headers=headers)
    heading = "Your token does not reach that far" if isinstance(error, ScopeError) else ""
    return trouble(request, status, heading, sentences(error), headers=headers)


def trouble(
    request: Request,
    status: int,
    heading: str = "",
    advice: str = "",
    *,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """What went wrong, what to do, and the number under which the log tells more."""
    known = _SAID.get(status, _SAID[400 if status < 500 else 500])
    values = {
        "heading": heading or known[0],
        "advice": advice or known[1],
        "number": request.state.number,
        "again": _asked(request) if status == 503 and request.method in _SAFE else "",
        "sign_in": status == 401,
    }
    answer: Response
    if _wants_json(request):
        told = {name: values[name] for name in ("heading", "advice", "number")}
        answer = JSONResponse({"status": status, **told}, status)
    else:
        visitor = getattr(request.state, "visitor", None)
        answer = page(request, visitor, "fault.html", status=status, **values)
    answer.headers.update(headers or {})
    return answer


def sentences(error: LitwatchError) -> str:
    """An error as a person reads it."""
    told = " ".join(f"{part[0].upper()}{part[1:]}." for part in _parts(error) if part)
    return told.replace("..", ".")


def _parts(error: LitwatchError) -> tuple[str, str]:
    return f"{error.thing} {error.cause}", error.remedy


def _status(request: Request, error: LitwatchError) -> tuple[int, dict[str, str]]:
    found: tuple[int, dict[str, str]] = (500, {})
    match error:
        case TokenError():
            found = 401, {"WWW-Authenticate": CHALLENGE}
        case AccessError():
            found = 403, {}
        case QueryError():
            found = 400, {}
        case InputError() | TopicError():  # what a page is of is not there; a field does not fit
            found = (404 if request.method in _SAFE else 400), {}
        case StoreBusyError():
            found = 503, {"Retry-After": _SOON}
        case StoreError() | EncoderError():
            found = 503, {"Retry-After": _LATER}
    return found


def _wants_json(request: Request) -> bool:
    """Whether a program asks; the scripts of our pages take pages."""
    taken = request.headers.get("accept", "")
    return "application/json" in taken and "text/html" not in taken


def _asked(request: Request) -> str:
    """The address that was asked for, without its host."""
    query = request.url.query
    return back(f"{request.url.path}{'?' if query else ''}{query}", "/")


def local(wanted: str) -> str:
    """Where to go after signing in: a page of the site other than the door's own; "/" for none."""
    path = back(wanted, "/")
    return "/" if urlsplit(path).path.strip("/") in {"login", "logout"} else path

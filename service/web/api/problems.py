"""Errors as problem+json (RFC 9457): what failed, why, what to do, and never how we are made."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from service.errors import (
    AccessError,
    EncoderError,
    InputError,
    LitwatchError,
    QueryError,
    StoreError,
    TokenError,
    TopicError,
)
from service.web.api import models
from service.web.api.access import CHALLENGE, limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fastapi import FastAPI, Request
    from starlette.responses import Response

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_LATER = {"Retry-After": "60"}
_FAULTS = 20  # told of one request

# What is said of a status: code and title of the problem, then cause and remedy, where no error of
# ours knows better.
_SAID = {
    400: ("bad-request", "Cannot be used", "cannot be read", "see docs/api.md"),
    401: ("token", "Not let in", "needs a token", "make one: litwatch token create NAME"),
    403: ("access", "Not allowed", "is not allowed", "see docs/api.md"),
    404: ("not-found", "Not there", "leads to nothing", "see /api/v1/openapi.json"),
    405: ("method", "Not like that", "cannot be sent to this address", "see the Allow header"),
    412: ("changed", "Changed meanwhile", "comes too late", "get it again, and begin with that"),
    413: ("too-large", "Too large", "is too large", "send less at once"),
    422: ("misfit", "Does not fit", "is not as described", "see `faults`, /api/v1/openapi.json"),
    428: ("condition", "On no condition", "replaces what?", "send If-Match, see docs/api.md"),
    429: ("too-fast", "Too fast", "came too soon", "wait as long as Retry-After says"),
    500: ("defect", "Our defect", "met a defect", "report the number in `instance`"),
    503: ("unavailable", "Not now", "found the archive busy or away", "try again in a minute"),
}


def tell(api: FastAPI) -> None:
    """Answer every error with a problem."""
    api.add_exception_handler(HTTPException, _plain)
    api.add_exception_handler(RequestValidationError, _misfit)
    api.add_exception_handler(LitwatchError, _ours)
    api.add_exception_handler(Exception, _defect)


@contextmanager
def looking_up() -> Iterator[None]:
    """Inside, what is not in the archive is not found (404)."""
    try:
        yield
    except (InputError, TopicError) as error:
        raise HTTPException(404) from error


def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these alone
    cause = error.__cause__
    told = cause if isinstance(cause, LitwatchError) else None
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
    return _problem(request, error.status_code, told, headers=headers)


def _allowed(request: Request) -> str:
    """The methods that an address takes; the router itself tells those of one of its routes."""
    found = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    ]
    return ", ".join(["HEAD", *found] if "GET" in found else found)


def _misfit(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - likewise
    faults = [
        models.Fault(where=".".join(map(str, each["loc"])), cause=each["msg"])
        for each in error.errors()[:_FAULTS]
    ]
    return _problem(request, 422, faults=faults)


def _ours(request: Request, error: Exception) -> Response:
    match error:
        case TokenError():
            status, headers = 401, {"WWW-Authenticate": CHALLENGE}
        case AccessError():
            status, headers = 403, {}
        case InputError() | TopicError():
            status, headers = 400, {}
        case EncoderError():
            status, headers = 503, _LATER
        case StoreError():
            log.error("%s", error)  # names the database: not for strangers
            return _problem(request, 503, headers=_LATER)
        case _:
            log.error("%s", error)
            return _problem(request, 500)
    log.info("%s: %s", getattr(error, "code", "error"), error)
    at = error.at if isinstance(error, QueryError) else None
    told = error if isinstance(error, LitwatchError) else None
    return _problem(request, status, told, headers=headers, at=at)


def _defect(request: Request, _error: Exception) -> Response:
    return _problem(request, 500)  # the error itself goes on to Guard, which logs it


def _problem(
    request: Request,
    status: int,
    error: LitwatchError | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    at: int | None = None,
    faults: Sequence[models.Fault] = (),
) -> Response:
    code, title, cause, remedy = _SAID.get(status, _SAID[400 if status < 500 else 500])
    thing = "this request"
    if error is not None:
        thing, cause, remedy, code = error.thing, error.cause, error.remedy, error.code
    problem = models.Problem(
        type=f"urn:litwatch:problem:{code}",
        title=title,
        status=status,
        detail=f"{thing} {cause}",
        instance=f"urn:litwatch:request:{request.state.number}",
        code=code,
        remedy=remedy,
        at=at,
        faults=tuple(faults),
    )
    allowance = getattr(request.state, "allowance", None)
    said = {} if allowance is None else limits(allowance)
    body = problem.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, status, headers={**said, **(headers or {})}, media_type=MEDIA_TYPE)

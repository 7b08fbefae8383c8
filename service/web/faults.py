"""Errors as pages: what a person can do, never a traceback, and nothing of the machine's inside."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service.errors import (
    AccessError,
    InputError,
    LinkError,
    LinkExpiredError,
    LitwatchError,
    StoreError,
    TokenError,
)
from service.records.tokens import Scope
from service.web.api.access import CHALLENGE
from service.web.pages import fault
from service.web.site import trouble
from service.web.site.door import door

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.datastructures import State
    from starlette.responses import Response

log = logging.getLogger(__name__)

_UNAVAILABLE = 503


def tell(web: FastAPI) -> None:
    """Answer every error that a route raises with a page."""
    web.add_exception_handler(HTTPException, _plain)
    web.add_exception_handler(RequestValidationError, _plain)
    web.add_exception_handler(LitwatchError, _ours)


def last(request: Request) -> Response:
    """The answer to a defect of ours, wherever it was."""
    if in_site(request.app.state, request.url.path):
        try:
            return trouble.trouble(request, 500)
        except Exception:  # in what all pages have in common, perhaps
            log.exception("nor can the site tell of it")
    return fault(500, request.state.number)


def in_site(state: State, path: str) -> bool:
    """Whether an address is of the site, and the web app with this state serves it."""
    return hasattr(state, "door") and trouble.ours(path)


def _plain(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    if in_site(request.app.state, request.url.path):
        _look(request)
        answer = trouble.trouble(request, status)
    else:
        answer = fault(status, request.state.number)
    if isinstance(error, HTTPException):
        answer.headers.update(error.headers or {})
    return answer


def _look(request: Request) -> None:
    """Note who asks for a page that is not there, so that it has their navigation."""
    with suppress(LitwatchError):
        door(request).admit(request, Scope.READ)


def _ours(request: Request, error: Exception) -> Response:
    if isinstance(error, LitwatchError) and in_site(request.app.state, request.url.path):
        return trouble.refused(request, error)
    number = request.state.number
    match error:
        case LinkExpiredError():
            answer = fault(410, number, "This link has expired", _sentences(error))
        case LinkError():
            answer = fault(400, number, "This link does not work", _sentences(error))
        case TokenError():
            answer = fault(401, number)
            answer.headers["WWW-Authenticate"] = CHALLENGE
        case AccessError():
            answer = fault(403, number)
        case InputError():
            answer = fault(404, number)
        case StoreError():
            log.error("%s", error)
            answer = fault(_UNAVAILABLE, number)
            answer.headers["Retry-After"] = "60"
        case _:
            log.error("%s", error)
            answer = fault(500, number)
    if not isinstance(error, StoreError):
        log.info("%s: %s", getattr(error, "code", "error"), error)
    return answer


def _sentences(error: LitwatchError) -> str:
    told = f"{error.thing} {error.cause}."
    return f"{told[0].upper()}{told[1:]} {error.remedy}."

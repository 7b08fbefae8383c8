"""Errors as pages: what a person can do, never a traceback, and nothing of the machine's inside."""

from __future__ import annotations

import logging
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
from service.web.api.access import CHALLENGE
from service.web.pages import fault

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.responses import Response

log = logging.getLogger(__name__)

_UNAVAILABLE = 503


def tell(web: FastAPI) -> None:
    """Answer every error that a route raises with a page."""
    web.add_exception_handler(HTTPException, _plain)
    web.add_exception_handler(RequestValidationError, _plain)
    web.add_exception_handler(LitwatchError, _ours)


def _plain(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return fault(400, request.state.number)
    answer = fault(error.status_code, request.state.number)
    answer.headers.update(error.headers or {})
    return answer


def _ours(request: Request, error: Exception) -> Response:
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

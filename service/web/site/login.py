"""Signing in with a token, and signing out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from service.errors import AccessError, InputError, TokenError
from service.records.tokens import Scope
from service.web.site.door import Form, Marked, door
from service.web.site.shell import done, page
from service.web.site.trouble import CHALLENGE, local

if TYPE_CHECKING:
    from starlette.responses import Response

    from service.bootstrap import App
    from service.web.site.door import Visitor
    from service.web.site.sessions import Session


def routes(app: App) -> APIRouter:
    """/login: a token becomes a session. /logout ends it."""
    router = APIRouter()

    @router.get("/login")
    def ask(request: Request, next: str = "/", come: str = "") -> Response:
        visitor = _visitor(request)
        if visitor is not None and (come or not visitor.here):
            return RedirectResponse(local(next), 303)
        trouble = _why_out(request) if visitor is None else ""
        if come:
            trouble = "Your browser has not kept the session. Let it keep cookies of this site"
            public = app.settings.web.url
            trouble += f", and open it as {public}." if public else "."
        return _form(request, visitor, wanted=next, trouble=trouble)

    @router.post("/login")
    def come_in(request: Request, given: Form) -> Response:
        door(request).check_origin(request)
        wanted, name = local(given.text("next")), given.text("name")
        try:
            session = door(request).sign_in(request, given.text("access"), name)
        except (TokenError, InputError) as error:
            told = _told(error)
            return _form(request, None, wanted=wanted, name=name, trouble=told, status=401)
        # By way of this page, which sees whether the browser has kept the cookie.
        answer = RedirectResponse(f"/login?come=1&next={quote(wanted)}", 303)
        keep(request, answer, session)
        return answer

    @router.post("/logout")
    def leave(request: Request, filled: Marked) -> Response:
        session = door(request).session(request)
        if session is not None:
            door(request).sessions.end(session)
        answer = done(request, "/login", "You are signed out.")
        answer.delete_cookie(
            door(request).cookie(request),
            secure=door(request).secure(request),
            httponly=True,
            samesite="lax",
        )
        return answer

    return router


def _visitor(request: Request) -> Visitor | None:
    """Who is in already; None for a stranger."""
    try:
        return door(request).admit(request, Scope.READ)
    except AccessError:
        return None


def _why_out(request: Request) -> str:
    """Why somebody with a session is asked to sign in again; "" for anybody else."""
    session = door(request).session(request)
    if session is None:
        return ""
    try:
        door(request).holder(session)
    except TokenError as error:
        return f"{_told(error)} Sign in with another."
    return ""


def _told(error: TokenError | InputError) -> str:
    return f"{error.thing[0].upper()}{error.thing[1:]} {error.cause}."


def _form(
    request: Request,
    visitor: Visitor | None,
    *,
    wanted: str,
    name: str = "",
    trouble: str = "",
    status: int = 200,
) -> Response:
    answer = page(
        request,
        None,
        "login.html",
        status=status,
        wanted=local(wanted),
        name=name,
        trouble=trouble,
        at_home=visitor is not None and visitor.here,
    )
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = CHALLENGE
    return answer


def keep(request: Request, answer: Response, session: Session) -> None:
    """Have the browser keep a session until it ends by itself."""
    entry = door(request)
    answer.set_cookie(
        entry.cookie(request),
        entry.sessions.written(session),
        expires=session.until,
        httponly=True,
        samesite="lax",
        secure=entry.secure(request),
    )

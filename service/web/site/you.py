"""The page that says who one is here, under which name one votes, and how one likes to see it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from service.errors import InputError
from service.records.tokens import Scope
from service.web.site.door import Marked, Reading, door, reader_name
from service.web.site.login import keep
from service.web.site.shell import THEME, THEMES, done, page

if TYPE_CHECKING:
    from starlette.responses import Response

    from service.bootstrap import App
    from service.web.site.door import Visitor

_REACH = {
    Scope.READ: "You see everything but mail addresses, and mark what you have read.",
    Scope.VOTE: "You see everything but mail addresses, and vote.",
    Scope.ADMIN: "You see everything, vote, and change topics, subscriptions and searches.",
}
_THEME_LIFE = 365 * 86_400  # seconds


def routes(app: App) -> APIRouter:
    """/you, and what its forms change: /you/name for this session, /you/theme for this browser."""
    router = APIRouter()

    @router.get("/you")
    def you(request: Request, visitor: Reading) -> Response:
        theme = request.cookies.get(THEME, "")
        return page(
            request,
            visitor,
            "you.html",
            session=None if visitor.here else door(request).session(request),
            reach=_REACH[visitor.scope],
            others=_other_names(app, visitor),
            chosen=theme if theme in THEMES else THEMES[0],
            themes=THEMES,
        )

    @router.post("/you/name")
    def rename(request: Request, filled: Marked) -> Response:
        session = door(request).session(request)
        if filled.visitor.here or session is None:
            told = "is what this machine knows you by"
            raise InputError("this name", told, "sign in with a token to have another")
        renamed = replace(session, reader=reader_name(filled.text("name")))
        name = renamed.reader or filled.visitor.by
        answer = done(request, "/you", f"You are {name} from now on.")
        keep(request, answer, renamed)
        return answer

    @router.post("/you/theme")
    def colour(request: Request, filled: Marked) -> Response:
        theme = filled.text("theme")
        if theme not in THEMES:
            raise InputError("this appearance", "is not known", f"choose {', '.join(THEMES)}")
        answer = done(request, "/you")
        answer.set_cookie(
            THEME,
            theme,
            max_age=_THEME_LIFE,
            httponly=True,
            samesite="lax",
            secure=door(request).secure(request),
        )
        return answer

    return router


def _other_names(app: App, visitor: Visitor) -> list[str]:
    """What else this person's votes come under."""
    with app.store.reading() as tx:
        person = tx.aliases.person_of(visitor.name)
        names = {person} | {each.alias for each in tx.aliases.all() if each.person == person}
    return sorted(visitor.told(name) for name in names - {visitor.name})

"""What every page of the site has in common: its frame, its words, its headers, what was done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from service.digest import words
from service.web.site import static

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from fastapi import Request
    from starlette.responses import Response

    from service.web.site.door import Visitor

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_TOLD = "litwatch-told"  # the cookie by which a page says what the request before it did
_TOLD_LIFE = 60  # seconds
_TOLD_LENGTH = 400  # characters: a cookie holds 4 KB, a letter may take 12 of them
THEME = "litwatch-theme"
THEMES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation; `key` is the letter that goes there after g."""

    name: str
    path: str
    key: str


PLACES = (
    Place("This week", "/week", "w"),
    Place("Archive", "/archive", "a"),
    Place("Topics", "/topics", "t"),
    Place("Digests", "/digests", "d"),
    Place("Sources", "/sources", "s"),
)


@cache
def environment() -> Environment:
    """Where the templates are; `words` are the phrases that digests use, too."""
    made = Environment(
        loader=PackageLoader("service.web.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"words": words, "places": PLACES, "asset": static.address}
    made.filters |= {
        "count": words.number,
        "counted": words.counted,
        "percent": words.percent,
        "marked": marked,
        "moment": moment,
        "day": day,
    }
    return made


def page(
    request: Request,
    visitor: Visitor | None,
    template: str,
    *,
    status: int = 200,
    **values: object,
) -> HTMLResponse:
    """A page of the site; what `values` hold is escaped. It says what the request before it did,
    if that said so by `done`. Without a visitor (login, errors) there is no navigation."""
    told = unquote(request.cookies.get(_TOLD, ""))
    theme = request.cookies.get(THEME, "")
    here = request.url.path
    text = (
        environment()
        .get_template(template)
        .render(
            visitor=visitor,
            told=told[:_TOLD_LENGTH],
            theme=theme if theme in THEMES else "system",
            here=here,
            place=next((each for each in PLACES if _within(here, each.path)), None),
            **values,
        )
    )
    answer = HTMLResponse(text, status, headers={"Content-Security-Policy": POLICY})
    if told:
        answer.delete_cookie(_TOLD)
    return answer


def done(request: Request, path: str, told: str = "") -> Response:
    """What answers a form that was acted on: the way to the page `path` (of this site), which
    will say `told`."""
    answer = RedirectResponse(path, 303)
    if told:
        answer.set_cookie(
            _TOLD,
            quote(told[:_TOLD_LENGTH]),
            max_age=_TOLD_LIFE,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
    return answer


def back(wanted: str, otherwise: str) -> str:
    """Where a form asks to go back to, if that is a page of this site; else `otherwise`."""
    local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if local and wanted.isprintable() else otherwise


def marked(text: str, marks: Iterable[tuple[int, int]]) -> Markup:
    """The text, with the half-open ranges of characters in `marks` (in order, apart) marked."""
    parts: list[Markup] = []
    at = 0
    for start, end in marks:
        parts += [escape(text[at:start]), Markup("<mark>%s</mark>") % text[start:end]]
        at = end
    return Markup("").join([*parts, escape(text[at:])])


def moment(at: datetime | None) -> Markup:
    """An instant; the browser shows it in its own zone."""
    if at is None:
        return Markup("never")
    shown = f"{at:%d %b %Y, %H:%M} UTC".lstrip("0")
    return Markup('<time datetime="%s" data-local>%s</time>') % (at.isoformat(), shown)


def day(at: datetime | None) -> Markup:
    """The day of an instant."""
    if at is None:
        return Markup("never")
    shown = f"{at:%d %b %Y}".lstrip("0")
    return Markup('<time datetime="%s" data-local="day">%s</time>') % (at.isoformat(), shown)


def _within(here: str, path: str) -> bool:
    aliases = {"/archive": ("/archive", "/works"), "/digests": ("/digests", "/subscriptions")}
    return any(here == each or here.startswith(f"{each}/") for each in aliases.get(path, (path,)))

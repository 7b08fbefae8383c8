"""The style sheet and the scripts, as files whose address changes with what they hold."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from fastapi import APIRouter, HTTPException, Response
from jinja2 import Environment, StrictUndefined

from service.digest.palette import DARK, LIGHT

_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


@cache
def _files() -> dict[str, bytes]:
    """Every file, by name. The style sheets take their colours from the palette."""
    folder = resources.files(__package__) / "static"
    found = {}
    for item in folder.iterdir():
        suffix = f".{item.name.rpartition('.')[2]}"
        if suffix in _KINDS:
            text = item.read_text(encoding="utf-8")
            found[item.name] = (_coloured(text) if suffix == ".css" else text).encode()
    return found


def _coloured(text: str) -> str:
    # No HTML, and ours.
    made = Environment(autoescape=False, undefined=StrictUndefined)  # nosec B701  # noqa: S701
    return made.from_string(text).render(c=LIGHT, d=DARK)


@cache
def address(name: str) -> str:
    """Where a file is, at what it holds now."""
    return f"/static/{hashlib.sha256(_files()[name]).hexdigest()[:12]}/{name}"


def routes() -> APIRouter:
    """/static/HASH/NAME: for everybody, also before they have come in."""
    router = APIRouter()

    @router.api_route("/static/{digest}/{name}", methods=["GET", "HEAD"])
    def file(digest: str, name: str) -> Response:
        held = _files().get(name)
        if held is None or address(name) != f"/static/{digest}/{name}":
            raise HTTPException(404)
        kind = _KINDS[f".{name.rpartition('.')[2]}"]
        return Response(held, media_type=kind, headers={"Cache-Control": _FOR_EVER})

    return router

"""Thumbnails of figures, as files whose address is what they hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Response

if TYPE_CHECKING:
    from service.bootstrap import App

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KINDS = frozenset({"image/png", "image/jpeg"})
_FOR_EVER = "public, max-age=31536000, immutable"


def address(digest: str) -> str:
    """Where a picture is, below the address of this installation."""
    return f"/pictures/{digest}"


def routes(app: App) -> APIRouter:
    """/pictures/DIGEST: for everybody, like the style sheet. Mails and digests that were handed on
    show them, too, and they are of papers that anybody may hand on."""
    router = APIRouter()

    @router.api_route("/pictures/{digest}", methods=["GET", "HEAD"])
    def picture(digest: str) -> Response:
        if not _DIGEST.fullmatch(digest):
            raise HTTPException(404)
        with app.store.reading() as tx:
            held = tx.pictures.find(digest)
        if held is None or held.media_type not in _KINDS:
            raise HTTPException(404)
        headers = {
            "Cache-Control": _FOR_EVER,
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",  # mail programs on the web show it
            "Content-Disposition": "inline",
            "ETag": f'"{digest}"',
        }
        return Response(held.content, media_type=held.media_type, headers=headers)

    return router

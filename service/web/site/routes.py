"""Every page of the site, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.web.site import static

if TYPE_CHECKING:
    from fastapi import APIRouter

    from service.bootstrap import App


def routes(app: App) -> list[APIRouter]:
    """The site's pages over a wired app. Each asks `door` itself who is visiting."""
    return [static.routes()]

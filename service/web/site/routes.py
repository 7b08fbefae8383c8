"""Every page of the site, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.web.site import (
    archive,
    digests,
    login,
    pictures,
    sources,
    start,
    static,
    subscriptions,
    topics,
    week,
    works,
    you,
)
from service.web.site.errands import Errands

if TYPE_CHECKING:
    from fastapi import APIRouter

    from service.bootstrap import App


def routes(app: App) -> list[APIRouter]:
    """The site's pages over a wired app. Each asks `door` itself who is visiting."""
    errands = Errands(app.clock)
    return [
        static.routes(),
        pictures.routes(app),
        week.routes(app, errands),
        login.routes(app),
        you.routes(app),
        start.routes(app, errands),
        archive.routes(app),
        works.routes(app),
        digests.routes(app, errands),
        subscriptions.routes(app, errands),
        sources.routes(app, errands),
        *topics.routes(app, errands),
    ]

"""A topic's map: its seeds and the works nearest to it, in two dimensions."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from service.errors import LitwatchError
from service.web.site import topics_held
from service.web.site.door import Reading  # noqa: TC001 - FastAPI reads it
from service.web.site.shell import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap import App
    from service.records import Topic
    from service.records.tuning import Spot, TopicMap

log = logging.getLogger(__name__)

WIDTH, HEIGHT, MARGIN = 1000, 640, 26
MOST = 220  # spots: a page of them stays below 200 kB
_KINDS = {  # in the order in which they are drawn, the last on top
    "below": "Below the line",
    "shown": "Shown",
    "against": "Voted not relevant",
    "voted": "Voted relevant or saved",
    "seed": "Seed",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A spot where it is drawn."""

    spot: Spot
    x: float
    y: float

    @property
    def named(self) -> str:
        """The kind in words."""
        return _KINDS.get(self.spot.kind, self.spot.kind)


def routes(app: App) -> APIRouter:
    """/topics/SLUG/map."""
    router = APIRouter()

    @router.get("/topics/{slug}/map")
    def show(request: Request, visitor: Reading, slug: str) -> Response:
        topic = topics_held.held(app, slug).topic
        made, trouble = _made(app, topic)
        return page(
            request,
            visitor,
            "topic_map.html",
            topic=topic,
            made=made,
            trouble=trouble,
            spots=placed(made.spots) if made else (),
            kinds=_KINDS,
            width=WIDTH,
            height=HEIGHT,
        )

    return router


def _made(app: App, topic: Topic) -> tuple[TopicMap | None, str]:
    """The map, or why there is none; neither while the works are being read."""
    if not app.previews.ready:
        app.previews.warm()
        return None, ""
    try:
        return app.previews.map(topic), ""
    except LitwatchError as error:
        log.warning("no map of %s: %s", topic.slug, error)
        return None, str(error)


def placed(spots: Sequence[Spot]) -> list[Placed]:
    """The spots that are drawn: all of the rare kinds, the most relevant of the others."""
    order = list(_KINDS)
    rare = [each for each in spots if each.kind not in {"shown", "below"}]
    others = [each for each in spots if each.kind in {"shown", "below"}]
    others.sort(key=lambda each: -(each.relevance or 0.0))
    kept = [*rare, *others][:MOST]
    kept.sort(key=lambda each: (order.index(each.kind), each.relevance or 0.0))
    return [
        Placed(
            each,
            round(MARGIN + each.x * (WIDTH - 2 * MARGIN), 1),
            round(HEIGHT - MARGIN - each.y * (HEIGHT - 2 * MARGIN), 1),
        )
        for each in kept
    ]

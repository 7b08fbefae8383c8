"""A topic's map: its seeds and the works nearest to it, in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from service.web.site.door import Reading  # noqa: TC001 - FastAPI reads it
from service.web.site.shell import page
from service.web.site.topics import held as topics_held
from service.web.site.topics.made import Beside, Made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap import App
    from service.records.tuning import Spot, TopicMap
    from service.web.site.errands import Errands
    from service.web.site.topics.held import Held

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


def routes(app: App, errands: Errands) -> APIRouter:
    """/topics/SLUG/map."""
    router = APIRouter()
    maps: Beside[TopicMap] = Beside(errands, "map")

    @router.get("/topics/{slug}/map")
    def show(request: Request, visitor: Reading, slug: str) -> Response:
        held = topics_held.held(app, slug)
        made = _made(app, maps, held, visitor.name)
        spots = placed(made.value.spots) if made.value else ()
        return page(
            request,
            visitor,
            "topic_map.html",
            topic=held.topic,
            made=made,
            spots=spots,
            kinds=_KINDS,
            width=WIDTH,
            height=HEIGHT,
        )

    return router


def _made(app: App, maps: Beside[TopicMap], held: Held, by: str) -> Made[TopicMap]:
    """The map of the topic in force, of this day's works."""
    if not app.previews.ready:
        app.previews.warm()
        return Made(None, coming=True)
    state = (held.topic.version, held.voted, app.clock.now().date())
    return maps.of(held.slug, state, by, lambda: app.previews.map(held.topic))


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

"""Topics: seen, tuned with a preview beside the controls, saved, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from service import tuning
from service.web.site.door import Reading, Tuned  # noqa: TC001 - FastAPI reads them
from service.web.site.shell import done
from service.web.site.topics import doubts as topics_doubts
from service.web.site.topics import held as topics_held
from service.web.site.topics import index as topics_index
from service.web.site.topics import map as topics_map
from service.web.site.topics import past as topics_past
from service.web.site.topics.advice import Advisor
from service.web.site.topics.controls import controls
from service.web.site.topics.tuner import Tuner, whole

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.web.site.errands import Errands


def routes(app: App, errands: Errands) -> list[APIRouter]:
    """Every page under /topics."""
    advisor = Advisor(app, errands)
    return [
        topics_index.routes(app, errands),
        topics_past.documents(app),
        _tuning(app, errands, advisor),
        topics_doubts.routes(app, advisor),
        topics_past.routes(app),
        topics_map.routes(app, errands),
    ]


def _tuning(app: App, errands: Errands, advisor: Advisor) -> APIRouter:
    """/topics/SLUG and its form: what it would do, saving it, undoing that."""
    router = APIRouter()
    tuner = Tuner(app, errands, advisor)

    @router.get("/topics/{slug}")
    def show(
        request: Request, visitor: Reading, slug: str, first: int = 0, saved: int = 0
    ) -> Response:
        held = topics_held.held(app, slug)
        state = controls(held.topic, held.topic, first=max(0, first))
        return tuner.page(request, visitor, held, state, saved=saved == held.topic.version)

    @router.get("/topics/{slug}/preview")
    def again(_visitor: Reading, slug: str) -> Response:
        """A preview that is reloaded: what was filled in is gone with its form."""
        return RedirectResponse(f"/topics/{topics_held.held(app, slug).slug}", 303)

    @router.post("/topics/{slug}/preview")
    def preview(request: Request, form: Tuned, slug: str) -> Response:
        return tuner.preview(request, form, topics_held.held(app, slug))

    @router.post("/topics/{slug}")
    def save(request: Request, form: Tuned, slug: str) -> Response:
        return tuner.save(request, form, topics_held.held(app, slug))

    @router.post("/topics/{slug}/undo")
    def undo(request: Request, form: Tuned, slug: str) -> Response:
        author, based_on = form.visitor.name, whole(form, "based_on")
        version = tuning.undo(app.parts, slug, author=author, based_on=based_on)
        return done(request, f"/topics/{slug}?saved={version}", "Undone.")

    return router

"""A topic, tuned: its form, what a change would do, saving it and going back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from service import tuning
from service.errors import InputError, TopicChangedError
from service.topics.differing import differences
from service.web.site import (
    topics_cited,
    topics_doubts,
    topics_found,
    topics_held,
    topics_index,
    topics_map,
    topics_past,
    tuning_form,
)
from service.web.site.door import Reading, Tuned  # noqa: TC001 - FastAPI reads them
from service.web.site.shell import done, page
from service.web.site.topics_advice import Advisor
from service.web.site.topics_controls import TERMS, controls
from service.web.site.topics_preview import LISTED, look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap import App
    from service.records import Topic
    from service.records.tuning import Difference
    from service.web.site.door import Filled, Visitor
    from service.web.site.errands import Errands
    from service.web.site.topics_controls import Controls
    from service.web.site.topics_held import Held
    from service.web.site.topics_preview import Look

_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What somebody else made of a topic while it was being changed."""

    version: int
    author: str
    reason: str
    differences: Sequence[Difference]


def routes(app: App, errands: Errands) -> APIRouter:
    """Every page under /topics."""
    router = APIRouter()
    advisor = Advisor(app, errands)
    for each in (
        topics_index.routes(app, errands),
        topics_past.documents(app),
        _tuning(app, errands, advisor),
        topics_doubts.routes(app, advisor),
        topics_past.routes(app),
        topics_map.routes(app, errands),
    ):
        router.include_router(each)
    return router


def _tuning(app: App, errands: Errands, advisor: Advisor) -> APIRouter:
    """/topics/SLUG and its form: what it would do, saving it, undoing that."""
    router = APIRouter()
    tuner = _Tuner(app, errands, advisor)

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
        return RedirectResponse(f"/topics/{slug}", 303)

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


class _Tuner:
    """Answers the form of a topic."""

    def __init__(self, app: App, errands: Errands, advisor: Advisor) -> None:
        self._app = app
        self._errands = errands
        self._advisor = advisor

    def preview(self, request: Request, form: Filled, held: Held) -> Response:
        """The form again, with what it would do."""
        base = self._base(form, held)
        state, notes = _read(form, base, topics_found.asked(self._app, form))
        return self._again(request, form, held, state, notes=notes)

    def save(self, request: Request, form: Filled, held: Held) -> Response:
        """Put the form's topic in force; or the form again, where something has to be seen first:
        seeds that were just found, what is wrong, or what somebody else has changed."""
        base = self._base(form, held)
        found = topics_found.given(self._app, form)
        state, notes = _read(form, base, found)
        if notes or found.seeds or state.wrong:
            status = 422 if state.wrong else 200
            return self._again(request, form, held, state, notes=notes, status=status)
        if base.version == held.topic.version:
            try:
                return self._saved(request, form, base, state.topic)
            except TopicChangedError:  # between our look and our writing
                held = topics_held.held(self._app, held.slug)
        return self._meanwhile(request, form, base, held)

    def _base(self, form: Filled, held: Held) -> Topic:
        """The version that a form was made over."""
        return topics_held.as_of(self._app, held, whole(form, "based_on"))

    def _saved(self, request: Request, form: Filled, base: Topic, topic: Topic) -> Response:
        path = f"/topics/{base.slug}"
        if topic == base:
            return done(request, path, "Nothing was changed: there is nothing to save.")
        author, reason = form.visitor.name, form.text("reason")[:_LONGEST_REASON]
        parts = self._app.parts
        version = tuning.save(parts, topic, author=author, reason=reason, based_on=base.version)
        topics_cited.fetch(self._app, self._errands, base, topic, author)
        return done(request, f"{path}?saved={version}")

    def _meanwhile(self, request: Request, form: Filled, base: Topic, held: Held) -> Response:
        """Somebody else was quicker: the changes are made on top of theirs, and shown again."""
        result = tuning_form.edited(form, base, held.topic)
        state = controls(held.topic, result.topic, wrong=result.wrong, sent=form)
        version = held.version
        author = form.visitor.told(version.author)
        changed = differences(base, held.topic)
        theirs = Meanwhile(version.version, author, version.reason, changed)
        return self._again(request, form, held, state, meanwhile=theirs, status=409)

    def _again(
        self,
        request: Request,
        form: Filled,
        held: Held,
        state: Controls,
        *,
        notes: Sequence[str] = (),
        meanwhile: Meanwhile | None = None,
        status: int = 200,
    ) -> Response:
        return self.page(
            request,
            form.visitor,
            held,
            state,
            seen=look(self._app, state.topic),
            notes=notes,
            meanwhile=meanwhile,
            status=status,
        )

    def page(
        self,
        request: Request,
        visitor: Visitor,
        held: Held,
        state: Controls,
        *,
        seen: Look | None = None,
        saved: bool = False,
        meanwhile: Meanwhile | None = None,
        notes: Sequence[str] = (),
        status: int = 200,
    ) -> Response:
        """The topic's page. Without `seen` it asks for its preview itself."""
        app = self._app
        versions = tuning.versions(app.parts, held.slug, limit=1) if saved else []
        with app.store.reading() as tx:
            undoable = saved and tuning.step_back(tx.topics.history(held.slug)) is not None
        return page(
            request,
            visitor,
            "topic.html",
            status=status,
            topic=held.topic,
            version=held.version,
            author=visitor.told(held.version.author),
            saved=versions[0] if versions else None,
            undoable=undoable,
            meanwhile=meanwhile,
            errand=topics_cited.errand(self._errands, held.slug),
            controls=state,
            seen=seen,
            listed=LISTED,
            line=topics_held.drawn(state.topic, held.week, seen, app.parts.default_cutoff),
            weights=(tuning_form.LEAST_WEIGHT, tuning_form.WEIGHT_STEP),
            most_terms=TERMS,
            fidelity=held.finds,
            advice=self._advisor.advice(held, state.topic, visitor.name),
            notes=notes,
        )


def whole(form: Filled, name: str) -> int:
    """The whole number in a hidden field. Raises `InputError`."""
    text = form.text(name)
    if not text.isdecimal() or len(text) > 9:
        raise InputError("this form", f"has no {name}", "reload the page, and try again")
    return int(text)


def _read(form: Filled, base: Topic, found: topics_found.Found) -> tuple[Controls, Sequence[str]]:
    """The form as it is to be shown again, and what there is to say of seeds it asks for."""
    result = tuning_form.edited(form, base, found=found.seeds)
    first = whole(form, "first") if form.text("first") else 0
    state = controls(
        base, result.topic, first=first, wrong=result.wrong, sent=form, taken=found.taken
    )
    return state, [*found.notes, *result.notes]

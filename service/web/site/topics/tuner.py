"""What answers the form of a topic: what it would do, that it is saved, or what is in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import seeding, tuning
from service.errors import InputError, TopicChangedError
from service.topics.differing import differences
from service.web.site.shell import done, page
from service.web.site.topics import cited as topics_cited
from service.web.site.topics import form as tuning_form
from service.web.site.topics import found as topics_found
from service.web.site.topics import held as topics_held
from service.web.site.topics.controls import TERMS, controls
from service.web.site.topics.preview import LISTED, look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request, Response

    from service.bootstrap import App
    from service.records import Topic
    from service.records.tuning import Difference
    from service.web.site.door import Filled, Visitor
    from service.web.site.errands import Errands
    from service.web.site.topics.advice import Advisor
    from service.web.site.topics.controls import Controls
    from service.web.site.topics.found import Found
    from service.web.site.topics.held import Held
    from service.web.site.topics.preview import Look

_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What somebody else made of a topic while it was being changed."""

    version: int
    author: str
    reason: str
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class _Read:
    """A form that was sent, as it is to be shown again; `notes` are of seeds that it asks for."""

    state: Controls
    notes: Sequence[str]
    meanwhile: Meanwhile | None


class Tuner:
    """Answers the form of a topic."""

    def __init__(self, app: App, errands: Errands, advisor: Advisor) -> None:
        self._app = app
        self._errands = errands
        self._advisor = advisor

    def preview(self, request: Request, form: Filled, held: Held) -> Response:
        """The form again, with what it would do."""
        read = self._read(form, held, topics_found.asked(self._app, form))
        return self._again(request, form, held, read)

    def save(self, request: Request, form: Filled, held: Held) -> Response:
        """Put the form's topic in force; or the form again, where something has to be seen first:
        seeds that were just found, what is wrong, or what somebody else has changed."""
        found = topics_found.given(self._app, form)
        read = self._read(form, held, found)
        if read.state.wrong:
            return self._again(request, form, held, read, status=422)
        if found.seeds or read.notes:
            return self._again(request, form, held, read)
        if read.meanwhile is None:
            try:
                return self._saved(request, form, held.topic, read.state.topic)
            except TopicChangedError:  # between our look and our writing
                held = topics_held.held(self._app, held.slug)
                read = self._read(form, held, found)
        return self._again(request, form, held, read, status=409)

    def _read(self, form: Filled, held: Held, found: Found) -> _Read:
        """The form, its changes made on top of what somebody else has changed since."""
        base = topics_held.as_of(self._app, held, whole(form, "based_on"))
        stale = base.version != held.topic.version
        result = tuning_form.edited(form, base, held.topic if stale else None, found.seeds)
        state = controls(
            held.topic,
            result.topic,
            first=whole(form, "first") if form.text("first") else 0,
            wrong=result.wrong,
            sent=form,
            taken=found.taken,
        )
        theirs = _theirs(form.visitor, base, held) if stale else None
        return _Read(state, [*found.notes, *result.notes], theirs)

    def _saved(self, request: Request, form: Filled, before: Topic, topic: Topic) -> Response:
        path = f"/topics/{before.slug}"
        if topic == before:
            return done(request, path, "Nothing was changed: there is nothing to save.")
        author, reason = form.visitor.name, form.text("reason")[:_LONGEST_REASON]
        parts, based_on = self._app.parts, before.version
        version = tuning.save(parts, topic, author=author, reason=reason, based_on=based_on)
        topics_cited.fetch(self._app, self._errands, before, topic, author)
        return done(request, f"{path}?saved={version}")

    def _again(
        self, request: Request, form: Filled, held: Held, read: _Read, *, status: int = 200
    ) -> Response:
        return self.page(
            request,
            form.visitor,
            held,
            read.state,
            seen=look(self._app, read.state.topic),
            notes=read.notes,
            meanwhile=read.meanwhile,
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
            doubted = seeding.doubted(tx, state.topic)
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
            doubted=doubted,
            advice=self._advisor.advice(held, state.topic, visitor.name),
            notes=notes,
        )


def whole(form: Filled, name: str) -> int:
    """The whole number in a hidden field. Raises `InputError`."""
    text = form.text(name)
    if not text.isdecimal() or len(text) > 9:
        raise InputError("this form", f"has no {name}", "reload the page, and try again")
    return int(text)


def _theirs(visitor: Visitor, base: Topic, held: Held) -> Meanwhile:
    """What became of `base` since, and who did that last."""
    last = held.version
    author = visitor.told(last.author)
    return Meanwhile(last.version, author, last.reason, differences(base, held.topic))

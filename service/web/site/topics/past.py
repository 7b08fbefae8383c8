"""A topic's history; and topics as documents, written, and read with what that would change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response

from service import tuning
from service.errors import TopicError
from service.topics.differing import differences
from service.topics.documents import dump, parse
from service.web.site.door import Reading, Tuned, Tuning  # noqa: TC001 - FastAPI reads them
from service.web.site.shell import done, page
from service.web.site.topics import held as topics_held
from service.web.site.topics.preview import LISTED, look
from service.web.site.trouble import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap import App
    from service.records import Topic
    from service.records.tuning import Difference
    from service.web.site.door import Filled, Visitor

SHOWN = 20  # versions


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was given: its topic beside the one in force (`version` 0 for a topic that
    would be new), or what is wrong with it."""

    text: str = ""
    topic: Topic | None = None
    version: int = 0
    differences: Sequence[Difference] = ()
    trouble: str = ""


def routes(app: App) -> APIRouter:
    """/topics/SLUG/history, /restore, /export, and /topics/import."""
    router = APIRouter()

    @router.get("/topics/{slug}/history")
    def history(
        request: Request,
        visitor: Reading,
        slug: str,
        before: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        held = topics_held.held(app, slug)
        end = before if 0 < before <= held.topic.version else None
        at = tuning.versions(app.parts, slug, limit=SHOWN + 1, before=end)
        return page(
            request,
            visitor,
            "topic_history.html",
            topic=held.topic,
            versions=at[:SHOWN],
            earlier=at[SHOWN - 1].version if len(at) > SHOWN else 0,
        )

    @router.post("/topics/{slug}/restore")
    def restore(request: Request, form: Tuned, slug: str) -> Response:
        number = form.text("version")
        wanted = int(number) if number.isdecimal() and len(number) < 9 else 0
        version = tuning.restore(app.parts, slug, wanted, author=form.visitor.name)
        return done(request, f"/topics/{slug}?saved={version}", f"As at version {wanted} again.")

    @router.get("/topics/{slug}/export")
    def export(_visitor: Reading, slug: str) -> Response:
        document = dump(topics_held.held(app, slug).topic)
        name = {"Content-Disposition": f'attachment; filename="{slug}.toml"'}
        return Response(document, media_type="application/toml", headers=name)

    return router


def documents(app: App) -> APIRouter:
    """/topics/import: before the addresses of topics."""
    router = APIRouter()

    @router.get("/topics/import")
    def ask(request: Request, visitor: Tuning) -> Response:
        return _shown(app, request, visitor, Document())

    @router.post("/topics/import")
    def take(request: Request, form: Tuned) -> Response:
        document = _read(app, form)
        topic = document.topic
        if topic is None or form.text("how") != "save":
            return _shown(app, request, form.visitor, document)
        based_on = form.text("based_on")
        if based_on != str(document.version):  # never seen, or not as it was
            return _shown(app, request, form.visitor, document)
        author, reason = form.visitor.name, form.text("reason") or "imported"
        version = tuning.save(
            app.parts, topic, author=author, reason=reason, based_on=document.version
        )
        return done(request, f"/topics/{topic.slug}?saved={version}")

    return router


def _read(app: App, form: Filled) -> Document:
    text = form.text("document")
    if form.file is not None and form.file.content:
        text = form.file.content.decode("utf-8", "replace")
    if not text:
        return Document(trouble="Paste a document, or choose a file.")
    try:
        topic = parse(text)
    except TopicError as error:
        return Document(text, trouble=sentences(error))
    with app.store.reading() as tx:
        held = tx.topics.find(topic.slug)
    if held is None:
        return Document(text, topic, 0, differences(None, topic))
    found = differences(tuning.readable(held), topic)
    return Document(text, replace(topic, version=held.version), held.version, found)


def _shown(app: App, request: Request, visitor: Visitor, document: Document) -> Response:
    topic = document.topic
    seen = look(app, topic) if topic and document.differences else None
    status = 422 if document.trouble else 200
    values = {"document": document, "topic": topic, "seen": seen, "listed": LISTED}
    return page(request, visitor, "topic_import.html", status=status, **values)

"""/topics: what is followed, and how it was changed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Body, Header, HTTPException, Path, Query, Response

from service import tuning
from service.errors import TopicChangedError, TopicError
from service.topics.documents import dump, parse
from service.web.api import models
from service.web.api.access import Admin, Reader  # noqa: TC001 - FastAPI reads the annotations
from service.web.api.people import told
from service.web.api.problems import looking_up
from service.web.etags import etag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.bootstrap import App
    from service.records import Topic
    from service.web.api.access import Caller

TOML = "application/toml"

Slug = Annotated[
    str, Path(max_length=models.LONGEST_NAME, description="slug of a topic", examples=["stroma"])
]
Document = Annotated[
    str, Body(media_type=TOML, description="the whole topic (TOML), as the GET gives it")
]
Why = Annotated[
    str, Query(max_length=models.LONGEST_NOTE, description="why; without it: what differs")
]
Match = Annotated[
    str | None, Header(alias="If-Match", description="the ETag of the document that was changed")
]
NoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="`*` for a topic that is to be new")
]


def routes(app: App) -> APIRouter:
    """Topics and their versions."""
    router = APIRouter(tags=["topics"])

    @router.get("/topics")
    def list_topics(caller: Reader) -> models.TopicList:
        """All topics in force."""
        with app.store.reading() as tx:
            return models.TopicList.of({"items": app.topics(tx)})

    @router.get("/topics/{slug}", responses={404: {}})
    def topic(caller: Reader, slug: Slug) -> models.TopicDetail:
        """A topic with all its versions."""
        with looking_up():
            found = _in_force(app, slug)
            versions = [_version(each, caller) for each in tuning.versions(app.parts, slug)]
        return models.TopicDetail.of({**models.Topic.of(found).model_dump(), "versions": versions})

    @router.get(
        "/topics/{slug}/document",
        response_class=Response,
        responses={200: {"content": {TOML: {"schema": {"type": "string"}}}}, 404: {}},
    )
    def topic_document(caller: Reader, slug: Slug) -> Response:
        """A topic as the document that a PUT takes."""
        with looking_up():
            return Response(dump(_in_force(app, slug)), media_type=TOML)

    _changes(router, app)
    return router


def _changes(router: APIRouter, app: App) -> None:
    @router.put("/topics/{slug}/document", responses={400: {}, 412: {}, 428: {}})
    def change_topic(
        caller: Admin,
        slug: Slug,
        document: Document,
        *,
        reason: Why = "",
        match: Match = None,
        none_match: NoneMatch = None,
    ) -> models.TopicVersion:
        """Put a document in force as a new version, or make a new topic of it. What differs in
        nothing makes none. Scope: admin."""
        changed = parse(document)
        if changed.slug != slug:
            told_why = f"is of topic {changed.slug!r}"
            raise TopicError("the document", told_why, f"send it to /topics/{changed.slug}")
        based_on = _condition(app, slug, match, none_match)
        if based_on is None:
            raise HTTPException(428)
        with _in_time():
            by = f"api:{caller.name}"
            tuning.save(app.parts, changed, author=by, reason=reason, based_on=based_on)
        return _last(app, slug, caller)

    @router.post("/topics/{slug}/undo", responses={400: {}, 404: {}, 412: {}})
    def undo_topic(
        caller: Admin, slug: Slug, *, reason: Why = "", match: Match = None
    ) -> models.TopicVersion:
        """Take back the last change of a topic; once more, the one before it. Scope: admin."""
        with looking_up():
            _in_force(app, slug)
        based_on = _condition(app, slug, match, None)
        with _in_time():
            by = f"api:{caller.name}"
            tuning.undo(app.parts, slug, author=by, reason=reason, based_on=based_on)
        return _last(app, slug, caller)


def _in_force(app: App, slug: str) -> Topic:
    with app.store.reading() as tx:
        return tuning.in_force(tx, slug)


def _condition(app: App, slug: str, match: str | None, none_match: str | None) -> int | None:
    """The version that a request means to change, 0 for a topic that is to be new, None where it
    does not say. Raises `HTTPException` 412 where `If-Match` names another than that in force."""
    if match is None:
        return 0 if none_match is not None and none_match.strip() == "*" else None
    with app.store.reading() as tx:
        held = tx.topics.find(slug)
    if held is None:
        raise HTTPException(412)
    tags = {each.strip() for each in match.split(",")}
    if tags != {"*"} and etag(dump(tuning.topic_of(held)).encode()) not in tags:
        cause = f"was changed meanwhile: {held.author} made version {held.version} of it"
        remedy = "get its document again, and begin with that"
        raise HTTPException(412) from TopicChangedError(f"topic {slug!r}", cause, remedy)
    return held.version


@contextmanager
def _in_time() -> Iterator[None]:
    """Inside, what somebody else has changed in this very moment is a failed condition (412)."""
    try:
        yield
    except TopicChangedError as error:
        raise HTTPException(412) from error


def _last(app: App, slug: str, caller: Caller) -> models.TopicVersion:
    (made,) = tuning.versions(app.parts, slug, limit=1)
    return models.TopicVersion.of(_version(made, caller))


def _version(version: tuning.Version, caller: Caller) -> dict[str, object]:
    return {
        "version": version.version,
        "author": told(version.author, caller),
        "reason": told(version.reason, caller),
        "at": version.at,
        "restores": version.restores,
        "document": version.document,
        "differences": version.differences,
    }

"""/topics: what is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path

from service.web.api import models
from service.web.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from service.web.api.people import told
from service.web.api.problems import looking_up

if TYPE_CHECKING:
    from service.bootstrap import App

Slug = Annotated[
    str, Path(max_length=models.LONGEST_NAME, description="slug of a topic", examples=["stroma"])
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
        with app.store.reading() as tx:
            with looking_up():
                tx.topics.get(slug)
            found = next(topic for topic in app.topics(tx) if topic.slug == slug)
            versions = [
                {
                    "version": version.version,
                    "author": told(version.author, caller),
                    "reason": version.reason,
                    "at": version.at,
                    "document": version.document,
                }
                for version in tx.topics.history(slug)
            ]
        return models.TopicDetail.of({**models.Topic.of(found).model_dump(), "versions": versions})

    return router

"""What is followed."""
# ruff: noqa: TC001, TC003 - pydantic reads the annotations

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from service.web.api.models.base import Answer, Page
from service.web.api.models.works import Identifiers


class Seed(Answer):
    """Evidence of a topic, or against it."""

    key: str
    kind: str = Field(examples=["review", "paper", "text"])
    title: str
    ids: Identifiers
    weight: float
    sign: int = Field(description="1 for the topic, -1 against it")


class FollowedAuthor(Answer):
    """Somebody whose papers a topic follows."""

    name: str = Field(examples=["Okafor, Chidi N"])
    orcid: str = Field(description='"" where the author is followed by name and affiliation')
    affiliation: str = Field(description='a part of it; ""')


class Topic(Answer):
    """What a group follows, at the version in force. At most one of `cutoff`, `precision` and
    `per_week` says where the line is drawn."""

    slug: str
    name: str
    version: int
    include: tuple[str, ...] = Field(description="terms that add to the score")
    exclude: tuple[str, ...] = Field(description="terms that a work must not have")
    cutoff: float | None = Field(description="a relevance")
    precision: float | None = Field(description="share of what is shown that should be wanted")
    per_week: float | None = Field(description="papers")
    senses: Mapping[str, str] = Field(description="what short forms stand for here")
    seeds: tuple[Seed, ...]
    authors: tuple[FollowedAuthor, ...] = Field(
        default=(), description="whose papers are looked for, whatever they are about"
    )


class TopicList(Page):
    """All topics, by slug."""

    items: tuple[Topic, ...]


class Difference(Answer):
    """One thing that differs from the version before."""

    what: str = Field(examples=["seed", "included term", "line", "sense"])
    name: str = Field(description='which one; "" where there is only one')
    before: str = Field(description='what it was, in words; "" where it was not there')
    after: str = Field(description='what it is, in words; "" where it is not there')


class TopicVersion(Answer):
    """One version of a topic's document."""

    version: int
    author: str
    reason: str
    at: datetime
    restores: int | None = Field(description="the version that an undo went back to")
    document: str = Field(description="as it was written")
    differences: tuple[Difference, ...] = Field(description="from the version before")


class TopicDetail(Topic):
    """A topic with all its versions."""

    versions: tuple[TopicVersion, ...] = Field(description="newest first")

"""Digests as they were frozen."""
# ruff: noqa: TC001, TC003 - pydantic reads the annotations

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from service.records import Change
from service.web.api.models.base import Answer, Page
from service.web.api.models.works import Work


class DigestSummary(Answer):
    """A frozen digest as listed."""

    id: str
    subscription: str
    period: str = Field(description="the week", examples=["Europe/Berlin:2026-W47"])
    revision: int
    frozen_at: datetime
    shown: int = Field(description="works that it sent")
    standing: str = Field(
        description="over all its deliveries",
        examples=["sent", "in doubt", "waiting", "partial", "failed", "cancelled"],
    )


class DigestPage(Page):
    """Digests, the newest first."""

    items: tuple[DigestSummary, ...]


class Facet(Answer):
    """A part of a seed that an explanation points at."""

    kind: str
    text: str
    seed: str


class Why(Answer):
    """How a work stands to a topic, and what speaks for it."""

    score: float = Field(description="what orders; comparable within this digest only")
    relevance: float = Field(description="probability that a reader of the topic wants the work")
    facet: Facet = Field(description="the nearest part of a seed")
    terms: tuple[str, ...] = Field(description="words that match, the strongest first")
    sentences: tuple[str, ...] = Field(description="of the abstract, those that carry the match")
    reference: str = Field(description="title of the nearest example; empty where there is none")
    senses: tuple[str, ...] = Field(description="what short forms stand for here")


class Similar(Answer):
    """A work so alike another that it is listed with it."""

    work: Work
    ranked: Why


class DigestItem(Similar):
    """A work as a digest shows it."""

    late: bool = Field(description="it came after its week")
    theme: str = Field(description="what it shares with its neighbours; empty where it is alone")
    similar: tuple[Similar, ...]


class DigestSection(Answer):
    """A topic's part of a digest."""

    topic: str
    name: str
    items: tuple[DigestItem, ...]
    below: tuple[DigestItem, ...] = Field(description="just below the line")


class DigestChange(Answer):
    """News of a work that an earlier digest showed."""

    work: Work
    change: Change
    topic: str
    sent: str = Field(description="the week of that digest")


class SourceReceipt(Answer):
    """What one source stated and gave for a digest."""

    source: str
    window: str
    stated: int | None = Field(description="the source's own total; null: it does not say")
    fetched: int
    new: int
    gaps: tuple[str, ...] = Field(description="what is not proved whole")
    last_success_at: datetime | None


class Digest(DigestSummary):
    """A digest as it was frozen."""

    label: str = Field(examples=["16 Nov 2026, week 47"])
    banner: str = Field(description="what was degraded; empty: nothing")
    screened: int = Field(description="works that were new in its window")
    encoder: str
    cutoffs: Mapping[str, float] = Field(description="the line, by topic")
    sections: tuple[DigestSection, ...]
    changes: tuple[DigestChange, ...]
    receipts: tuple[SourceReceipt, ...]

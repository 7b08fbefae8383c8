"""Digests as they were frozen."""
# ruff: noqa: TC001, TC003 - pydantic reads the annotations

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from service.records import Change
from service.records.watching import PieceKind, SignalKind
from service.web.api.models.base import Answer, Page
from service.web.api.models.works import Entity, Work


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


class SeedScore(Answer):
    """How near a work is to one seed of the topic, in cosine."""

    seed: str
    nearness: float = Field(description="to its nearest facet, or to the whole of a paper")
    facets: tuple[float, ...] = Field(description="to each of its facets, in order")


class Signal(Answer):
    """Why a work deserves a second look whatever its words say."""

    kind: SignalKind
    name: str = Field(description="the title of the seed that it cites, or a followed author")


class Figure(Answer):
    """A figure of an open-access paper."""

    label: str
    caption: str
    digest: str = Field(description="SHA-256 of its kept thumbnail, hexadecimal")
    media_type: str
    width: int
    height: int
    credit: str = Field(description="whose it is, and under which licence")


class Why(Answer):
    """How a work stands to a topic, and what speaks for it."""

    score: float = Field(description="what orders; comparable within this digest only")
    relevance: float = Field(description="probability that a reader of the topic wants the work")
    facet: Facet = Field(description="the nearest part of a seed")
    terms: tuple[str, ...] = Field(description="words that match, the strongest first")
    sentences: tuple[str, ...] = Field(description="of the abstract, those that carry the match")
    reference: str = Field(description="title of the nearest example; empty where there is none")
    senses: tuple[str, ...] = Field(description="what short forms stand for here")
    designs: tuple[str, ...] = Field(description="study designs that it shares with the examples")
    seeds: tuple[SeedScore, ...] = Field(description="how near each seed for the topic is")
    signals: tuple[Signal, ...] = Field(
        description="that it cites a seed, or is by whom one follows"
    )


class Similar(Answer):
    """A work so alike another that it is listed with it."""

    work: Work
    ranked: Why


class DigestItem(Similar):
    """A work as a digest shows it."""

    late: bool = Field(description="it came after its week")
    theme: str = Field(description="what it shares with its neighbours; empty where it is alone")
    similar: tuple[Similar, ...]
    entities: tuple[Entity, ...] = Field(description="what its abstract names")
    figure: Figure | None = Field(description="its first figure; null: none is known")


class DigestSection(Answer):
    """A topic's part of a digest."""

    topic: str
    name: str
    items: tuple[DigestItem, ...]
    below: tuple[DigestItem, ...] = Field(description="just below the line")


class Piece(Answer):
    """A stretch of words of a text that was edited."""

    kind: PieceKind
    text: str


class Edits(Answer):
    """What differs from what the reader saw, word by word; empty where the text is the same."""

    title: tuple[Piece, ...]
    abstract: tuple[Piece, ...]


class DigestChange(Answer):
    """News of a work that an earlier digest showed, or that a reader saved."""

    work: Work
    change: Change
    topic: str
    sent: str = Field(description="the week of that digest; empty: it was saved")
    notice: str = Field(description="address of the notice that says so; may be empty")
    said_by: str = Field(description="the source that told of it; may be empty")
    text: str = Field(description="the notice's own words; may be empty")
    days: int | None = Field(description="from the preprint to the article; null: not known")
    version: str = Field(description="of a new version; else empty")
    edits: Edits | None = Field(description="null: nothing is known to differ")


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

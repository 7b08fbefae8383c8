"""What the tools answer, as types: the schemas that assistants are given are made of these.

Every text of a paper in them is one line of visible characters (an abstract: several), cut to a
bounded length.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 (pydantic reads the annotations when it runs)

from pydantic import BaseModel, Field


class Ids(BaseModel):
    """By which identifiers a work is known."""

    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    arxiv: str | None = None


class Listed(BaseModel):
    """A work as lists show it."""

    work: int = Field(description="Its number in the archive: the other tools take it as a name")
    title: str
    authors: list[str] = Field(description="The first of them, 'Family Given'")
    authors_in_all: int
    venue: str
    published: str = Field(description="ISO date, perhaps only a year or a month; '' if unknown")
    kind: str
    notices: list[str] = Field(
        description="What must be known before relying on it, e.g. Retracted, Preprint"
    )
    ids: Ids
    link: str = Field(description="Where to read it; '' if no address is known")


class Passage(BaseModel):
    """A piece of a work's text that answers to the query."""

    part: str = Field(description="title, abstract, author, journal, mesh or keyword")
    text: str
    words: list[str] = Field(description="The words of it that were asked for")


class Found(Listed):
    """A work that a search found."""

    matched: str = Field(
        description="all: it answers to the whole query; some: it has some of the words; "
        "near: it is only close in meaning"
    )
    similarity: float | None = Field(description="Cosine to the question; null by words alone")
    passages: list[Passage]


class SearchAnswer(BaseModel):
    """One page of what a search found, best first."""

    total: int = Field(description="Works that answer to the whole query")
    exact: bool = Field(description="False: there are at least so many")
    mode: str = Field(description="How it was searched in the end")
    works: list[Found]
    cursor: str | None = Field(description="Give it back for the next page; null at the end")
    notes: list[str] = Field(description="What to know of how the query was read")
    as_of: datetime | None = Field(description="When set, what the archive held before then")


class WorkAnswer(Listed):
    """All that the archive holds of a work."""

    abstract: str
    abstract_cut: bool = Field(description="True: the abstract goes on")
    keywords: list[str]
    mesh: list[str]
    sources: list[str]
    first_seen_at: datetime
    links: dict[str, str] = Field(description="Addresses by name: DOI, PubMed, PMC, arXiv, PDF")


class SeedNearness(BaseModel):
    """How near a work is to one seed."""

    seed: str
    title: str
    nearness: float = Field(description="Cosine to its nearest facet, or to the whole of a paper")


class Standing(BaseModel):
    """How a work stands to one topic, and why."""

    topic: str
    name: str
    relevance: float = Field(description="Probability (0 to 1) that a reader of the topic wants it")
    likelihood: str = Field(description="The same as a word")
    line: float | None = Field(
        description="The relevance from which on digests show works; null where each digest "
        "draws it anew"
    )
    line_is: str = Field(description="What the line was set for")
    excluded: bool = Field(description="It has a term that the topic excludes: never shown")
    recommended: bool = Field(
        description="A digest showed it for this topic, or a reader called it relevant or saved it"
    )
    votes: dict[str, int] = Field(description="Readers' judgements in force for this topic")
    facet: str = Field(description="The part of the topic's seeds that lies nearest")
    facet_kind: str
    sentences: list[str] = Field(description="Sentences of the abstract that carry the match")
    terms: list[str] = Field(description="Matched words, the strongest first")
    senses: list[str] = Field(description="What short forms stand for here")
    reference: str = Field(description="The nearest paper that the topic cites or readers liked")
    designs: list[str] = Field(description="Study designs that it shares with the examples")
    seeds: list[SeedNearness] = Field(description="How near each seed for the topic is")


class Explanation(BaseModel):
    """Why a work stands where it does."""

    work: Listed
    ranked: bool = Field(
        description="False: no digest ever ranked it (it was taken in for search only, or is a "
        "notice); the standings say how it would stand"
    )
    by: str = Field(description="What it was ranked by just now: words and meaning, or words only")
    standings: list[Standing] = Field(description="The nearest topic first")


class TopicLine(BaseModel):
    """What is followed."""

    topic: str = Field(description="Its slug: what explain_relevance and topic: in queries take")
    name: str
    version: int
    seeds: list[str] = Field(description="Titles of the reviews and papers that define it")
    seeds_in_all: int
    include: list[str]
    exclude: list[str]
    line: str = Field(description="Where digests draw the line")
    sent_to: list[str] = Field(description="Subscriptions")
    votes: dict[str, int]


class TopicsAnswer(BaseModel):
    """All topics in force."""

    topics: list[TopicLine]


class DigestLine(BaseModel):
    """A past digest as listed."""

    digest: str = Field(description="Its id: what get_digest takes")
    subscription: str
    week: str = Field(description="ISO week, e.g. 2026-W47")
    frozen_at: datetime
    works: int
    state: str = Field(description="sent, in doubt, waiting, partial, failed or cancelled")


class DigestsAnswer(BaseModel):
    """Past digests, newest first."""

    digests: list[DigestLine]


class Shown(Listed):
    """A work as a digest showed it."""

    relevance: float | None = Field(description="null: a saved search found it")
    likelihood: str = Field(description="The same as a word; '' for a saved search")
    sentence: str = Field(description="Of its abstract: the one that carries the match")
    reasons: list[str]
    similar: list[int] = Field(description="Works so alike that this one stands for them")


class Section(BaseModel):
    """A topic's part of a digest, or that of a saved search."""

    topic: str
    name: str
    query: str = Field(description="Of the saved search; '' for a topic")
    works: list[Shown]
    below: list[Listed] = Field(description="Just below the line")


class News(BaseModel):
    """What became of a work that an earlier digest showed."""

    work: int
    title: str
    became: str


class DigestAnswer(BaseModel):
    """A digest as it was frozen."""

    digest: str
    subscription: str
    label: str
    frozen_at: datetime
    banner: str = Field(description="What was degraded; '' if nothing was")
    news: list[News]
    sections: list[Section]
    receipt: str = Field(description="How much was screened, with how many gaps")
    sources: list[str] = Field(description="What each source stated and gave")
    left_out: int = Field(description="Works of it that are left out here for length")


class VoteAnswer(BaseModel):
    """A vote that was taken."""

    work: int
    title: str
    topic: str
    judgement: str
    voter: str
    changed: bool = Field(description="False: the same had been said before")

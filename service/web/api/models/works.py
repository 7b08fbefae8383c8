"""Works, and what a search finds."""
# ruff: noqa: TC001, TC003 - pydantic reads the annotations

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.records import EntityKind, Flag, Judgement, Kind
from service.records.findings import Matched
from service.records.queries import Mode, Part
from service.web.api.models.base import LONGEST_QUERY, Answer, Flags, Page


class Identifiers(Answer):
    """By what the world knows a paper, each in its canonical form."""

    doi: str | None = Field(default=None, description="bare, in lower case", examples=["10.5555/1"])
    pmid: str | None = Field(default=None, description="PubMed's number")
    pmcid: str | None = Field(default=None, description='with its "PMC"')
    arxiv: str | None = Field(default=None, description="without a version")


class Work(Answer):
    """One piece of research: all its records merged."""

    id: int = Field(description="its number; that of a work merged into it leads here too")
    title: str
    abstract: str = Field(description="plain text; empty where no source has one")
    authors: tuple[str, ...] = Field(description='as "Family Given", or the name of a group')
    venue: str = Field(description="journal or server")
    published: str | None = Field(description="first made public: a partial ISO date")
    kind: Kind
    flags: Flags = Field(description="what has happened to the paper since")
    ids: Identifiers
    url: str = Field(description="where it can be read; empty where unknown")
    pdf_url: str = Field(description="its PDF; empty where unknown")
    first_seen_at: datetime = Field(description="when Litwatch first saw it")
    sources: tuple[str, ...] = Field(description="which sources gave a record of it")
    keywords: tuple[str, ...] = Field(description="the authors'")
    mesh: tuple[str, ...] = Field(description="MeSH headings")


class Snippet(Answer):
    """A passage that answers to the words asked for."""

    part: Part = Field(description="of which text of the work")
    text: str = Field(description="plain text, no markup")
    marks: tuple[tuple[int, int], ...] = Field(
        description="the words in it: half-open ranges of its characters (code points)"
    )


class Hit(Answer):
    """A work that was found, and why."""

    work: Work
    matched: Matched
    similarity: float | None = Field(description="cosine; null where meaning did not count")
    snippets: tuple[Snippet, ...]


class FacetCount(Answer):
    """A value by which the search can be narrowed."""

    value: str
    count: int = Field(description="how many of the works found have it")
    query: str = Field(description="the search, narrowed to them")


class FacetCounts(Answer):
    """One way to narrow a search, the commonest values first."""

    name: str = Field(examples=["source", "year", "type", "topic"])
    values: tuple[FacetCount, ...]


class Findings(Page):
    """A page of what was found, the best first."""

    hits: tuple[Hit, ...]
    total: int = Field(description="works that answer to the whole query")
    exact: bool = Field(description="false: there are at least `total`")
    mode: Mode = Field(description="how it was searched in the end")
    facets: tuple[FacetCounts, ...] = Field(description="empty unless asked for")
    notes: tuple[str, ...] = Field(description="what a person should know of the answer")
    as_of: datetime | None = Field(description="the archive as it was before then; null: as it is")


class Record(Answer):
    """One item as one source gave it; each version of a preprint is a record of its own."""

    id: int
    key: str = Field(description="its name: source, id there, version")
    source: str
    source_id: str
    version: str = Field(description="empty where the source has none")
    format: str = Field(description="of its raw payload")
    joined_by: str = Field(description="why it belongs to this work")
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None = Field(description="since when its source no longer has it")
    title: str | None = Field(default=None, description="what it says itself; null: not understood")
    kind: Kind | None = None
    published: str | None = None
    ids: Identifiers | None = None
    url: str | None = None


class MergeEvent(Answer):
    """Works that became one, or one that became two."""

    at: datetime
    action: str = Field(examples=["merge", "split"])
    kept: int = Field(description="number of the work that went on")
    other: int = Field(description="number of the other one")
    reason: str


class Statement(Answer):
    """What a record says has happened to the paper."""

    flag: Flag
    said_by: str = Field(description="key of the record that says so: source, id there, version")
    notice: Identifiers = Field(description="what the notice itself is found by")
    text: str = Field(description="its own words; may be empty")
    at: datetime = Field(description="when Litwatch first read it")
    ruled_out: bool = Field(description="somebody found that it does not hold")


class VoteCount(Answer):
    """How many readers say this of a work for a topic, today."""

    topic: str
    judgement: Judgement
    count: int


class Shown(Answer):
    """A digest that showed a work."""

    digest: str = Field(description="its id")
    subscription: str
    period: str = Field(description="the week", examples=["Europe/Berlin:2026-W47"])
    frozen_at: datetime
    topic: str = Field(description="for which topic it was shown")
    rank: int = Field(description="its place in the digest, from 1")
    relevance: float | None = Field(description="as it was then; null: not kept at that time")


class Entity(Answer):
    """Something that a work's title and abstract name, as an annotation service marked it."""

    kind: EntityKind
    name: str = Field(examples=["TNF-α"])
    identifier: str = Field(description="in its vocabulary; empty where it has none there")
    count: int = Field(description="how often; 0 for another name of what the text names")


class Access(Answer):
    """Where a work is open to everybody, as far as that was asked."""

    licence: str = Field(description="empty where unknown", examples=["CC BY 4.0"])
    pdf_url: str = Field(description="empty where none is known to be open")
    html_url: str = Field(description="likewise")
    open: bool = Field(description="whether anything says that it is")


class WorkDetail(Work):
    """A work with all that the archive knows of it."""

    records: tuple[Record, ...] = Field(description="oldest first")
    history: tuple[MergeEvent, ...] = Field(description="merges and splits, oldest first")
    statements: tuple[Statement, ...] = Field(description="what is said of it, oldest first")
    votes: tuple[VoteCount, ...]
    digests: tuple[Shown, ...] = Field(description="newest first")
    entities: tuple[Entity, ...] = Field(description="the commonest first; empty until asked for")
    access: Access | None = Field(description="null until asked for, and where nothing is known")


class SavedSearchRequest(BaseModel):
    """A query to be kept under a name."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(
        min_length=1,
        max_length=LONGEST_QUERY,
        description="as in a search",
        examples=["neutrophil title:stroma seen:last-week"],
    )
    mode: Mode = Mode.HYBRID


class SavedSearch(Answer):
    """A query that was given a name."""

    name: str
    query: str
    mode: Mode
    author: str
    at: datetime


class SavedSearchList(Page):
    """All saved searches, by name."""

    items: tuple[SavedSearch, ...]

"""Values: which records are one work, and the work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.records.papers import Flag, Identifiers, Kind, Paper


@dataclass(frozen=True, slots=True)
class Arrival:
    """A paper to be placed. `record_id` and `work_id` are set when its record was stored before
    and has changed."""

    paper: Paper
    record_id: int | None = None
    work_id: int | None = None


@dataclass(frozen=True, slots=True)
class KnownWork:
    """A stored work that an arrival might belong to.

    `papers` are its records' papers by record id; `separated` are record ids that a person has
    said do not belong here.
    """

    id: int
    papers: Mapping[int, Paper]
    separated: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class WorkFields:
    """What a work shows, merged from all of its papers."""

    title: str
    abstract: str
    authors: tuple[str, ...]
    venue: str
    published: str | None
    entered: str | None
    kind: Kind
    flags: frozenset[Flag]
    ids: Identifiers
    url: str
    pdf_url: str
    sources: tuple[str, ...]
    keywords: tuple[str, ...] = ()  # the authors'
    mesh: tuple[str, ...] = ()  # MeSH headings


@dataclass(frozen=True, slots=True)
class WorkPlan:
    """What one work becomes. `work_id` None is a new one; `absorbed` works are merged into it.

    `joins` pairs an arrival's index with the reason why it belongs here; `keys` are all keys by
    which the work can be found from now on.
    """

    work_id: int | None
    absorbed: tuple[tuple[int, str], ...]
    joins: tuple[tuple[int, str], ...]
    fields: WorkFields
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of research: what people see, rank and are sent."""

    id: int
    seq: int
    title: str
    abstract: str
    authors: tuple[str, ...]
    venue: str
    published: str | None
    kind: Kind
    flags: frozenset[Flag]
    ids: Identifiers
    url: str
    pdf_url: str
    first_seen_at: datetime
    sources: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()  # the authors'
    mesh: tuple[str, ...] = ()  # MeSH headings

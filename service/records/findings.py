"""Values: what the archive answers to a query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.records.queries import Mode, Part, Sort
from service.records.works import Work

SHOWN, MOST_SHOWN = 20, 200  # works of a page: unless asked otherwise, and at most


class Matched(StrEnum):
    """Why a work was found."""

    ALL = "all"  # it answers to the whole query
    SOME = "some"  # it has some of the words
    NEAR = "near"  # it is close in meaning


@dataclass(frozen=True, slots=True)
class Snippet:
    """What of a work answers to the words: a passage of its text, and the half-open ranges of
    characters in it that are words asked for."""

    part: Part
    text: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One work that was found. `similarity` is the cosine to what was asked, None where meaning
    did not count."""

    work: Work
    matched: Matched
    similarity: float | None = None
    snippets: tuple[Snippet, ...] = ()


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many of the works found have this value; `query` narrows the search to them."""

    value: str
    count: int
    query: str


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """One way to narrow a search: by source, type, year or topic; the commonest values first."""

    name: str
    values: tuple[FacetCount, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What a person asks: `text` is the query as typed. `cursor` goes on where an answer ended;
    `sort` goes before that of the query."""

    text: str
    mode: Mode = Mode.HYBRID
    limit: int = SHOWN
    cursor: str | None = None
    sort: Sort | None = None
    facets: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """A page of what was found. `total` works answer to the whole query, at least so many where
    it is not `exact`; more are found by some of the words or by meaning. `cursor` leads to the
    next page, None at the end. `mode` is how it was searched in the end, `notes` what a person
    should know of it."""

    hits: tuple[Hit, ...]
    total: int
    exact: bool
    mode: Mode
    cursor: str | None = None
    facets: tuple[FacetCounts, ...] = ()
    notes: tuple[str, ...] = ()
    as_of: datetime | None = None


CONFIGURATION = "configuration"  # the author of a saved search that stands there


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A query that a person has given a name; `query` is as they typed it."""

    name: str
    query: str
    mode: Mode
    author: str
    at: datetime

    @property
    def configured(self) -> bool:
        """Whether it comes from the configuration, and is changed there alone."""
        return self.author == CONFIGURATION

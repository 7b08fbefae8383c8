"""Values: a question to the archive, as a tree of conditions on works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from service.records.papers import Kind
from service.records.watching import EntityKind


class Part(StrEnum):
    """Which text of a work the words are looked for in."""

    ANY = "any"
    TITLE = "title"
    ABSTRACT = "abstract"
    AUTHOR = "author"
    JOURNAL = "journal"
    MESH = "mesh"
    KEYWORD = "keyword"


class State(StrEnum):
    """What can be said of a work beside its words, as people type it."""

    PREPRINT = "is:preprint"
    REVIEW = "is:review"
    RETRACTED = "is:retracted"
    CORRECTED = "is:corrected"
    WITHDRAWN = "is:withdrawn"
    SAVED = "is:saved"
    SENT = "is:sent"
    UNSENT = "is:unsent"
    PDF = "has:pdf"
    ABSTRACT = "has:abstract"


class Scheme(StrEnum):
    """By which identifier a work is named."""

    DOI = "doi"
    PMID = "pmid"
    PMCID = "pmcid"
    ARXIV = "arxiv"


class Sort(StrEnum):
    """The order of what is found; `RELEVANCE` without any words is newest first."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    SEEN = "seen"


class Mode(StrEnum):
    """By what works are found: by their words, by their meaning, or by both."""

    HYBRID = "hybrid"
    LEXICAL = "lexical"
    SEMANTIC = "semantic"


@dataclass(frozen=True, slots=True)
class Words:
    """A word, or several in this order side by side; with `prefix` the last may go on."""

    text: str
    part: Part = Part.ANY
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Is:
    """A work of which this is true."""

    state: State


@dataclass(frozen=True, slots=True)
class OfKind:
    """A work of this kind."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class FromSource:
    """A work that this source gave a record of; case does not count."""

    name: str


@dataclass(frozen=True, slots=True)
class OfTopic:
    """A work that a digest showed for this topic, or a reader called relevant to it or saved."""

    slug: str


@dataclass(frozen=True, slots=True)
class Named:
    """A work with this identifier, in its canonical form; with `prefix` it may go on."""

    scheme: Scheme
    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """A work whose title or abstract names this, as far as services marked it: by name, or by its
    identifier in a vocabulary; with `prefix` the name may go on."""

    kind: EntityKind
    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Licensed:
    """A work under this licence, of any version; with `prefix` its name may go on."""

    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """First made public on one of these days, both ends included; None is open.

    A date that is known only as a month or a year counts when it may be one of them.
    """

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Seen:
    """First seen by Litwatch in [since, before), instants in UTC; None is open."""

    since: datetime | None
    before: datetime | None


@dataclass(frozen=True, slots=True)
class Scored:
    """A work that a digest showed with a relevance of `low` to `high`; which of the two belong to
    it is said by `low_too` and `high_too`."""

    low: float = 0.0
    high: float = 1.0
    low_too: bool = True
    high_too: bool = True


@dataclass(frozen=True, slots=True)
class Not:
    """Every work but those."""

    term: Term


@dataclass(frozen=True, slots=True)
class AllOf:
    """Works for which all of these hold: of none, every work."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Works for which at least one of these holds."""

    terms: tuple[Term, ...]


Term = (
    Words
    | Is
    | OfKind
    | FromSource
    | OfTopic
    | Named
    | Names
    | Licensed
    | Published
    | Seen
    | Scored
    | Not
    | AllOf
    | AnyOf
)


@dataclass(frozen=True, slots=True)
class Query:
    """A question to the archive. Without a `term` and `likes` it asks for nothing, and finds
    nothing.

    `likes` name works, as people do, that what is found shall be like; `as_of` asks what the
    archive held before that instant. `notes` tell a person what was read otherwise than they may
    have meant.
    """

    term: Term | None
    sort: Sort = Sort.RELEVANCE
    notes: tuple[str, ...] = ()
    likes: tuple[str, ...] = ()
    as_of: datetime | None = None


def wanted(term: Term) -> Iterator[Words]:
    """The words that are wanted, in the order in which they were typed."""
    match term:
        case Words():
            yield term
        case AllOf(terms) | AnyOf(terms):
            for each in terms:
                yield from wanted(each)
        case _:
            pass

"""Values: what is said of a paper by others, and what is added to what its sources say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from service.records.papers import Flag, Identifiers


@dataclass(frozen=True, slots=True)
class Statement:
    """A record says that something happened to a paper: a notice of the paper that it is about, or
    a record of its own paper.

    `key` is one of the paper's keys as deduplication makes them ("pmid:38000001"); `said_by` the
    key of the record that says so; `notice` what the notice itself is found by, as far as told.
    """

    key: str
    flag: Flag
    said_by: str
    notice: Identifiers = field(default_factory=Identifiers)
    text: str = ""


class SignalKind(StrEnum):
    """Why a work deserves a second look whatever its words say."""

    CITES = "cites"  # it cites a seed of the topic
    AUTHOR = "author"  # it is by somebody whom the topic follows


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason; `name` is the seed's title or the author's name."""

    kind: SignalKind
    name: str


@dataclass(frozen=True, slots=True)
class FollowedAuthor:
    """Somebody whose papers a topic follows: by ORCID (0000-0000-0000-000X) where known, and by
    name ("Family Given" or "Family, Given", given names or initials) with a part of the
    affiliation, where both are told."""

    name: str
    orcid: str = ""
    affiliation: str = ""

    @property
    def key(self) -> str:
        """What tells two followed authors apart: "orcid:..." or "author:name|affiliation"."""
        if self.orcid:
            return f"orcid:{self.orcid}"
        return f"author:{self.name.casefold()}|{self.affiliation.casefold()}"


@dataclass(frozen=True, slots=True)
class Citation:
    """`said_by` lists a paper as one that cites a seed, or that is by a followed author.

    `of` is `Seed.cited_as` or `FollowedAuthor.key`; `key` one of the paper's keys as deduplication
    makes them ("pmid:38000001").
    """

    of: str
    key: str
    said_by: str


class EntityKind(StrEnum):
    """What a name in a text is the name of."""

    GENE = "gene"
    CELL = "cell"
    DISEASE = "disease"
    CHEMICAL = "chemical"


@dataclass(frozen=True, slots=True)
class Entity:
    """Something that a text names, as an annotation service found it; `identifier` is that of its
    vocabulary ("NCBI Gene:7124"), "" where there is none; `count` is how often it is named."""

    kind: EntityKind
    name: str
    identifier: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of an open-access paper: `digest` names its kept picture (a PNG or JPEG thumbnail,
    hexadecimal SHA-256), which is `width` x `height` pixels; `credit` tells whose it is and under
    which licence."""

    label: str
    caption: str
    digest: str
    media_type: str
    width: int
    height: int
    credit: str = ""


class PieceKind(StrEnum):
    """What became of a stretch of words."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of words of a text that was changed."""

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True)
class Edits:
    """What differs between two states of a paper, word by word; () where the text is the same or
    was not there before."""

    title: tuple[Piece, ...] = ()
    abstract: tuple[Piece, ...] = ()


class Sign(StrEnum):
    """What a walk showed that calls for a person, though it may have ended well."""

    ZERO = "implausible-zero"
    TRANSLATION = "changed-translation"
    CLAMPED = "clamped-page"
    SCHEMA = "changed-schema"


class Severity(StrEnum):
    """How soon somebody should look."""

    WARNING = "warning"
    CRITICAL = "critical"  # works are being missed, or readers get nothing


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that the operator must know. `key` names the condition and the thing it is about
    ("source-stale:pubmed"): while it lasts it is one alarm."""

    key: str
    severity: Severity
    thing: str
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RankingRun:
    """The receipt of a ranking: which works of which window were ranked for a topic, by what.

    The window (lo, hi] is of the ingest sequence; `encoder` names the model, its revision, the
    precision and the version of the text that was embedded, "" where it was ranked by words only,
    for the reason in `missing`; `purpose` is "digest" or "week", `digest` the digest's id.
    """

    purpose: str
    topic: str
    version: int
    lo: int
    hi: int
    screened: int
    wanted: int
    line: float
    encoder: str
    program: str
    missing: str = ""
    digest: str | None = None
    at: datetime | None = None

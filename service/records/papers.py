"""Values: what a record says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Canonical ids: DOI bare and lower-case, PMCID with "PMC", arXiv id without a version."""

    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    arxiv: str | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """A person (family, given) or a group (collective); ORCID as 0000-0000-0000-000X."""

    family: str = ""
    given: str = ""
    collective: str = ""
    orcid: str | None = None

    @property
    def name(self) -> str:
        """Display form: "Family Given", or the group's name."""
        return self.collective or f"{self.family} {self.given}".strip()


@dataclass(frozen=True, slots=True)
class Section:
    """A labelled part of an abstract; the label is "" for an unstructured one."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class OtherAbstract:
    """An abstract beside the main one: another language, plain-language, graphical."""

    kind: str
    language: str
    text: str


class Relation(StrEnum):
    """How a paper is linked to another; read "this paper is <relation> the target"."""

    PREPRINT_OF = "preprint-of"
    HAS_PREPRINT = "has-preprint"
    VERSION_OF = "version-of"
    ERRATUM_IN = "erratum-in"
    ERRATUM_FOR = "erratum-for"
    RETRACTION_IN = "retraction-in"
    RETRACTION_OF = "retraction-of"
    PARTIAL_RETRACTION_IN = "partial-retraction-in"
    PARTIAL_RETRACTION_OF = "partial-retraction-of"
    CONCERN_IN = "concern-in"
    CONCERN_FOR = "concern-for"
    REPUBLISHED_FROM = "republished-from"
    REPUBLISHED_IN = "republished-in"
    COMMENT_ON = "comment-on"
    COMMENT_IN = "comment-in"
    UPDATE_OF = "update-of"
    UPDATE_IN = "update-in"
    OTHER = "other"


class Certainty(StrEnum):
    """STATED by bioRxiv, Crossref or PubMed; PROBABLE from Europe PMC or a title match."""

    STATED = "stated"
    PROBABLE = "probable"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that a record states; `text` is the source's own wording of the target."""

    relation: Relation
    target: Identifiers
    text: str = ""
    certainty: Certainty = Certainty.STATED


class Kind(StrEnum):
    """What sort of publication this is, one word, for badges and rules."""

    ARTICLE = "article"
    REVIEW = "review"
    PREPRINT = "preprint"
    TRIAL = "trial"
    CASE_REPORT = "case-report"
    GUIDELINE = "guideline"
    EDITORIAL = "editorial"
    LETTER = "letter"
    COMMENT = "comment"
    NEWS = "news"
    PROTOCOL = "protocol"
    BOOK = "book"
    DATASET = "dataset"
    ERRATUM = "erratum"
    RETRACTION = "retraction"  # the notice, not the retracted paper
    CONCERN = "expression-of-concern"  # likewise the notice
    OTHER = "other"


# Kinds that are about another paper, and never findings themselves.
NOTICES = frozenset({Kind.ERRATUM, Kind.RETRACTION, Kind.CONCERN})


class Flag(StrEnum):
    """What happened to the paper itself."""

    RETRACTED = "retracted"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    CONCERN = "concern"
    TRANSLATED_TITLE = "translated-title"


@dataclass(frozen=True, slots=True)
class Paper:
    """A record, understood. Text is plain Unicode (NFC, no markup), "" where the source has none.

    `types` are the source's own words for the publication type; `kind` is ours. `published` is
    the first public date (electronic before print), `entered` when it entered the source,
    `revised` when the source last changed it, all partial ISO dates or None.
    """

    source: str
    source_id: str
    version: str
    ids: Identifiers
    title: str
    kind: Kind
    types: tuple[str, ...] = ()
    original_title: str = ""
    language: str = ""
    abstract: str = ""
    sections: tuple[Section, ...] = ()
    other_abstracts: tuple[OtherAbstract, ...] = ()
    authors: tuple[Author, ...] = ()
    venue: str = ""
    venue_short: str = ""
    issn: str | None = None
    published: str | None = None
    entered: str | None = None
    revised: str | None = None
    flags: frozenset[Flag] = frozenset()
    links: tuple[Link, ...] = ()
    keywords: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    category: str = ""
    licence: str = ""
    url: str = ""
    pdf_url: str = ""

    @property
    def key(self) -> str:
        """The same name as its record's."""
        return f"{self.source}:{self.source_id}" + (f"v{self.version}" if self.version else "")

"""The values that pass between stages, frozen, named by how far along they are.

    Record -> Paper -> Work -> Candidate -> RankedWork -> Selection -> DigestContent -> Delivery

Nothing here does anything: no I/O, no clock, no third-party import. Partial dates are ISO 8601
text with as much precision as the source gave ("2026", "2026-03", "2026-03-09"); instants are
timezone-aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

# -- poll: what a source gave --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """One item as one source gave it, keyed (source, source_id, version); the payload is untouched.

    `format` names the normaliser that understands the payload ("pubmed-xml", "biorxiv-json", ...).
    `source_id` is the source's own id without a version; `version` is "" where it has none.
    """

    source: str
    source_id: str
    version: str
    format: str
    payload: bytes

    @property
    def key(self) -> str:
        """The record's name in messages and logs: `source:source_id[vN]`."""
        return f"{self.source}:{self.source_id}" + (f"v{self.version}" if self.version else "")


@dataclass(frozen=True, slots=True)
class Page:
    """What one reply or file of a source holds.

    `stated` is the total that the source claims for the whole query (None: it does not say);
    `ids` are filled by replies that list ids only; `next` is the source's cursor or token;
    `translation` is the query as the source understood it.
    """

    records: tuple[Record, ...] = ()
    deletions: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    stated: int | None = None
    next: str | None = None
    translation: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Closed interval of days, both ends included, on the date a record entered its source."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"


class SweepKind(StrEnum):
    """Why a window is walked: each kind has its own overlap and its own mark."""

    RECENT = "recent"  # daily, 7 days of overlap
    WIDE = "wide"  # weekly, 35 days: late entries
    REVISED = "revised"  # weekly: records changed at the source
    ARCHIVE = "archive"  # monthly, 400 days, ids only


@dataclass(frozen=True, slots=True)
class Validators:
    """HTTP cache validators of a feed; kept only after its entries are stored."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """One order to a source: walk this window, for this reason."""

    kind: SweepKind
    window: Window
    validators: Validators = field(default_factory=Validators)


@dataclass(frozen=True, slots=True)
class SweepMark:
    """How far one kind of sweep of one source has come.

    All days up to `last_complete_end` are proved; `last_run` is when a sweep was last tried.
    """

    last_complete_end: date | None = None
    last_run: datetime | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of a window's records, small enough for one transaction."""

    records: tuple[Record, ...] = ()
    deletions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WindowReport:
    """What a source says, and what was seen, of one closed window.

    `end_sign` is true only when paging ended by the source's own terminator; `gap` is None only
    when counts reconcile. The mark may advance past the window only if both hold.
    """

    window: Window
    kind: SweepKind
    query: str
    translation: str | None
    stated: int | None
    fetched: int
    end_sign: bool
    gap: str | None = None
    warnings: tuple[str, ...] = ()
    validators: Validators | None = None

    @property
    def complete(self) -> bool:
        """Whether the window is proved whole."""
        return self.end_sign and self.gap is None


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a window's records."""

    new: int = 0
    changed: int = 0
    same: int = 0
    unparsed: int = 0
    gone: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.new + other.new,
            self.changed + other.changed,
            self.same + other.same,
            self.unparsed + other.unparsed,
            self.gone + other.gone,
        )

    @property
    def fetched(self) -> int:
        """Records that came, known or not."""
        return self.new + self.changed + self.same + self.unparsed


# -- normalise: what a record says ----------------------------------------------------------------


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


# -- deduplicate: which records are one work ------------------------------------------------------


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


# -- embed and rank -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """What produced a vector; vectors of different encoders are never compared."""

    name: str
    revision: str
    text_version: str
    dimension: int
    precision: str  # "float32" | "bfloat16": how it was computed; vectors are stored as float16


@dataclass(frozen=True, slots=True)
class Candidate:
    """A work as ranking sees it; `vectors` are unit rows, (chunks, dimension), or None."""

    work_id: int
    title: str
    abstract: str
    vectors: NDArray[float32] | None = None


@dataclass(frozen=True, slots=True)
class Facet:
    """A nameable part of a seed that an explanation can point at."""

    kind: str  # "title" | "tldr" | "contribution" | "finding" | "abstract" | "text"
    text: str
    seed: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Seed:
    """Evidence of a topic: a review, a paper or free text; with `sign` -1, evidence against it."""

    key: str
    kind: str  # "review" | "paper" | "text"
    title: str
    authors: tuple[str, ...] = ()
    ids: Identifiers = field(default_factory=Identifiers)
    venue: str = ""
    published: str | None = None
    tldr: str = ""
    contribution: str = ""
    findings: tuple[str, ...] = ()
    abstract: str = ""
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    licence: str = ""
    source_url: str = ""
    weight: float = 1.0
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Topic:
    """What a group follows. `include` and `exclude` are terms; a work with an excluded term
    (and no included one) is left out, an included term adds to the score."""

    slug: str
    name: str
    seeds: tuple[Seed, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cutoff: float | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class RankedWork:
    """One work for one topic. `score` orders and meets the cut-off; its parts explain it.

    `lexical` and `dense` are the fused parts (dense is None in lexical-only mode); `facet` is the
    nearest seed facet; `terms` are the matched words, strongest first; `sentence` is the sentence
    of the abstract nearest to the facet ("" when unknown).
    """

    work_id: int
    topic: str
    score: float
    lexical: float
    dense: float | None
    facet: Facet
    terms: tuple[str, ...] = ()
    sentence: str = ""


# -- works, digests, deliveries -------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class SourceReceipt:
    """One line of a digest's proof: what one source stated and gave since the last digest."""

    source: str
    window: str
    stated: int | None
    fetched: int
    new: int
    gaps: tuple[str, ...]
    last_success_at: datetime | None


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One work as a digest shows it; everything a renderer needs, nothing to look up."""

    work: Work
    ranked: RankedWork
    late: bool = False


@dataclass(frozen=True, slots=True)
class DigestSection:
    """A topic's part of a digest."""

    topic: str
    name: str
    items: tuple[DigestItem, ...]
    below: tuple[DigestItem, ...] = ()  # just below the line, titles only


@dataclass(frozen=True, slots=True)
class DigestContent:
    """A frozen selection for one subscription and one period, ready to render.

    `period` is the ISO week key ("Europe/Berlin:2026-W47"); `screened` counts the works that were
    new in the window; `banner` is shown first when something was degraded ("ranked by words only").
    """

    digest_id: str
    subscription: str
    period: str
    label: str  # "16 Nov 2026, week 47"
    created_at: datetime
    sections: tuple[DigestSection, ...]
    screened: int
    receipts: tuple[SourceReceipt, ...]
    encoder: str
    cutoffs: Mapping[str, float]
    banner: str = ""

    @property
    def shown(self) -> int:
        """Number of works in full, over all sections."""
        return sum(len(s.items) for s in self.sections)


@dataclass(frozen=True, slots=True)
class RenderedPart:
    """The exact bytes that one channel will send: written before they are sent.

    `id` is the delivery's id, deterministic per (digest, channel, destination, part), so that it
    can be inside the bytes (Slack metadata, Message-ID).
    """

    id: str
    part: int  # 1-based; parts after the first go into the first one's thread
    parts: int
    payload: bytes


class DeliveryState(StrEnum):
    """Where one sending stands; `UNKNOWN` may have arrived and is never sent again blindly."""

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    UNKNOWN = "unknown"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt-tracked sending of one part to one destination; `attempt` is the fencing token.

    `thread` is the provider's id of part 1, for later parts; `started_at` is when the current
    attempt was claimed.
    """

    id: str
    digest_id: str
    channel: str
    destination: str
    part: int
    parts: int
    payload: bytes
    sha256: str
    state: DeliveryState
    attempt: int
    started_at: datetime | None = None
    thread: str | None = None
    resends: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one network call meant. `state` is SENT, RETRY, UNKNOWN or DEAD.

    `wait` is the least number of seconds before the next try (RETRY) or look (UNKNOWN).
    """

    state: DeliveryState
    detail: str
    provider_id: str | None = None
    wait: float | None = None
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Topics, schedule, channel, size rules. `weekday` 0 is Monday; `at` is "HH:MM" in `zone`."""

    name: str
    topics: tuple[str, ...]
    channel: str
    destination: str
    weekday: int = 0
    at: str = "08:00"
    zone: str = "UTC"
    cap: int = 15
    floor: int = 3
    active: bool = True

"""Values: what a group follows, and how a work stands to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.records.papers import Identifiers
from service.records.watching import FollowedAuthor, Signal

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray


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

    @property
    def cited_as(self) -> str:
        """What the papers that cite it are kept under, the same in every topic: "pmid:38000001",
        "pmcid:...", "doi:..."; "" where it has no such identifier, or speaks against the topic."""
        if self.sign < 0:
            return ""
        named = (("pmid", self.ids.pmid), ("pmcid", self.ids.pmcid), ("doi", self.ids.doi))
        return next((f"{kind}:{value}" for kind, value in named if value), "")


@dataclass(frozen=True, slots=True)
class Topic:
    """What a group follows. `include` and `exclude` are terms; a work with an excluded term
    (and no included one) is left out, an included term adds to the score. `senses` pins what a
    short form means here: {"NET": "neutrophil extracellular trap"}. Papers of `authors` are looked
    for whatever they are about.

    At most one says where the line is drawn: `cutoff` (a relevance), `precision` (the share of
    what is shown that should be wanted) or `per_week` (papers)."""

    slug: str
    name: str
    seeds: tuple[Seed, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cutoff: float | None = None
    precision: float | None = None
    per_week: float | None = None
    version: int = 1
    senses: Mapping[str, str] = field(default_factory=dict)
    authors: tuple[FollowedAuthor, ...] = ()


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """What produced a vector; vectors of different encoders are never compared."""

    name: str
    revision: str
    text_version: str
    dimension: int
    # How it was computed: "float32", "bfloat16", "openvino-int8" and so on; stored as float16.
    precision: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A work as ranking sees it; `vectors` are unit rows, (chunks, dimension), or None. `of` are
    the keys of the seeds that it cites and of the followed authors that it is by."""

    work_id: int
    title: str
    abstract: str
    vectors: NDArray[float32] | None = None
    of: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A paper that somebody has judged for a topic: a seed's reference, or a work voted on.

    `weight` is above 0 for it, below 0 against it; `origin` is "reference", "vote" or "saved".
    """

    work: Candidate
    weight: float
    origin: str


SEARCH = "search:"  # begins what stands for a saved search where else a topic's slug stands


def search_of(topic: str) -> str:
    """The name of the saved search that stands where else a topic's slug stands; "" for a slug."""
    return topic.removeprefix(SEARCH) if topic.startswith(SEARCH) else ""


@dataclass(frozen=True, slots=True)
class SeedScore:
    """How near a work is to one seed for its topic: the cosine to the seed's nearest facet.

    `facets` are the cosines to each of them, in their order; none for a paper beside reviews, which
    is compared as a whole.
    """

    seed: str  # its key
    nearness: float
    facets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class RankedWork:
    """One work for one topic, or as a saved search found it.

    `score` is the raw output that orders, in deviations above the archive; `relevance` the
    calibrated probability that a reader of the topic wants the work, which meets the cut-off.
    `concept` and `examples` are parts of the score: nearness to the topic's terms and to its
    examples, None where the topic has none. The rest explains: `facet` is the nearest seed facet;
    `terms` are the matched words, strongest first, with their `weights` (shares of the match);
    `sentences` those of the abstract that carry it, best first; `reference` the title of the
    nearest example; `senses` what short forms stand for here; `designs` the designs of the study
    that it has in common with the examples, and few other works have; `signals` say that it cites a
    seed or is by a followed author; `seeds` how near each seed for the topic is, in their order.

    Of a saved search `topic` is `SEARCH` and its name, `terms` and `sentences` tell what answers to
    it, and there is no relevance: what was found stands on the line.
    """

    work_id: int
    topic: str
    score: float
    facet: Facet
    relevance: float = 0.0
    concept: float | None = None
    examples: float | None = None
    terms: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    sentences: tuple[str, ...] = ()
    reference: str = ""
    senses: tuple[str, ...] = ()
    designs: tuple[str, ...] = ()
    seeds: tuple[SeedScore, ...] = ()
    signals: tuple[Signal, ...] = ()

    @property
    def sentence(self) -> str:
        """The sentence that carries most; "" when unknown."""
        return self.sentences[0] if self.sentences else ""

    @property
    def search(self) -> str:
        """The saved search that found the work; "" where it was ranked for a topic."""
        return search_of(self.topic)


BINS = 20  # of relevance, equally wide


@dataclass(frozen=True, slots=True)
class TopicRanking:
    """The best works of a topic, best first; `spread` counts all that were ranked, in `BINS` bins
    of relevance, those that hold an excluded term in the first. `found_terms` are what a topic
    that lists no terms is taken to be about."""

    works: Sequence[RankedWork]
    spread: tuple[int, ...]
    found_terms: tuple[str, ...] = ()

"""The simulated world: what is published, and what each upstream holds of it at any moment.

Everything follows from a seed. An `Article` is one piece of research with all the names it ever
gets. An `Entry` is what one upstream keeps of it under one id, filed under a day (`filed`, which
windows ask for) and served from a moment on (`served`, often the same day, sometimes months
later). Its `State`s say how it reads from when on; a later state is dated by `stated` (PubMed's
`lr`, Europe PMC's UPDATE_DATE, arXiv's datestamp).

A simulator of an upstream is an `tests.upstreams.serving.Upstream` over `World.records`. Sources:

    pubmed          uid PMID                  state.version "1"
    pmc             uid "PMC123"              state.version "1"
    biorxiv, medrxiv                          one entry a VERSION: uid DOI, state.version "1".."3",
                                              filed = day of posting; a later state has the link
                                              "published" (the row's `published` field)
    biorxiv-links, medrxiv-links              rows of /pubs: uid preprint DOI, filed = day of the
                                              article, one link "published"
    arxiv           uid "2701.00012"          state.version the newest version, state.versions all,
                                              state.stated the OAI datestamp; article.category
    europepmc       uid "PPR/PPR1" and so on  (source/id); state.version of preprints, else ""

Times are UTC. `Seen.entry.gone` is never before `now` in what `records` gives; `vanished` tells
what is gone (arXiv's deleted headers).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.upstreams.words import Person

SOURCES = (
    "pubmed",
    "pmc",
    "biorxiv",
    "medrxiv",
    "biorxiv-links",
    "medrxiv-links",
    "arxiv",
    "europepmc",
)


@dataclass(frozen=True, slots=True)
class Article:
    """One piece of research. Names that it never gets are "". `published` is its journal's day,
    `posted` the first version's; `topical` is whether the shipped queries find it.

    `kind` is "research", or for a notice "erratum", "retraction" or "concern".
    """

    number: int
    topical: bool
    title: str
    abstract: str
    authors: tuple[Person, ...]
    journal: int  # of `words.JOURNALS`
    kind: str = "research"
    published: date | None = None
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    server: str = ""  # biorxiv, medrxiv, arxiv, "Research Square"
    posted: date | None = None
    preprint_doi: str = ""
    arxiv_id: str = ""
    category: str = ""  # of the preprint: "cancer biology", "q-bio.TO", "physics.bio-ph"
    licence: str = "cc_by"
    came_of: int = 0  # the number of the preprint that this article is of


@dataclass(frozen=True, slots=True)
class Link:
    """A statement about another paper: "published" (in a journal), "preprint" (of this article),
    "erratum_in", "erratum_for", "retraction_in", "retraction_of", "concern_in", "concern_for"."""

    kind: str
    pmid: str = ""
    doi: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """How an entry reads from `since` on. Marks: "mesh", "pmc" (PubMed knows the PMC copy),
    "retracted", "withdrawn" (the preprint), "preprint" (PubMed's record of one)."""

    since: datetime
    stated: date
    title: str
    abstract: str
    version: str = ""
    versions: tuple[tuple[str, date], ...] = ()
    marks: frozenset[str] = frozenset()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What one upstream keeps under one id (for bioRxiv: id and version)."""

    source: str
    uid: str
    article: Article
    filed: date
    states: tuple[State, ...]  # oldest first
    gone: datetime | None = None
    entrez: date | None = None  # PubMed's edat, where it is not the day it is filed under

    @property
    def served(self) -> datetime:
        """From when on the upstream gives it."""
        return self.states[0].since

    def at(self, now: datetime) -> State | None:
        """How it reads at `now`; None before it is served and when it is gone."""
        if now < self.served or (self.gone is not None and now >= self.gone):
            return None
        newest = self.states[0]
        for state in self.states[1:]:
            if state.since > now:
                break
            newest = state
        return newest


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry as it reads at a moment."""

    entry: Entry
    state: State


@dataclass
class World:
    """All entries of all upstreams; `begin` is the first day, `days` how long the year is.

    Publishing goes on for a while after it, so that upstreams do not fall silent.
    """

    seed: int
    begin: date
    days: int
    entries: Sequence[Entry]
    _by_source: dict[str, list[Entry]] = field(init=False, repr=False)
    _last: dict[str, tuple[int, tuple[Seen, ...]]] = field(init=False, repr=False)
    _turns: dict[str, list[datetime]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._by_source, self._last, self._turns = defaultdict(list), {}, {}
        for entry in self.entries:
            self._by_source[entry.source].append(entry)
        for source, held in self._by_source.items():
            held.sort(key=lambda entry: (entry.filed, entry.uid, entry.states[0].version))
            turns = {state.since for entry in held for state in entry.states}
            turns |= {entry.gone for entry in held if entry.gone is not None}
            self._turns[source] = sorted(turns)

    @property
    def start(self) -> datetime:
        """The first moment of the year."""
        return datetime.combine(self.begin, datetime.min.time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after the year."""
        return self.start + timedelta(days=self.days)

    def of(self, source: str) -> Sequence[Entry]:
        """All entries of an upstream, whenever they are served; by day and id."""
        return self._by_source[source]

    def records(self, source: str, now: datetime) -> tuple[Seen, ...]:
        """What the upstream serves at `now`, by the day it is filed under, then by id."""
        turn = bisect_right(self._turns.get(source, []), now)
        last = self._last.get(source)
        if last is None or last[0] != turn:
            seen = ((entry, entry.at(now)) for entry in self._by_source[source])
            last = turn, tuple(Seen(entry, state) for entry, state in seen if state is not None)
            self._last[source] = last
        return last[1]

    def vanished(self, source: str, now: datetime) -> tuple[Entry, ...]:
        """What the upstream gave once, and gives no longer."""
        return tuple(e for e in self._by_source[source] if e.gone is not None and e.gone <= now)

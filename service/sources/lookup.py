"""Papers by an identifier, from whichever source holds them.

A name is an identifier behind its kind, as the archive's keys are: "pmid:38000001",
"pmcid:PMC7000001", "doi:10.5555/heron.1", "arxiv:2601.00001"; and "europepmc:PPR/PPR900001" for
what Europe PMC alone numbers. For each kind the sources are asked in the order of how much they
tell, many papers at once where they can; a source that is down is not asked again.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from service.errors import Retry, SourceError
from service.sources import (
    arxiv,
    biorxiv,
    counting,
    europepmc,
    pmc,
    pubmed,
)
from service.sources.europepmc_papers import (
    EuropePmcPapers,
    doi_term,
    number_term,
    understood,
)
from service.sources.eutils import BASE, Account, Entrez

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from service.protocols import Http
    from service.records import Paper
    from service.sources.europepmc_papers import Normalise
    from service.sources.eutils import Database

log = logging.getLogger(__name__)

_DOIS = 20  # in one search of PubMed
_BIORXIV = re.compile(r"10\.(?:1101|64898)/[\w.]+")  # may be one of bioRxiv's or medRxiv's


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the sources are asked; each as the source's own module has it."""

    eutils: str = BASE
    europepmc: str = europepmc.BASE
    arxiv: str = arxiv.API_URL
    biorxiv: str = biorxiv.BASE_URL


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What was found, by name, and which source holds it. Of each name that was not: the sources
    that could know it, each with why it could not be asked (None: it holds no such paper)."""

    papers: Mapping[str, Paper]
    holders: Mapping[str, str]
    missing: Mapping[str, Mapping[str, SourceError | None]]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to papers: whom it asks, at which host, how, and for which identifiers."""

    source: str
    host: str
    ask: Callable[[Sequence[str]], Iterable[Paper]]
    fits: re.Pattern[str] = re.compile(".*")


@dataclass
class _Search:
    """What is known so far."""

    papers: dict[str, Paper] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    told: dict[str, dict[str, SourceError | None]] = field(default_factory=dict)
    down: dict[str, SourceError] = field(default_factory=dict)


class Lookup:
    """Asks the sources through the polite client; `normalise` understands a record."""

    def __init__(
        self, http: Http, account: Account, normalise: Normalise, addresses: Addresses | None = None
    ) -> None:
        self._http = http
        self._account = account
        self._normalise = normalise
        self._at = addresses or Addresses()
        self._europe = EuropePmcPapers(http, self._at.europepmc, account.email, normalise)

    def find(self, names: Iterable[str]) -> LookedUp:
        """The papers of these names. Raises nothing: what failed is told in the answer."""
        search = _Search(told={name: {} for name in names})
        for kind, group in groupby(sorted(search.told), lambda name: name.partition(":")[0]):
            wanted = list(group)
            for way in self._ways(kind):
                self._go(way, kind, wanted, search)
        missing = {name: told for name, told in search.told.items() if name not in search.papers}
        return LookedUp(search.papers, search.holders, missing)

    def _go(self, way: _Way, kind: str, names: Sequence[str], search: _Search) -> None:
        """Ask one source for those that are still wanted."""
        values = {n.partition(":")[2]: n for n in names if n not in search.papers}
        values = {value: name for value, name in values.items() if way.fits.fullmatch(value)}
        if not values:
            return
        fault = search.down.get(way.host)
        if fault is None:
            fault = self._asked(way, kind, values, search)
        if fault and fault.retry is not Retry.NEVER:
            search.down[way.host] = fault
        for name in values.values():
            search.told[name][way.source] = fault

    def _asked(
        self, way: _Way, kind: str, values: Mapping[str, str], search: _Search
    ) -> SourceError | None:
        """Take in what one source holds, and tell why it could not be asked for all."""
        try:
            for paper in way.ask(list(values)):
                name = values.get(_named(paper, kind) or "")
                if name and paper.title:
                    search.papers[name] = _better(search.papers.get(name), paper)
                    search.holders[name] = way.source
        except SourceError as error:
            log.info("looking up %d papers: %s", len(values), error)
            return error
        return None

    def _ways(self, kind: str) -> Iterator[_Way]:
        """In the order in which they are tried."""
        match kind:
            case "pmid":
                yield _Way("PubMed", "ncbi", self._pubmed)
                yield self._europepmc(number_term("MED", "{}"))
            case "pmcid":
                yield _Way("PMC", "ncbi", self._pmc)
                yield self._europepmc("PMCID:{}")
            case "doi":
                yield _Way("Europe PMC", "europepmc", self._dois_of_europepmc)
                yield _Way("PubMed", "ncbi", self._dois_of_pubmed)
                yield _Way("bioRxiv", "biorxiv", self._biorxiv, _BIORXIV)
            case "arxiv":
                yield _Way("arXiv", "arxiv", self._arxiv)
            case "europepmc":
                yield _Way("Europe PMC", "europepmc", self._numbers_of_europepmc)

    # -- NCBI

    def _pubmed(self, pmids: Sequence[str]) -> Iterator[Paper]:
        return self._held(pubmed.DATABASE, pmids)

    def _pmc(self, pmcids: Sequence[str]) -> Iterator[Paper]:
        return self._held(pmc.DATABASE, pmcids)

    def _dois_of_pubmed(self, dois: Sequence[str]) -> Iterator[Paper]:
        entrez = self._entrez(pubmed.DATABASE)
        for chunk in counting.chunks(dois, _DOIS):
            term = " OR ".join(f'"{doi}"[doi]' for doi in (d.replace('"', "") for d in chunk))
            listed = entrez.search(term, pubmed.DATABASE.fetch_size).ids
            yield from self._held(pubmed.DATABASE, listed)

    def _held(self, database: Database, ids: Sequence[str]) -> Iterator[Paper]:
        for page in self._entrez(database).held(ids):
            yield from understood(page.records, self._normalise)

    def _entrez(self, database: Database) -> Entrez:
        return Entrez(database, self._http, self._account, self._at.eutils)

    # -- the others

    def _europepmc(self, term: str) -> _Way:
        def ask(values: Sequence[str]) -> Iterator[Paper]:
            return self._europe.named([term.format(value) for value in values])

        return _Way("Europe PMC", "europepmc", ask)

    def _dois_of_europepmc(self, dois: Sequence[str]) -> Iterator[Paper]:
        return self._europe.named([doi_term(doi) for doi in dois])

    def _numbers_of_europepmc(self, numbers: Sequence[str]) -> Iterator[Paper]:
        parts = (number.partition("/") for number in numbers)
        return self._europe.named([number_term(source, key) for source, _, key in parts])

    def _arxiv(self, names: Sequence[str]) -> Iterator[Paper]:
        for chunk in counting.chunks(names, arxiv.IDS_PER_CALL):
            page = arxiv.by_id(self._http, self._at.arxiv, chunk)
            yield from understood(page.records, self._normalise)

    def _biorxiv(self, dois: Sequence[str]) -> Iterator[Paper]:
        """One by one; all versions come, and the newest counts."""
        for doi in dois:
            page = biorxiv.by_doi(self._http, self._at.biorxiv, biorxiv.server_of(doi), doi)
            newest = sorted(page.records, key=lambda record: int(record.version or 0))[-1:]
            yield from understood(newest, self._normalise)


def _named(paper: Paper, kind: str) -> str | None:
    """The paper's identifier of this kind."""
    return paper.source_id if kind == "europepmc" else getattr(paper.ids, kind)


def _better(known: Paper | None, paper: Paper) -> Paper:
    """The first that came, unless only the other has an abstract."""
    return paper if known is None or (paper.abstract and not known.abstract) else known

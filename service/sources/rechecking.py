"""Known papers asked for again at the sources that hold them, as records.

A name is an identifier behind its kind, as in `lookup`. Of each kind the source is asked that
tells most of what became of a paper: PubMed by PMID, Crossref by DOI (which registers what
publishers and Retraction Watch report), bioRxiv and medRxiv by theirs, all versions; arXiv by its
id; PMC where there is no PMID; and Europe PMC for what it alone numbers.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.errors import BadRequestError, NotFoundError, SourceError
from service.sources import (
    arxiv,
    biorxiv,
    counting,
    crossref_payload,
    europepmc,
    europepmc_payload,
    pmc,
    pubmed,
    replies,
)
from service.sources.europepmc_papers import EuropePmc, number_term
from service.sources.eutils import BASE, Account, Entrez

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from service.protocols import Http
    from service.records import Record
    from service.sources.eutils import Database

log = logging.getLogger(__name__)

CROSSREF = "https://api.crossref.org"
_BIORXIV = biorxiv.BASE_URL  # for medRxiv, too
_DOIS = 40  # in one request: addresses have a limit
_NUMBERS = 40
# bioRxiv's and medRxiv's; their publisher's journals have the same prefix, and no such numbers.
_RXIV = re.compile(r"10\.(?:1101|64898)/(?:\d{4}\.\d\d\.\d\d\.)?\d{5,8}")
# What changes from day to day without anything having become of the paper: a record with it would
# never be the same twice. Reference lists are left out for their size.
_RESTLESS = frozenset(
    {
        "citedByCount",
        "indexed",
        "is-referenced-by-count",
        "reference",
        "references-count",
        "reference-count",
        "score",
    }
)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the sources are asked; "" for one that is not."""

    eutils: str = BASE
    crossref: str = CROSSREF
    biorxiv: str = _BIORXIV
    medrxiv: str = _BIORXIV
    arxiv: str = arxiv.API_URL
    europepmc: str = europepmc.BASE


@dataclass(frozen=True, slots=True)
class Answer:
    """What one source said when asked for papers by these `names`; nothing where there is an
    `error`. A name that it does not hold brings no record."""

    source: str
    names: tuple[str, ...]
    records: tuple[Record, ...] = ()
    error: SourceError | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """Whom to ask for names of a kind that fit, how many at once, and how."""

    source: str
    kind: str
    size: int
    ask: Callable[[Sequence[str]], Iterable[Record]]
    fits: Callable[[str], bool]


class Rechecking:
    """Asks through the polite client; `email` is told to those who want one."""

    def __init__(self, http: Http, account: Account, places: Places | None = None) -> None:
        self._http = http
        self._account = account
        self._at = places or Places()

    def ask(self, names: Iterable[str]) -> Iterator[Answer]:
        """Ask for papers, a batch at a time. Raises nothing: what failed is in its answer, and a
        source that is down is not asked again."""
        wanted = sorted(set(names))
        for way in self._ways():
            prefix = f"{way.kind}:"
            own = [name.removeprefix(prefix) for name in wanted if name.startswith(prefix)]
            down: SourceError | None = None
            for chunk in counting.chunks([value for value in own if way.fits(value)], way.size):
                answer = self._answer(way, chunk, down)
                down = answer.error
                yield answer

    def _answer(self, way: _Way, values: Sequence[str], down: SourceError | None) -> Answer:
        names = tuple(f"{way.kind}:{value}" for value in values)
        if down is not None:
            return Answer(way.source, names, (), down)
        try:
            return Answer(way.source, names, tuple(_asked(way, values)))
        except SourceError as error:
            log.info("rechecking %d papers: %s", len(values), error)
            return Answer(way.source, names, (), error)

    def _ways(self) -> Iterator[_Way]:
        at = self._at
        if at.eutils:
            yield _Way("pubmed", "pmid", 200, self._entrez(pubmed.DATABASE), str.isdecimal)
            yield _Way("pmc", "pmcid", 50, self._entrez(pmc.DATABASE), _any)
        if at.biorxiv:
            yield _Way("biorxiv", "doi", 1, self._preprints(at.biorxiv, "biorxiv"), _of_biorxiv)
        if at.medrxiv:
            yield _Way("medrxiv", "doi", 1, self._preprints(at.medrxiv, "medrxiv"), _of_medrxiv)
        if at.crossref:
            yield _Way("crossref", "doi", _DOIS, self._crossref, _of_crossref)
        if at.arxiv:
            yield _Way("arxiv", "arxiv", arxiv.IDS_PER_CALL, self._arxiv, _any)
        if at.europepmc:
            yield _Way("europepmc", "europepmc", _NUMBERS, self._europepmc, _of_europepmc)

    def _entrez(self, database: Database) -> Callable[[Sequence[str]], Iterator[Record]]:
        def ask(ids: Sequence[str]) -> Iterator[Record]:
            entrez = Entrez(database, self._http, self._account, self._at.eutils)
            for page in entrez.held(ids):
                yield from page.records

        return ask

    def _preprints(self, base: str, server: str) -> Callable[[Sequence[str]], Iterator[Record]]:
        def ask(dois: Sequence[str]) -> Iterator[Record]:
            for doi in dois:
                yield from biorxiv.by_doi(self._http, base, server, doi).records

        return ask

    def _crossref(self, dois: Sequence[str]) -> Iterator[Record]:
        asked = {"filter": ",".join(f"doi:{doi}" for doi in dois), "rows": str(len(dois))}
        if self._account.email:
            asked["mailto"] = self._account.email
        url = self._at.crossref.rstrip("/") + "/works"
        page = self._http.fetch(
            url, read=lambda reply: crossref_payload.read(reply.body), params=asked
        )
        yield from map(_rested, page.records)

    def _arxiv(self, names: Sequence[str]) -> Iterator[Record]:
        yield from arxiv.by_id(self._http, self._at.arxiv, names).records

    def _europepmc(self, numbers: Sequence[str]) -> Iterator[Record]:
        parts = (number.partition("/") for number in numbers)
        terms = [number_term(source, key) for source, _, key in parts]
        service = EuropePmc(self._http, self._at.europepmc, self._account.email)
        yield from map(_rested, service.any_of(terms, europepmc_payload.read).records)


def _asked(way: _Way, values: Sequence[str]) -> list[Record]:
    """What a source holds of these. What it refuses to be asked is found by halves, and is none:
    one identifier that it cannot read must not cost the others theirs."""
    try:
        return list(way.ask(values))
    except (BadRequestError, NotFoundError) as error:
        if len(values) == 1:
            log.info("%s does not answer for %s: %s", way.source, values[0], error)
            return []
    middle = len(values) // 2
    return _asked(way, values[:middle]) + _asked(way, values[middle:])


def _rested(record: Record) -> Record:
    """The record without what is different each time that it is asked for."""
    value = json.loads(record.payload)
    kept = {name: each for name, each in value.items() if name not in _RESTLESS}
    return replace(record, payload=replies.compact(kept))


def _any(_value: str) -> bool:
    return True


def _of_biorxiv(doi: str) -> bool:
    return bool(_RXIV.fullmatch(doi)) and biorxiv.server_of(doi) == "biorxiv"


def _of_medrxiv(doi: str) -> bool:
    return bool(_RXIV.fullmatch(doi)) and biorxiv.server_of(doi) == "medrxiv"


def _of_crossref(doi: str) -> bool:
    """Not those whose own server is asked, nor arXiv's, which Crossref does not register. A comma
    would end the filter."""
    return not _RXIV.fullmatch(doi) and not doi.startswith("10.48550/") and "," not in doi


def _of_europepmc(number: str) -> bool:
    """What it has from PubMed and PMC is asked for there."""
    source, _, key = number.partition("/")
    return bool(key) and source not in ("MED", "PMC") and f"{source}{key}".isalnum()

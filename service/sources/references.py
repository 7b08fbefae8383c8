"""A seed's reference list, from whichever source holds it, with the abstracts of what it cites.

The ways are tried in the order of how much they tell: the article's full text in PMC, the links
of E-utilities, Europe PMC. Nothing is taken for an empty list: a way that has none, or fails, is
told in `notes`, and where all do, an error says why.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import IncompleteError, NotFoundError, Retry, SourceError
from service.records import Identifiers, Reference
from service.sources import europepmc, pubmed
from service.sources import references_payload as payload
from service.sources.cited import distinct, filled, merged, shared
from service.sources.europepmc_papers import (
    EuropePmcPapers,
    doi_term,
    number_term,
    understood,
)
from service.sources.eutils import BASE, Account, Entrez
from service.sources.references_payload import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from service.protocols import Http
    from service.records import Paper, Record
    from service.sources.references_payload import Identify

log = logging.getLogger(__name__)

FULL_TEXT = "PMC full text"
PMC_LINKS = "PMC links"
PUBMED_LINKS = "PubMed links"
EUROPEPMC = "Europe PMC"
_PAGE = 1_000  # the most that Europe PMC gives at once
_MOST_PAGES = 20
_REMEDY = "give the list as a file: litwatch topics references SLUG --file FILE"


@dataclass(frozen=True, slots=True)
class SeedReferences:
    """A reference list in its order, each paper once. `stated` is how many entries the source says
    it has (also those that are no papers); `notes` tell which ways were tried in vain."""

    source: str
    stated: int
    references: tuple[Reference, ...]
    notes: tuple[str, ...] = ()

    @property
    def with_abstract(self) -> int:
        """How many of the references have an abstract."""
        return sum(bool(reference.abstract) for reference in self.references)


class ReferenceLists:
    """Gets reference lists through the polite client.

    `identify` brings ids to their canonical form, `normalise` understands a record.
    """

    def __init__(
        self,
        http: Http,
        account: Account,
        identify: Identify,
        normalise: Callable[[Record], Paper],
        *,
        eutils: str = BASE,
        europe: str = europepmc.BASE,
    ) -> None:
        self._http = http
        self._account = account
        self._identify = identify
        self._normalise = normalise
        self._eutils = eutils
        self._europe = EuropePmcPapers(http, europe, account.email, normalise)

    def fetch(self, ids: Identifiers) -> SeedReferences:
        """The reference list of the paper with these ids, with abstracts where they are known.

        Raises `NotFoundError` when no source holds the list, and otherwise the `SourceError` that
        kept us from knowing. Nothing is half-fetched.
        """
        notes: list[str] = []
        ids = self._resolved(ids, notes)
        source, listing = self._listed(ids, notes)
        kept = distinct(listing.references, ids)
        return SeedReferences(source, listing.stated, self.complete(kept, notes), tuple(notes))

    def complete(self, references: Sequence[Reference], notes: list[str]) -> tuple[Reference, ...]:
        """The references with titles, abstracts, years and ids filled in, from PubMed by PMID,
        else from Europe PMC by DOI; what cannot be found there is told in `notes`.

        Raises `SourceError` when PubMed or Europe PMC cannot be asked.
        """
        bare = [r for r in references if not r.abstract]
        pmids = [r.ids.pmid for r in bare if r.ids.pmid]
        found = {p.ids.pmid: p for p in self._from_pubmed(pmids, notes)}
        done = [filled(r, found.get(r.ids.pmid)) if r.ids.pmid else r for r in references]
        dois = [r.ids.doi for r in done if r.ids.doi and not r.ids.pmid and not r.abstract]
        terms = [doi_term(doi) for doi in dict.fromkeys(dois)]
        more = {p.ids.doi: p for p in self._europe.named(terms)}
        done = [filled(r, more.get(r.ids.doi)) if r.ids.doi in dois else r for r in done]
        return tuple(r for r in distinct(done) if r.title)

    # -- lists

    def _listed(self, ids: Identifiers, notes: list[str]) -> tuple[str, Listing]:
        """The first list that holds something. A host that could not be asked is not asked again
        in another way."""
        down: dict[str, SourceError] = {}
        for source, host, ask in self._ways(ids):
            if host in down:
                continue
            try:
                listing = ask()
            except SourceError as error:
                notes.append(f"{source}: {error.cause}")
                log.info("references from %s: %s", source, error)
                if error.retry is not Retry.NEVER:
                    down[host] = error
                continue
            if listing.references:
                return source, listing
            notes.append(f"{source}: {_emptiness(listing)}")
        thing = f"the references of {_name(ids)}"
        tried = "; ".join(notes) or "it has no DOI, PMID or PMCID"
        if down:
            failed = type(next(iter(down.values())))
            raise failed(thing, tried, f"check the network and try again, or {_REMEDY}")
        raise NotFoundError(thing, f"no source holds them ({tried})", _REMEDY)

    def _ways(self, ids: Identifiers) -> Iterator[tuple[str, str, Callable[[], Listing]]]:
        """(what it is called, whom it asks, how)."""
        pmid, pmcid = ids.pmid or "", ids.pmcid or ""
        if pmcid:
            yield FULL_TEXT, "ncbi", lambda: self._full_text(pmcid)
            yield PMC_LINKS, "ncbi", lambda: self._linked("pmc", "pmc_refs_pubmed", pmcid[3:])
        if pmid:
            yield PUBMED_LINKS, "ncbi", lambda: self._linked("pubmed", "pubmed_pubmed_refs", pmid)
            yield EUROPEPMC, "europepmc", lambda: self._paged(f"MED/{pmid}")
        elif pmcid:
            yield EUROPEPMC, "europepmc", lambda: self._paged(f"PMC/{pmcid}")

    def _full_text(self, pmcid: str) -> Listing:
        asked = {"db": "pmc", "id": pmcid[3:], "retmode": "xml", **self._account.params()}
        return self._http.fetch(
            f"{self._eutils}efetch.fcgi",
            read=lambda reply: payload.jats(reply.body, self._identify),
            params=asked,
        )

    def _linked(self, origin: str, name: str, number: str) -> Listing:
        asked = {"dbfrom": origin, "db": "pubmed", "linkname": name, "id": number}
        ids = self._http.fetch(
            f"{self._eutils}elink.fcgi",
            read=lambda reply: payload.links(reply.body, name, number),
            params={**asked, "retmode": "xml", **self._account.params()},
        )
        cited = tuple(Reference("", Identifiers(pmid=each)) for each in ids)
        return Listing(cited, len(cited))

    def _paged(self, name: str) -> Listing:
        """All pages of one of Europe PMC's lists."""
        found: list[Reference] = []
        for number in range(1, _MOST_PAGES + 1):
            page = self._page(name, number, len(found))
            found += page.references
            if len(found) >= page.stated:
                return Listing(tuple(found), page.stated)
        raise IncompleteError(EUROPEPMC, f"no end of the list after {_MOST_PAGES} pages")

    def _page(self, name: str, number: int, seen: int) -> Listing:
        def read(body: bytes) -> Listing:
            page = payload.europepmc(body, self._identify)
            if page.stated > seen and not page.references:
                cause = f"{page.stated:,} references are stated, page {number} gives none"
                raise IncompleteError(EUROPEPMC, cause)
            return page

        asked = {"page": str(number), "pageSize": str(_PAGE), "format": "json"}
        return self._europe.asked(f"{name}/references", asked, read)

    # -- papers

    def _resolved(self, ids: Identifiers, notes: list[str]) -> Identifiers:
        """The ids with PMCID and PMID, if Europe PMC knows them for the DOI or the PMID."""
        if ids.pmcid or not (ids.doi or ids.pmid):
            return ids
        asked = doi_term(ids.doi) if ids.doi else number_term("MED", ids.pmid or "")
        try:
            found = self._europe.searched(asked)
        except SourceError as error:
            notes.append(f"{EUROPEPMC}: {error.cause}")
            return ids
        same = (p.ids for p in found if shared(p.ids, ids))
        return merged(ids, next(same, Identifiers()))

    def _from_pubmed(self, pmids: Sequence[str], notes: list[str]) -> list[Paper]:
        gone: list[str] = []
        entrez = Entrez(pubmed.DATABASE, self._http, self._account, self._eutils)
        pages = entrez.fetch(list(dict.fromkeys(pmids)), gone)
        found = [p for page in pages for p in understood(page.records, self._normalise)]
        if gone:
            notes.append(f"PubMed does not hold {', '.join(gone[:5])}{_more(len(gone) - 5)}")
        return found


def _emptiness(listing: Listing) -> str:
    if listing.stated:
        return f"none of {listing.stated} entries has a title or an id"
    return "no reference list"


def _name(ids: Identifiers) -> str:
    return ids.pmcid or ids.doi or (f"PMID {ids.pmid}" if ids.pmid else "a seed without ids")


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""

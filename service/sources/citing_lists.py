"""Who cites a paper, by the services that keep such lists: Europe PMC, PubMed, OpenAlex.

Each list is asked for whole: none says since when an entry stands in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from service.errors import IncompleteError, NotFoundError
from service.sources import counting, openalex_payload, pubmed, replies
from service.sources import references_payload as payload
from service.sources.cited import shared
from service.sources.citing_payload import Citers, citations
from service.sources.europepmc_papers import doi_term
from service.sources.eutils import Entrez

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.protocols import Http
    from service.records import Identifiers, Page, Record
    from service.sources.europepmc_papers import EuropePmcPapers
    from service.sources.eutils import Account

OPENALEX = "https://api.openalex.org/"
_PAGE = 1_000  # the most that Europe PMC gives at once
_WORKS = 100  # likewise OpenAlex
_MOST_PAGES = 100
_TOLERATED = 0.005  # of what is stated: Europe PMC counts what it no longer gives


@dataclass(frozen=True, slots=True)
class Listed:
    """A list, whole unless `gap` says what is missing. `names` are as in `citing_payload`, each
    once; `seen` counts all entries; `records` are those that came with it, by name."""

    names: tuple[str, ...] = ()
    seen: int = 0
    stated: int | None = None
    gap: str | None = None
    warnings: tuple[str, ...] = ()
    records: Mapping[str, Record] = field(default_factory=dict)


class CitationList(Protocol):
    """A service that knows who cites a paper."""

    @property
    def name(self) -> str: ...

    def listed(self, ids: Identifiers) -> Listed:
        """The papers that cite the one with these ids; none where the service does not know it.
        Raises `SourceError`."""
        ...


def _unknown(name: str) -> Listed:
    return Listed(stated=0, warnings=(f"{name} does not hold the paper",))


@dataclass(frozen=True, slots=True)
class EuropePmcCitations:
    """Europe PMC's lists: of all that it holds, preprints too. One request a thousand entries, and
    one more for a paper without a PMID."""

    papers: EuropePmcPapers
    name: str = "Europe PMC"

    def listed(self, ids: Identifiers) -> Listed:
        """See `CitationList.listed`. A small shortfall is believed when it comes twice."""
        place = f"MED/{ids.pmid}" if ids.pmid else self._place(ids)
        if not place:
            return _unknown(self.name)
        found = self._walked(place)
        gap = counting.shortfall(found.stated, found.given)
        again = self._walked(place) if gap else found
        if gap and again.given >= again.stated:
            found, gap = again, None
        warnings: tuple[str, ...] = ()
        few = found.stated - found.given <= max(1.0, _TOLERATED * found.stated)
        if gap and few and found == again:
            gap, warnings = None, (f"{gap}, twice the same: the service over-counts",)
        return Listed(found.names, found.given, found.stated, gap, warnings)

    def _place(self, ids: Identifiers) -> str:
        """What Europe PMC numbers the paper by."""
        term = f"PMCID:{ids.pmcid}" if ids.pmcid else doi_term(ids.doi or "")
        found = (p.source_id for p in self.papers.searched(term) if shared(p.ids, ids))
        return next(found, f"PMC/{ids.pmcid}" if ids.pmcid else "")

    def _walked(self, place: str) -> Citers:
        names: dict[str, None] = {}
        given = 0
        for number in range(1, _MOST_PAGES + 1):
            page = self._page(place, number, given)
            names |= dict.fromkeys(page.names)
            given += page.given
            if given >= page.stated or not page.given:
                return Citers(tuple(names), given, page.stated)
        raise IncompleteError(self.name, f"no end of the list after {_MOST_PAGES} pages")

    def _page(self, place: str, number: int, seen: int) -> Citers:
        def read(body: bytes) -> Citers:
            page = citations(body)
            if page.stated and not page.given and not seen:
                cause = f"{page.stated:,} citations are stated, none is given"
                raise IncompleteError(self.name, cause)
            return page

        asked = {"page": str(number), "pageSize": str(_PAGE), "format": "json"}
        source, _, key = place.partition("/")
        return self.papers.asked(f"{quote(source)}/{quote(key, safe='')}/citations", asked, read)


@dataclass(frozen=True, slots=True)
class PubMedCitations:
    """PubMed's lists of what cites one of its papers: no count is stated, a reply is whole. One
    request a paper, and one more for a paper without a PMID."""

    http: Http
    account: Account
    base: str
    name: str = "PubMed"

    def listed(self, ids: Identifiers) -> Listed:
        """See `CitationList.listed`."""
        pmid = ids.pmid or self._pmid(ids)
        if not pmid:
            return _unknown(self.name)
        found = self._links("pubmed", "pubmed_pubmed_citedin", pmid)
        return Listed(tuple(f"pmid:{each}" for each in found), len(found))

    def _pmid(self, ids: Identifiers) -> str:
        if ids.pmcid:
            found = self._links("pmc", "pmc_pubmed", ids.pmcid.removeprefix("PMC"))
            if len(found) == 1:
                return found[0]
        if not ids.doi:
            return ""
        bare = ids.doi.replace('"', "")
        entrez = Entrez(pubmed.DATABASE, self.http, self.account, self.base)
        page = entrez.search(f'"{bare}"[doi]', 2)
        # A DOI that PubMed does not know may be left out of the search, which then finds anything.
        return page.ids[0] if page.stated == 1 and not page.warnings else ""

    def _links(self, origin: str, name: str, number: str) -> tuple[str, ...]:
        asked = {"dbfrom": origin, "db": "pubmed", "linkname": name, "id": number}
        return self.http.fetch(
            f"{self.base}elink.fcgi",
            read=lambda reply: payload.links(reply.body, name, number),
            params={**asked, "retmode": "xml", **self.account.params()},
        )


@dataclass(frozen=True, slots=True)
class OpenAlexCitations:
    """OpenAlex's lists, with the records of what cites: one request a hundred of them, and one for
    the paper itself. A key is needed."""

    http: Http
    api_key: str = field(repr=False)
    base: str = OPENALEX
    name: str = "OpenAlex"

    def listed(self, ids: Identifiers) -> Listed:
        """See `CitationList.listed`."""
        try:
            number = self._number(ids)
        except NotFoundError:
            return _unknown(self.name)
        records: dict[str, Record] = {}
        cursor, stated, seen = "*", 0, 0
        for _ in range(_MOST_PAGES):
            asked = {"filter": f"cites:{number}", "per_page": str(_WORKS), "cursor": cursor}
            page = self._asked("works", asked)
            if page.stated is None:
                raise IncompleteError(self.name, "the reply states no count")
            stated, seen = page.stated, seen + len(page.records)
            records |= {name_of_work(record): record for record in page.records}
            if page.next is None or not page.records:
                gap = counting.shortfall(stated, seen)
                return Listed(tuple(records), seen, stated, gap, page.warnings, records)
            cursor = page.next
        raise IncompleteError(self.name, f"no end of the list after {_MOST_PAGES} pages")

    def _number(self, ids: Identifiers) -> str:
        name = f"pmid:{ids.pmid}" if ids.pmid else f"doi:{ids.doi}" if ids.doi else ""
        if not name:
            raise NotFoundError(self.name, "it is asked for papers by DOI or PMID only")
        page = self._asked(f"works/{quote(name, safe=':/')}", {"select": "id"})
        if len(page.records) != 1:
            raise IncompleteError(self.name, f"{len(page.records)} works came for {name}")
        return page.records[0].source_id

    def _asked(self, path: str, asked: dict[str, str]) -> Page:
        return self.http.fetch(
            self.base + path,
            read=lambda reply: openalex_payload.read(reply.body),
            params=asked | {"api_key": self.api_key},
        )


def name_of_work(record: Record) -> str:
    """What a work of OpenAlex is called: by its PMID, else its DOI, else its number."""
    work = replies.json_value("OpenAlex", record.payload)
    ids = work.get("ids") if isinstance(work, dict) else None
    told = {key: str(value) for key, value in ids.items()} if isinstance(ids, dict) else {}
    pmid = told.get("pmid", "").rstrip("/").rpartition("/")[2]
    if pmid.isascii() and pmid.isdigit():
        return f"pmid:{pmid}"
    _, _, doi = told.get("doi", "").partition("doi.org/")
    return f"doi:{doi.lower()}" if doi else f"openalex:{record.source_id}"

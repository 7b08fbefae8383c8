"""Who cites a paper, as Europe PMC, PubMed and OpenAlex tell it, with the papers' own records."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tests import cited_payloads as made
from tests.fakes_http import FakeHttp, FakeReply, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = "40000001"
TEXT = "Sea urchins count their spines by night, in deep water."


@dataclass(frozen=True)
class Citer:
    """A paper that cites the seed: one of PubMed's, or a preprint that Europe PMC numbers."""

    number: str
    published: str = "2026-11-10"
    entered: str = "2026-11-12"
    title: str = ""
    listed: str = "both"  # "europepmc", "pubmed" or "both"
    gone: bool = False  # no source gives its record

    @property
    def preprint(self) -> bool:
        return self.number.startswith("PPR")

    @property
    def name(self) -> str:
        """Its title."""
        return self.title or f"Spines of sea urchins, as counted in year {self.number}"


@dataclass
class Library:
    """The services in one. `down` names those that fail ("europepmc", "ncbi", "openalex"); `extra`
    is what Europe PMC's count says too much; `pages` is how many entries it gives at once."""

    citers: list[Citer] = field(default_factory=list)
    works: list[dict[str, Any]] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    extra: int = 0
    most: int = 1_000
    lacking: bool = False  # PubMed has no record
    written: dict[str, str] = field(default_factory=dict)  # authors (XML) by PMID, for searches
    asked: list[str] = field(default_factory=list)

    def http(self) -> FakeHttp:
        return FakeHttp(self, tries=2)

    def __call__(self, request: Request) -> FakeReply | bytes:
        host = next((h for h in ("europepmc", "openalex") if h in request.url), "ncbi")
        path = urlsplit(request.url).path
        self.asked.append(f"{host} {path.rpartition('/')[2]}")
        if host in self.down:
            return FakeReply(b"we are closed", 500)
        if host == "openalex":
            return self._openalex(path, request)
        return self._europepmc(path, request) if host == "europepmc" else self._ncbi(request)

    def _listed(self, service: str) -> list[Citer]:
        return [citer for citer in self.citers if citer.listed in (service, "both")]

    def _europepmc(self, path: str, request: Request) -> bytes:
        told = request.params
        if path.endswith("/citations"):
            listed = self._listed("europepmc") if f"/MED/{SEED}/" in path else []
            return citations(listed, told, self.extra, self.most)
        if "DATE:" in told["query"]:  # a walk of days; of all that came on them, 900
            value = {"hitCount": 0 if "AUTH" in told["query"] else 900}
            asked = {"request": {"queryString": told["query"]}, "resultList": {"result": []}}
            return json.dumps(value | asked).encode()
        ids = re.findall(r'EXT_ID:"?(\w+)"? AND SRC:(\w+)', told["query"])
        held = {citer.number: citer for citer in self.citers if not citer.gone}
        found = [result(held[number], source) for number, source in ids if number in held]
        if f"PMCID:PMC{SEED}" in told["query"] or "10.5555/seed" in told["query"]:
            found = [{**result(Citer(SEED, title="The seed itself"), "MED"), "doi": "10.5555/seed"}]
        return made.found(*found)

    def _ncbi(self, request: Request) -> bytes:
        told = request.params
        if request.url.endswith("elink.fcgi"):
            asked = (told["id"], told["linkname"])
            known = self._listed("pubmed") if asked == (SEED, "pubmed_pubmed_citedin") else []
            ids = [c.number for c in known if not c.preprint]
            return made.elink(told["id"], told["linkname"], ids, told["dbfrom"])
        if request.url.endswith("esearch.fcgi"):
            known = [SEED] if '"10.5555/seed"[doi]' in told["term"] else []
            known = [*self.written] if "[au]" in told["term"] or "[auid]" in told["term"] else known
            counts = {"count": str(len(known)), "retmax": str(len(known)), "retstart": "0"}
            return json.dumps({"esearchresult": {**counts, "idlist": known}}).encode()
        wanted = told["id"].split(",")
        if self.written:
            inside = "".join(article(Citer(each), self.written[each]) for each in wanted)
            return f"<PubmedArticleSet>{inside}</PubmedArticleSet>".encode()
        held = [c for c in self.citers if c.number in wanted and not c.gone]
        return pubmed([] if self.lacking else held)

    def _openalex(self, path: str, request: Request) -> FakeReply | bytes:
        assert request.params["api_key"] == "k"
        if "/works/" in path:
            if unquote(path.rpartition("/works/")[2]) != f"pmid:{SEED}":
                return FakeReply(b'{"error":"Not Found","message":"no such work"}', 404)
            return json.dumps({"id": "https://openalex.org/W1"}).encode()
        assert request.params["filter"] == "cites:W1"
        start = 0 if request.params["cursor"] == "*" else int(request.params["cursor"])
        page = self.works[start : start + 2]
        more = start + 2 if start + 2 < len(self.works) else None
        meta = {"count": len(self.works), "next_cursor": None if more is None else str(more)}
        return json.dumps({"meta": meta, "results": page}).encode()


def citations(
    citers: Sequence[Citer], told: dict[str, str] | Any, extra: int = 0, most: int = 1_000
) -> bytes:
    """A page of Europe PMC's list."""
    size = min(int(told["pageSize"]), most)
    start = (int(told["page"]) - 1) * size
    value: dict[str, Any] = {
        "version": "6.9",
        "hitCount": len(citers) + extra,
        "request": {"id": SEED, "source": "MED", "offSet": start, "pageSize": size},
    }
    if citers:
        entries = [entry(citer) for citer in citers[start : start + size]]
        value["citationList"] = {"citation": entries}
    return json.dumps(value).encode()


def entry(citer: Citer) -> dict[str, Any]:
    """An entry of that list."""
    return {
        "id": citer.number,
        "source": "PPR" if citer.preprint else "MED",
        "citationType": "preprint" if citer.preprint else "journal article",
        "title": citer.name,
        "authorString": "Okafor C.",
        "pubYear": int(citer.published[:4]),
        "citedByCount": 0,
    }


def result(citer: Citer, source: str) -> dict[str, Any]:
    """What a search of Europe PMC gives of a paper."""
    found: dict[str, Any] = {
        "id": citer.number,
        "source": source,
        "doi": f"10.5555/{citer.number.lower()}",
        "title": citer.name,
        "authorString": "Okafor C.",
        "abstractText": TEXT,
        "firstPublicationDate": citer.published,
        "firstIndexDate": citer.entered,
        "pubTypeList": {"pubType": ["Preprint" if citer.preprint else "Journal Article"]},
    }
    return found | ({"pmid": citer.number} if source == "MED" else {})


def pubmed(citers: Sequence[Citer]) -> bytes:
    """An efetch reply of PubMed."""
    inside = "\n".join(map(article, citers))
    return f'<?xml version="1.0" ?>\n<PubmedArticleSet>\n{inside}\n</PubmedArticleSet>'.encode()


def article(citer: Citer, authors: str = "") -> str:
    """One record of PubMed; `authors` is XML."""
    year, month, day = citer.published.split("-")
    entered = citer.entered.split("-")
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{citer.number}</PMID>'
        f"<Article><Journal><JournalIssue><PubDate><Year>{year}</Year></PubDate></JournalIssue>"
        f"<Title>Journal of Tests</Title></Journal><ArticleTitle>{citer.name}</ArticleTitle>"
        f"<Abstract><AbstractText>{TEXT}</AbstractText></Abstract>"
        f"{f'<AuthorList>{authors}</AuthorList>' if authors else ''}"
        f'<ArticleDate DateType="Electronic"><Year>{year}</Year><Month>{month}</Month>'
        f"<Day>{day}</Day></ArticleDate></Article></MedlineCitation><PubmedData><History>"
        f'<PubMedPubDate PubStatus="entrez"><Year>{entered[0]}</Year><Month>{entered[1]}</Month>'
        f"<Day>{entered[2]}</Day></PubMedPubDate></History><ArticleIdList>"
        f'<ArticleId IdType="pubmed">{citer.number}</ArticleId>'
        f'<ArticleId IdType="doi">10.5555/{citer.number}</ArticleId>'
        "</ArticleIdList></PubmedData></PubmedArticle>"
    )


def author(family: str, given: str, orcid: str = "", *affiliations: str) -> str:
    """An author of a record of PubMed."""
    told = f'<Identifier Source="ORCID">{orcid}</Identifier>' if orcid else ""
    places = "".join(
        f"<AffiliationInfo><Affiliation>{place}</Affiliation></AffiliationInfo>"
        for place in affiliations
    )
    return (
        f'<Author ValidYN="Y"><LastName>{family}</LastName><ForeName>{given}</ForeName>'
        f"<Initials>{given[:1]}</Initials>{told}{places}</Author>"
    )

"""The sources of single papers in one: each answers for the papers it holds as the real one does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.cited_payloads import element_citation, elink
from tests.fakes_http import FakeHttp, FakeReply, Request

if TYPE_CHECKING:
    from collections.abc import Iterable

ABSTRACT = "Herons stand in the reed and wait for fish that pass."


@dataclass(frozen=True)
class Held:
    """A paper; its ids say which sources hold it. What it `cites` are titles."""

    title: str
    pmid: str = ""
    pmcid: str = ""
    doi: str = ""
    arxiv: str = ""
    ppr: str = ""
    biorxiv: bool = False
    review: bool = False
    abstract: str = ABSTRACT
    cites: tuple[str, ...] = ()


@dataclass
class PaperSources:
    """Answers as NCBI, Europe PMC, arXiv and bioRxiv do. `down` names hosts ("ncbi", "europepmc",
    "arxiv", "biorxiv") that fail, `lacking` sources ("pubmed", "pmc", "europepmc") with nothing."""

    papers: tuple[Held, ...] = ()
    down: set[str] = field(default_factory=set)
    lacking: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def http(self) -> FakeHttp:
        return FakeHttp(self, tries=2)

    def __call__(self, request: Request) -> FakeReply | bytes:
        address = urlsplit(request.url)
        host = next(
            (name for name in ("europepmc", "arxiv", "biorxiv") if name in request.url), "ncbi"
        )
        self.asked.append(host)
        if host in self.down:
            return FakeReply(b"we are closed", 500)
        if host == "europepmc":
            return self._europepmc(address.path, request)
        if host == "arxiv":
            return self._arxiv(request)
        return self._biorxiv(address.path) if host == "biorxiv" else self._ncbi(request)

    def _ncbi(self, request: Request) -> bytes:
        told = request.params
        if request.url.endswith("elink.fcgi"):
            return elink(told["id"], told["linkname"], [], told["dbfrom"])
        if request.url.endswith("esearch.fcgi"):
            dois = re.findall(r'"([^"]+)"\[doi\]', told["term"])
            found = [p.pmid for p in self._in("pubmed") if p.doi in dois and p.pmid]
            counts = {"count": str(len(found)), "retmax": str(len(found)), "retstart": "0"}
            result = {**counts, "idlist": found, "querytranslation": told["term"]}
            return json.dumps({"esearchresult": result}).encode()
        wanted = told["id"].split(",")
        if told["db"] == "pubmed":
            return _pubmed(p for p in self._in("pubmed") if p.pmid in wanted)
        return _pmc(p for p in self._in("pmc") if p.pmcid and p.pmcid[3:] in wanted)

    def _europepmc(self, path: str, request: Request) -> bytes:
        if path.endswith("/references"):
            return json.dumps({"version": "6.9", "hitCount": 0}).encode()
        asked = set(re.findall(r'(?:EXT_ID|PMCID|DOI):"?([^\s")]+)', request.params["query"]))
        rows = [
            _row(paper)
            for paper in self._in("europepmc")
            if asked & {paper.pmid, paper.pmcid, paper.doi, paper.ppr} - {""}
        ]
        value = {"version": "6.9", "hitCount": len(rows), "resultList": {"result": rows}}
        return json.dumps(value).encode()

    def _arxiv(self, request: Request) -> bytes:
        wanted = request.params["id_list"].split(",")
        found = [paper for paper in self.papers if paper.arxiv in wanted]
        entries = "".join(
            f"<entry><id>http://arxiv.org/abs/{p.arxiv}v1</id><title>{escape(p.title)}</title>"
            "<updated>2026-11-13T11:20:31Z</updated><published>2026-11-13T11:20:31Z</published>"
            f"<summary>{escape(p.abstract)}</summary><author><name>Ane Berg</name></author></entry>"
            for p in found
        )
        return (
            "<?xml version='1.0' encoding='UTF-8'?>"
            '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" '
            'xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/api/x</id>'
            f"<opensearch:totalResults>{len(found)}</opensearch:totalResults>{entries}</feed>"
        ).encode()

    def _biorxiv(self, path: str) -> bytes:
        rows = [
            {
                "title": f"{paper.title}, version {version}",
                "authors": "Berg, A.; Lind, O.",
                "doi": paper.doi,
                "date": f"2026-11-0{version}",
                "version": str(version),
                "abstract": paper.abstract,
                "server": "bioRxiv",
                "published": "NA",
            }
            for paper in self.papers
            if paper.biorxiv and f"/{paper.doi}/na/json" in path
            for version in (1, 2)
        ]
        said = "ok" if rows else "no posts found"
        return json.dumps({"messages": [{"status": said}], "collection": rows}).encode()

    def _in(self, source: str) -> tuple[Held, ...]:
        return () if source in self.lacking else self.papers


def _row(paper: Held) -> dict[str, object]:
    """A result of Europe PMC."""
    kind = "Review" if paper.review else "Preprint" if paper.ppr else "Journal Article"
    ids = {"pmid": paper.pmid, "pmcid": paper.pmcid, "doi": paper.doi}
    return {
        "id": paper.ppr or paper.pmid or paper.pmcid,
        "source": "PPR" if paper.ppr else "MED" if paper.pmid else "PMC",
        **{name: value for name, value in ids.items() if value},
        "title": paper.title,
        "abstractText": paper.abstract,
        "pubTypeList": {"pubType": [kind]},
        "firstPublicationDate": "2026-11-02",
    }


def _pubmed(papers: Iterable[Held]) -> bytes:
    """An efetch reply of PubMed."""
    told = {"pubmed": "pmid", "doi": "doi", "pmc": "pmcid"}
    inside = "".join(
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{p.pmid}</PMID>'
        "<Article><Journal><JournalIssue><PubDate><Year>2026</Year></PubDate></JournalIssue>"
        f"<Title>Wading Letters</Title></Journal><ArticleTitle>{escape(p.title)}</ArticleTitle>"
        f"<Abstract><AbstractText>{escape(p.abstract)}</AbstractText></Abstract>"
        "<AuthorList><Author><LastName>Berg</LastName><ForeName>Ane</ForeName></Author>"
        "</AuthorList><PublicationTypeList><PublicationType>"
        f"{'Review' if p.review else 'Journal Article'}</PublicationType></PublicationTypeList>"
        "</Article></MedlineCitation><PubmedData><ArticleIdList>"
        + "".join(
            f'<ArticleId IdType="{kind}">{value}</ArticleId>'
            for kind, name in told.items()
            if (value := getattr(p, name))
        )
        + "</ArticleIdList></PubmedData></PubmedArticle>"
        for p in papers
    )
    return f'<?xml version="1.0" ?>\n<PubmedArticleSet>{inside}</PubmedArticleSet>'.encode()


def _pmc(papers: Iterable[Held]) -> bytes:
    """An efetch reply of PMC, with reference lists."""
    inside = "".join(
        f'<article article-type="{"review-article" if p.review else "research-article"}">'
        "<front><article-meta>"
        f'<article-id pub-id-type="pmcid">{p.pmcid}</article-id>'
        + (f'<article-id pub-id-type="pmid">{p.pmid}</article-id>' if p.pmid else "")
        + (f'<article-id pub-id-type="doi">{p.doi}</article-id>' if p.doi else "")
        + f"<title-group><article-title>{escape(p.title)}</article-title></title-group>"
        f"<abstract><p>{escape(p.abstract)}</p></abstract></article-meta></front>"
        "<body><p>Text.</p></body><back><ref-list>"
        + "".join(f"<ref>{element_citation(title)}</ref>" for title in p.cites)
        + "</ref-list></back></article>"
        for p in papers
    )
    return f'<?xml version="1.0" ?><pmc-articleset>{inside}</pmc-articleset>'.encode()

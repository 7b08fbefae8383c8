"""Papers by their identifiers: from which source, in how many requests, and what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.errors import NotFoundError, ParseError, TransientError
from service.normalisation import normalise
from service.records import Kind, Paper, Record
from service.sources.eutils import Account
from service.sources.lookup import LookedUp, Lookup
from tests.fakes_papers import Held, PaperSources

if TYPE_CHECKING:
    from tests.fakes_http import FakeHttp, Request

REED = Held(
    "Herons in reed", pmid="38000001", pmcid="PMC7000001", doi="10.5555/heron.1", review=True
)
CHICKS = Held("Chicks in spring", pmid="38000002", doi="10.5555/chick.3")
DEPOSITED = Held("Feathers", pmcid="PMC7000003")
PREPRINT = Held("Eggs", doi="10.5555/egg.4", ppr="PPR900001")
ABSTRACTS = Held("Nests as graphs", arxiv="2601.00001")
NEW = Held("Moults", doi="10.1101/2026.01.02.123456", biorxiv=True)
PAPERS = (REED, CHICKS, DEPOSITED, PREPRINT, ABSTRACTS, NEW)
ACCOUNT = Account(email="lab@example.org", api_key="k3y")


def asked(sources: PaperSources, *names: str) -> tuple[LookedUp, FakeHttp]:
    http = sources.http()
    return Lookup(http, ACCOUNT, normalise).find(names), http


@pytest.mark.parametrize(
    ("name", "title", "holder", "requests"),
    [
        ("pmid:38000001", "Herons in reed", "PubMed", ["ncbi"]),
        ("pmcid:PMC7000001", "Herons in reed", "PMC", ["ncbi"]),
        ("pmcid:PMC7000003", "Feathers", "PMC", ["ncbi"]),
        ("doi:10.5555/heron.1", "Herons in reed", "Europe PMC", ["europepmc"]),
        ("doi:10.5555/egg.4", "Eggs", "Europe PMC", ["europepmc"]),
        ("europepmc:PPR/PPR900001", "Eggs", "Europe PMC", ["europepmc"]),
        ("arxiv:2601.00001", "Nests as graphs", "arXiv", ["arxiv"]),
        (
            "doi:10.1101/2026.01.02.123456",
            "Moults, version 2",
            "bioRxiv",
            ["europepmc", "ncbi", "biorxiv"],
        ),
    ],
)
def test_each_kind_of_identifier_has_its_source(
    name: str, title: str, holder: str, requests: list[str]
) -> None:
    sources = PaperSources(PAPERS)
    found, _ = asked(sources, name)
    assert (found.papers[name].title, found.holders[name]) == (title, holder)
    assert found.papers[name].abstract
    assert not found.missing
    assert sources.asked == requests


def test_a_paper_says_that_it_is_a_review() -> None:
    names = ("pmid:38000001", "pmcid:PMC7000001", "doi:10.5555/heron.1", "pmid:38000002")
    found, _ = asked(PaperSources(PAPERS), *names)
    assert [found.papers[name].kind for name in names] == [*[Kind.REVIEW] * 3, Kind.ARTICLE]


def test_many_papers_are_asked_for_in_one_request_a_source() -> None:
    many = tuple(Held(f"Paper {n}", pmid=str(39_000_000 + n)) for n in range(150))
    more = tuple(Held(f"Other {n}", doi=f"10.5555/x.{n}", ppr=f"PPR{n + 1}") for n in range(30))
    sources = PaperSources((*many, *more))
    names = [f"pmid:{p.pmid}" for p in many] + [f"doi:{p.doi}" for p in more]
    found, _ = asked(sources, *names)
    assert len(found.papers) == 180
    assert sorted(sources.asked) == ["europepmc", "ncbi"]


def test_a_doi_that_europe_pmc_does_not_hold_is_looked_for_in_pubmed() -> None:
    sources = PaperSources(PAPERS, lacking={"europepmc"})
    found, http = asked(sources, "doi:10.5555/chick.3")
    assert found.holders == {"doi:10.5555/chick.3": "PubMed"}
    assert [r.url.rpartition("/")[2] for r in http.requests] == [
        "search",
        "esearch.fcgi",
        "efetch.fcgi",
    ]


def test_what_nobody_holds_is_told_with_who_was_asked() -> None:
    names = ("pmid:1", "pmid:2", "pmcid:PMC3", "doi:10.5555/4", "arxiv:2601.00005")
    found, http = asked(PaperSources(PAPERS), *names, "europepmc:PPR/PPR6")
    assert not found.papers
    assert {name: list(told) for name, told in found.missing.items()} == {
        "pmid:1": ["PubMed", "Europe PMC"],
        "pmid:2": ["PubMed", "Europe PMC"],
        "pmcid:PMC3": ["PMC", "Europe PMC"],
        "doi:10.5555/4": ["Europe PMC", "PubMed"],
        "arxiv:2601.00005": ["arXiv"],
        "europepmc:PPR/PPR6": ["Europe PMC"],
    }
    assert all(fault is None for told in found.missing.values() for fault in told.values())
    assert len(http.requests) == 8  # and an empty reply is not asked for again


def test_biorxiv_is_asked_for_what_may_be_its_own() -> None:
    sources = PaperSources(PAPERS)
    found, http = asked(sources, "doi:10.64898/2026.01.02.26123456")
    assert "bioRxiv" in found.missing["doi:10.64898/2026.01.02.26123456"]
    assert "/details/medrxiv/10.64898/2026.01.02.26123456/na/json" in http.requests[-1].url
    asked(sources, "doi:10.1101/x?y#z")
    assert sources.asked[3:] == ["europepmc", "ncbi"]


def test_another_source_stands_in_for_one_that_is_down() -> None:
    found, _ = asked(PaperSources(PAPERS, down={"ncbi"}), "pmid:38000001", "pmcid:PMC7000001")
    assert set(found.holders.values()) == {"Europe PMC"}
    assert not found.missing


def test_a_source_that_is_down_is_told_and_not_asked_in_another_way() -> None:
    sources = PaperSources(PAPERS, down={"ncbi"})
    found, _ = asked(sources, "pmid:1", "pmcid:PMC3", "doi:10.5555/4")
    told = found.missing["pmcid:PMC3"]
    assert isinstance(told["PMC"], TransientError)
    assert told["Europe PMC"] is None
    assert isinstance(found.missing["doi:10.5555/4"]["PubMed"], TransientError)
    assert sources.asked.count("ncbi") == 2  # one request, tried twice


def test_what_was_found_stays_when_another_source_is_down() -> None:
    found, _ = asked(PaperSources(PAPERS, down={"arxiv"}), "pmid:38000001", "arxiv:2601.00001")
    assert set(found.papers) == {"pmid:38000001"}
    assert isinstance(found.missing["arxiv:2601.00001"]["arXiv"], TransientError)


def test_an_abstract_is_worth_more_than_being_first() -> None:
    bare = Held("Herons in reed", doi="10.5555/heron.1", ppr="PPR1", abstract="")
    found, _ = asked(PaperSources((bare, REED)), "doi:10.5555/heron.1")
    assert found.papers["doi:10.5555/heron.1"].abstract
    found, _ = asked(PaperSources((REED, bare)), "doi:10.5555/heron.1")
    assert found.papers["doi:10.5555/heron.1"].ids.pmid == "38000001"


def test_a_source_that_answers_more_than_was_asked_gives_no_wrong_paper() -> None:
    class Generous(PaperSources):
        def _in(self, source: str) -> tuple[Held, ...]:
            return self.papers

    sources = Generous((Held("Another", pmid="99", doi="10.5555/heron.1/more"),))
    found, _ = asked(sources, "doi:10.5555/heron.1", "pmid:9")
    assert set(found.missing) == {"doi:10.5555/heron.1", "pmid:9"}


def test_a_record_that_cannot_be_understood_is_as_if_it_were_not_there() -> None:
    def understand(record: Record) -> Paper:
        raise ParseError(record.key, "is broken")

    found = Lookup(PaperSources(PAPERS).http(), ACCOUNT, understand).find(["pmid:38000001"])
    assert list(found.missing) == ["pmid:38000001"]


def test_a_reply_of_not_found_is_an_answer_and_no_failure() -> None:
    class Strict(PaperSources):
        def _biorxiv(self, path: str) -> bytes:
            raise NotFoundError(path, "HTTP 404")

    name = "doi:10.1101/2026.01.02.123456"
    found, _ = asked(Strict(), name, "doi:10.1101/2026.01.02.123457")
    assert isinstance(found.missing[name]["bioRxiv"], NotFoundError)


def test_one_article_that_pmc_refuses_hides_no_other() -> None:
    """PMC answers a whole request with an error for one number that it does not know."""

    class Refusing(PaperSources):
        def _ncbi(self, request: Request) -> bytes:
            held = {paper.pmcid[3:] for paper in self.papers}
            if not set(request.params["id"].split(",")) <= held:
                told = "The following PMCID is not available: 3"
                return f"<pmc-articleset><error>{told}</error></pmc-articleset>".encode()
            return super()._ncbi(request)

    names = ("pmcid:PMC7000001", "pmcid:PMC3", "pmcid:PMC7000003")
    found, _ = asked(Refusing(PAPERS), *names)
    assert set(found.papers) == {names[0], names[2]}
    assert found.missing == {"pmcid:PMC3": {"PMC": None, "Europe PMC": None}}


def test_ncbi_is_told_who_asks_and_nobody_else_gets_the_key() -> None:
    _, http = asked(PaperSources(PAPERS), "pmid:38000001", "doi:10.5555/x", "arxiv:2601.00009")
    with_key = [r.url for r in http.requests if "api_key" in r.params]
    assert with_key
    assert all("ncbi.nlm.nih.gov" in url for url in with_key)


def test_quotes_in_a_doi_do_not_leave_the_query() -> None:
    _, http = asked(PaperSources(), 'doi:10.5555/a"or"b')
    europe, pubmed = (http.requests[0].params["query"], http.requests[1].params["term"])
    assert (europe, pubmed) == ('DOI:"10.5555/aorb"', '"10.5555/aorb"[doi]')


def test_no_names_ask_nobody() -> None:
    found, http = asked(PaperSources(PAPERS))
    assert (found.papers, found.missing, http.requests) == ({}, {}, [])

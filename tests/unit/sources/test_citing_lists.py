from __future__ import annotations

from typing import Any

import pytest

from service.errors import IncompleteError, NotFoundError, SourceError, TransientError
from service.normalisation import normalise
from service.records import Identifiers
from service.sources.citing_lists import (
    EuropePmcCitations,
    Listed,
    OpenAlexCitations,
    PubMedCitations,
    name_of_work,
)
from service.sources.europepmc_papers import EuropePmcPapers
from service.sources.eutils import Account
from tests import cited_payloads as made
from tests.fakes_citing import SEED, Citer, Library, citations
from tests.fakes_http import FakeHttp, FakeReply, Request

IDS = Identifiers(pmid=SEED)
DOI = Identifiers(doi="10.5555/seed")


def europepmc(http: FakeHttp) -> EuropePmcCitations:
    return EuropePmcCitations(EuropePmcPapers(http, "https://europepmc/", "", normalise))


def entrez(http: FakeHttp) -> PubMedCitations:
    return PubMedCitations(http, Account(), "https://eutils/")


def openalex(http: FakeHttp) -> OpenAlexCitations:
    return OpenAlexCitations(http, "k", "https://openalex/")


# -- Europe PMC -----------------------------------------------------------------------------------


def test_a_list_of_europe_pmc_is_walked_to_its_end() -> None:
    library = Library([Citer(str(number)) for number in range(1, 6)], most=2)
    found = europepmc(library.http()).listed(IDS)
    assert found.names == tuple(f"pmid:{number}" for number in range(1, 6))
    assert (found.seen, found.stated, found.gap) == (5, 5, None)
    assert library.asked == ["europepmc citations"] * 3


def test_nobody_cites_it_yet() -> None:
    assert europepmc(Library().http()).listed(IDS) == Listed(stated=0)


def test_a_small_shortfall_is_believed_when_it_comes_twice() -> None:
    library = Library([Citer(str(number)) for number in range(1, 11)], extra=1)
    found = europepmc(library.http()).listed(IDS)
    assert found.gap is None
    assert "twice the same" in found.warnings[0]
    assert (found.seen, found.stated) == (10, 11)


def test_a_large_shortfall_is_a_gap() -> None:
    found = europepmc(Library([Citer("1")], extra=3).http()).listed(IDS)
    assert found.gap == "4 records are stated, 1 were given"
    assert found.names == ("pmid:1",)


def test_a_second_walk_that_gives_all_makes_good_the_first() -> None:
    bodies = [citations([Citer("1")], {"page": "1", "pageSize": "9"}, extra=1)]
    bodies += [citations([], {"page": "2", "pageSize": "9"}, extra=2)]
    bodies += [citations([Citer("1"), Citer("2")], {"page": "1", "pageSize": "9"})]
    found = europepmc(FakeHttp(lambda _: bodies.pop(0))).listed(IDS)
    assert found == Listed(("pmid:1", "pmid:2"), 2, 2)


def test_an_empty_first_page_below_a_count_is_asked_for_again() -> None:
    http = FakeHttp(lambda _: citations([], {"page": "1", "pageSize": "9"}, extra=3), tries=3)
    with pytest.raises(IncompleteError):
        europepmc(http).listed(IDS)
    assert len(http.requests) == 3


@pytest.mark.parametrize("ids", [DOI, Identifiers(pmcid=f"PMC{SEED}", doi="10.5555/seed")])
def test_a_paper_without_a_pmid_is_looked_up_first(ids: Identifiers) -> None:
    library = Library([Citer("1")])
    assert europepmc(library.http()).listed(ids).names == ("pmid:1",)
    assert library.asked == ["europepmc search", "europepmc citations"]


def test_what_a_search_finds_beside_the_paper_is_not_taken_for_it() -> None:
    other = {"id": "7", "source": "MED", "pmid": "7", "title": "Another one", "doi": "10.5555/o"}
    found = europepmc(FakeHttp(lambda _: made.found(other))).listed(DOI)
    assert found == Listed(stated=0, warnings=("Europe PMC does not hold the paper",))


def test_a_paper_of_pmc_that_the_search_does_not_know_is_asked_for_by_its_pmcid() -> None:
    def answer(request: Request) -> bytes:
        if request.url.endswith("search"):
            return made.found()
        assert request.url.endswith("/PMC/PMC5/citations")
        return citations([], {"page": "1", "pageSize": "9"})

    assert europepmc(FakeHttp(answer)).listed(Identifiers(pmcid="PMC5")).stated == 0


# -- PubMed ---------------------------------------------------------------------------------------


def test_a_list_of_pubmed_is_one_request_and_states_no_count() -> None:
    library = Library([Citer("1"), Citer("2"), Citer("PPR3")])
    found = entrez(library.http()).listed(IDS)
    assert found == Listed(("pmid:1", "pmid:2"), 2, None)
    assert library.asked == ["ncbi elink.fcgi"]


def test_an_article_of_pmc_leads_to_its_pmid() -> None:
    def answer(request: Request) -> bytes:
        told = request.params
        ids = [SEED] if told["linkname"] == "pmc_pubmed" else ["1"]
        assert told["id"] == ("5" if told["dbfrom"] == "pmc" else SEED)
        return made.elink(told["id"], told["linkname"], ids, told["dbfrom"])

    assert entrez(FakeHttp(answer)).listed(Identifiers(pmcid="PMC5")).names == ("pmid:1",)


def test_a_doi_leads_to_the_one_pmid_that_has_it() -> None:
    library = Library([Citer("1")])
    assert entrez(library.http()).listed(DOI).names == ("pmid:1",)
    found = entrez(library.http()).listed(Identifiers(doi="10.5555/unknown"))
    assert found == Listed(stated=0, warnings=("PubMed does not hold the paper",))


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (b"<eLinkResult><ERROR>Search Backend failed</ERROR></eLinkResult>", TransientError),
        (b"<eLinkResult><LinkSet><IdList><Id>1</Id></IdList>", TransientError),
        (b"<eLinkResult></eLinkResult>", IncompleteError),
    ],
)
def test_a_broken_reply_of_elink_is_no_empty_list(told: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        entrez(FakeHttp(lambda _: told, tries=1)).listed(IDS)


# -- OpenAlex -------------------------------------------------------------------------------------


def work(number: int, **ids: str) -> dict[str, Any]:
    address = f"https://openalex.org/W{number}"
    return {"id": address, "ids": {"openalex": address, **ids}, "title": f"Work {number}"}


WORKS = [
    work(11, pmid="https://pubmed.ncbi.nlm.nih.gov/41", doi="https://doi.org/10.5555/a"),
    work(12, doi="https://doi.org/10.5555/Conference.B"),
    work(13),
]


def test_a_list_of_openalex_brings_the_records_along() -> None:
    library = Library(works=WORKS)
    found = openalex(library.http()).listed(IDS)
    assert found.names == ("pmid:41", "doi:10.5555/conference.b", "openalex:W13")
    assert (found.seen, found.stated, found.gap) == (3, 3, None)
    assert found.records["openalex:W13"].source == "openalex"
    assert len(library.asked) == 3


def test_a_paper_that_openalex_does_not_know_is_cited_by_nobody_there() -> None:
    found = openalex(Library().http()).listed(Identifiers(pmid="7"))
    assert found == Listed(stated=0, warnings=("OpenAlex does not hold the paper",))
    assert openalex(Library().http()).listed(Identifiers(pmcid="PMC7")).stated == 0


def test_a_list_of_openalex_that_ends_early_is_a_gap() -> None:
    def answer(request: Request) -> bytes:
        if "/works/" in request.url:
            return b'{"id": "https://openalex.org/W1"}'
        return b'{"meta": {"count": 5, "next_cursor": null}, "results": []}'

    assert openalex(FakeHttp(answer)).listed(IDS).gap == "5 records are stated, 0 were given"


def test_the_key_of_openalex_is_not_shown() -> None:
    assert "'k'" not in repr(openalex(Library().http()))


def test_what_a_damaged_work_is_called() -> None:
    from service.records import Record

    told = Record("openalex", "W9", "", "openalex-json", b'{"ids": [1]}')
    assert name_of_work(told) == "openalex:W9"


def test_an_error_that_is_no_missing_paper_is_told() -> None:
    def fails(_: Request) -> FakeReply:
        return FakeReply(b"", 404)

    with pytest.raises(NotFoundError):
        entrez(FakeHttp(fails)).listed(IDS)

"""Single papers from Europe PMC: what is asked, and what of the answer counts."""

from __future__ import annotations

import pytest

from service.errors import BadRequestError, ParseError
from service.normalisation import normalise
from service.records import Paper, Record
from service.sources.europepmc_papers import EuropePmcPapers, doi_term, understood
from tests.fakes_http import FakeHttp
from tests.fakes_papers import Held, PaperSources

BASE = "https://europepmc.example.org/rest/"


def at(sources: PaperSources, email: str = "lab@example.org") -> tuple[EuropePmcPapers, FakeHttp]:
    http = sources.http()
    return EuropePmcPapers(http, BASE, email, normalise), http


def test_any_number_of_papers_is_asked_for_forty_at_a_time() -> None:
    held = tuple(Held(f"Paper {n}", doi=f"10.5555/{n}", ppr=f"PPR{n + 1}") for n in range(90))
    papers, http = at(PaperSources(held))
    found = list(papers.named([doi_term(paper.doi) for paper in held]))
    assert [paper.title for paper in found] == [paper.title for paper in held]
    assert [request.params["query"].count(" OR ") for request in http.requests] == [39, 39, 9]
    assert list(papers.named([])) == []


def test_whole_records_are_asked_for_and_it_is_said_who_asks() -> None:
    papers, http = at(PaperSources())
    papers.searched("SRC:PPR")
    [request] = http.requests
    assert request.url == f"{BASE}search"
    assert request.params == {
        "query": "SRC:PPR",
        "resultType": "core",
        "format": "json",
        "pageSize": "100",
        "email": "lab@example.org",
    }
    nobody, http = at(PaperSources(), email="")
    nobody.searched("SRC:PPR")
    assert "email" not in http.requests[0].params


def test_an_error_inside_an_answer_is_raised() -> None:
    http = FakeHttp(lambda _: b'{"errCode": 404, "errMsg": "Invalid page size provided."}')
    with pytest.raises(BadRequestError, match="Invalid page size"):
        EuropePmcPapers(http, BASE, "", normalise).searched("SRC:PPR")


@pytest.mark.parametrize("doi", ["10.5555/a", '10.5555/a"', '10.5555/\\"a', '"10.5555/a\\'])
def test_a_doi_stays_inside_its_quotes(doi: str) -> None:
    assert doi_term(doi) == 'DOI:"10.5555/a"'


def test_what_cannot_be_understood_is_left_out() -> None:
    def understand(record: Record) -> Paper:
        if record.source_id == "2":
            raise ParseError(record.key, "is broken")
        return made

    [made] = at(PaperSources((Held("Herons", pmid="1"),)))[0].searched("EXT_ID:1")
    records = [Record("europepmc", number, "", "x", b"") for number in ("1", "2", "3")]
    assert list(understood(records, understand)) == [made, made]

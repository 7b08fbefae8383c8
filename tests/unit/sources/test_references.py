from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from service.errors import (
    IncompleteError,
    NotFoundError,
    ParseError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.normalisation import normalise
from service.normalisation.citations import ids as identify
from service.records import Identifiers, Record, Reference
from service.sources.eutils import Account
from service.sources.references import ReferenceLists
from tests import cited_payloads as made
from tests.cited_payloads import element_citation, titles
from tests.fakes_http import FakeHttp, FakeReply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.records import Paper

SEED = Identifiers("10.5555/review.1", "41000001", "PMC7000001")
NO_LIST, NONE_THERE, NOTHING_FOUND = made.jats(), made.europepmc([]), made.found()


@dataclass
class Upstreams:
    """PMC, PubMed and Europe PMC in one. A body, a status, or what to do for each request."""

    full_text: bytes | int = NO_LIST
    pmc_links: bytes | int = field(
        default_factory=lambda: made.elink("7000001", "pmc_refs_pubmed", [])
    )
    pubmed_links: bytes | int = field(
        default_factory=lambda: made.elink("41000001", "pubmed_pubmed_refs", [], "pubmed")
    )
    europepmc: Callable[[Request], bytes] | bytes | int = NONE_THERE
    search: Callable[[Request], bytes] | bytes | int = NOTHING_FOUND
    papers: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __call__(self, request: Request) -> FakeReply | bytes:
        found = self._chosen(request)
        if callable(found):
            return found(request)
        return FakeReply(status=found) if isinstance(found, int) else found

    def _chosen(self, request: Request) -> Callable[[Request], bytes] | bytes | int:
        told = request.params
        if request.url.endswith("efetch.fcgi") and told["db"] == "pubmed":
            wanted = told["id"].split(",")
            return made.pubmed(*((n, *self.papers[n]) for n in wanted if n in self.papers))
        if request.url.endswith("efetch.fcgi"):
            return self.full_text
        if request.url.endswith("elink.fcgi"):
            return self.pmc_links if told["dbfrom"] == "pmc" else self.pubmed_links
        return self.europepmc if request.url.endswith("/references") else self.search


def lists(upstreams: Upstreams, **options: object) -> tuple[ReferenceLists, FakeHttp]:
    http = FakeHttp(upstreams)
    account = Account(email="lab@example.org", api_key="k3y")
    understand = options.get("normalise", normalise)
    return ReferenceLists(http, account, identify, understand), http  # type: ignore[arg-type]


def asked(http: FakeHttp) -> list[str]:
    """Which tools were asked, in order: "efetch pmc", "elink", "references", "search"."""
    tools = [r.url.rpartition("/")[2].removesuffix(".fcgi") for r in http.requests]
    return [
        f"{tool} {r.params['db']}" if tool == "efetch" else tool
        for tool, r in zip(tools, http.requests, strict=True)
    ]


def test_the_full_text_is_the_first_choice_and_abstracts_come_from_pubmed() -> None:
    upstreams = Upstreams(
        full_text=made.jats(
            element_citation("Niches", 2021, pmid="11"), element_citation("No id at all", 1999)
        ),
        papers={"11": ("Niches of cells.", "Cells hide in niches.")},
    )
    source, http = lists(upstreams)
    found = source.fetch(SEED)
    known = Identifiers("10.5555/paper.11", "11")
    assert found.references == (
        Reference("Niches of cells.", known, "Cells hide in niches.", 2021),
        Reference("No id at all", year=1999),
    )
    assert (found.source, found.stated, found.with_abstract) == ("PMC full text", 2, 1)
    assert found.notes == ()
    assert asked(http) == ["efetch pmc", "efetch pubmed"]
    assert http.requests[0].params["id"] == "7000001"


def test_ncbi_is_told_who_asks_and_europe_pmc_gets_no_key() -> None:
    source, http = lists(
        Upstreams(europepmc=made.europepmc([{"title": "T", "id": "1", "source": "AGR"}]))
    )
    source.fetch(SEED)
    ncbi = [r.params for r in http.requests if "ncbi" in r.url]
    assert all(p["api_key"] == "k3y" and p["email"] == "lab@example.org" for p in ncbi)
    europe = [r.params for r in http.requests if "ebi.ac.uk" in r.url]
    assert europe
    assert all("api_key" not in p and p["email"] == "lab@example.org" for p in europe)


def test_links_follow_where_there_is_no_full_text() -> None:
    upstreams = Upstreams(
        pmc_links=made.elink("7000001", "pmc_refs_pubmed", ["12", "11"]),
        papers={"11": ("One.", "A."), "12": ("Two.", "B.")},
    )
    source, http = lists(upstreams)
    found = source.fetch(SEED)
    assert titles(found.references) == ["Two.", "One."]
    assert [r.year for r in found.references] == [2023, 2023]
    assert found.notes == ("PMC full text: no reference list",)
    assert (found.source, found.stated) == ("PMC links", 2)
    assert asked(http) == ["efetch pmc", "elink", "efetch pubmed"]


def test_the_links_of_pubmed_follow_those_of_pmc() -> None:
    upstreams = Upstreams(
        pubmed_links=made.elink("41000001", "pubmed_pubmed_refs", ["11"], "pubmed"),
        papers={"11": ("One.", "A.")},
    )
    found = lists(upstreams)[0].fetch(SEED)
    assert (found.source, titles(found.references)) == ("PubMed links", ["One."])


def test_europe_pmc_is_asked_last_and_page_by_page() -> None:
    def pages(request: Request) -> bytes:
        number = int(request.params["page"])
        entries = [{"title": f"Paper {number}.{n}", "pubYear": 2020} for n in range(2)]
        return made.europepmc(entries if number < 3 else entries[:1], stated=5)

    source, http = lists(Upstreams(europepmc=pages))
    found = source.fetch(SEED)
    assert (found.source, found.stated, len(found.references)) == ("Europe PMC", 5, 5)
    assert [r.params["page"] for r in http.requests if r.url.endswith("references")] == [
        "1",
        "2",
        "3",
    ]
    assert all("/MED/41000001/" in r.url for r in http.requests if "references" in r.url)
    assert len(found.notes) == 3


def test_a_seed_that_is_in_pmc_alone_is_asked_for_as_such() -> None:
    source, http = lists(Upstreams(europepmc=made.europepmc([{"title": "T"}])))
    assert source.fetch(Identifiers(pmcid="PMC7000001")).source == "Europe PMC"
    assert http.requests[-1].url.endswith("/PMC/PMC7000001/references")
    assert asked(http) == ["efetch pmc", "elink", "references"]


def test_an_empty_page_below_the_stated_count_is_asked_for_again() -> None:
    def pages(request: Request) -> bytes:
        entries = [{"title": "T"}] if request.params["page"] == "1" else []
        return made.europepmc(entries, stated=3)

    source, http = lists(Upstreams(europepmc=pages))
    with pytest.raises(IncompleteError, match="3 references are stated, page 2 gives none"):
        source.fetch(SEED)
    assert asked(http).count("references") == 1 + 5


def test_when_no_source_holds_a_list_it_is_said_with_what_was_tried() -> None:
    with pytest.raises(NotFoundError) as caught:
        lists(Upstreams(full_text=made.jats("<mixed-citation>Anon.</mixed-citation>")))[0].fetch(
            SEED
        )
    told = str(caught.value)
    assert told.startswith("the references of PMC7000001: no source holds them")
    assert "PMC full text: none of 1 entries has a title or an id" in told
    assert told.count("no reference list") == 3
    assert "--file" in caught.value.remedy


def test_a_seed_without_ids_cannot_be_asked_for() -> None:
    source, http = lists(Upstreams())
    with pytest.raises(NotFoundError, match=r"a seed without ids.*no DOI, PMID or PMCID"):
        source.fetch(Identifiers(arxiv="2601.00001"))
    assert not http.requests


@pytest.mark.parametrize(("status", "error"), [(500, TransientError), (429, ThrottledError)])
def test_a_host_that_is_down_is_not_asked_in_another_way(
    status: int, error: type[SourceError]
) -> None:
    source, http = lists(Upstreams(full_text=status))
    with pytest.raises(error) as caught:
        source.fetch(SEED)
    assert asked(http) == ["efetch pmc"] * 5 + ["references"]
    assert f"HTTP {status}" in caught.value.cause
    assert "check the network and try again" in caught.value.remedy
    assert "--file" in caught.value.remedy


def test_where_one_host_is_down_another_may_have_the_list() -> None:
    upstreams = Upstreams(full_text=503, europepmc=made.europepmc([{"title": "T"}]))
    found = lists(upstreams)[0].fetch(SEED)
    assert found.source == "Europe PMC"
    assert found.notes[0].startswith("PMC full text: HTTP 503")


@pytest.mark.parametrize("body", [b"", b"<html><body>500</body></html>", made.jats()[:-20]])
def test_a_damaged_reply_is_never_an_empty_list(body: bytes) -> None:
    source, http = lists(Upstreams(full_text=body))
    with pytest.raises(TransientError):
        source.fetch(SEED)
    assert asked(http).count("efetch pmc") == 5


def test_abstracts_are_asked_for_in_batches() -> None:
    pmids = [str(number) for number in range(1, 402)]
    upstreams = Upstreams(
        pmc_links=made.elink("7000001", "pmc_refs_pubmed", pmids),
        papers={pmid: (f"Paper {pmid}.", "A.") for pmid in pmids},
    )
    source, http = lists(upstreams)
    assert source.fetch(SEED).with_abstract == 401
    sizes = [
        len(r.params["id"].split(","))
        for r in http.requests
        if r.params.get("db") == "pubmed" and "efetch" in r.url
    ]
    assert sizes == [200, 200, 1]


def test_a_reference_that_pubmed_does_not_hold_is_told() -> None:
    upstreams = Upstreams(
        full_text=made.jats(
            element_citation("There", pmid="11"), element_citation("Withdrawn", pmid="12")
        ),
        papers={"11": ("There.", "A.")},
    )
    found = lists(upstreams)[0].fetch(SEED)
    assert titles(found.references) == ["There.", "Withdrawn"]
    assert found.notes == ("PubMed does not hold 12",)


def test_what_has_a_doi_alone_is_looked_for_at_europe_pmc() -> None:
    preprint: dict[str, object] = {
        "id": "PPR7",
        "source": "PPR",
        "doi": "10.5555/PRE.7",
        "title": "A preprint",
        "abstractText": "It is early.",
        "firstPublicationDate": "2025-02-01",
    }
    upstreams = Upstreams(
        full_text=made.jats(
            element_citation("Preprint", doi="10.5555/pre.7"), element_citation("X")
        ),
        search=made.found(preprint),
    )
    source, http = lists(upstreams)
    found = source.fetch(SEED)
    assert found.references[0].abstract == "It is early."
    assert found.with_abstract == 1
    assert http.requests[-1].params["query"] == 'DOI:"10.5555/pre.7"'


def test_a_seed_known_by_its_doi_is_looked_up_first() -> None:
    record: dict[str, object] = {
        "id": "41000001",
        "source": "MED",
        "pmid": "41000001",
        "pmcid": "PMC7000001",
        "doi": "10.5555/review.1",
        "title": "A review of niches",
    }
    other = record | {"id": "5", "pmid": "5", "pmcid": "PMC5", "doi": "10.5555/other"}
    upstreams = Upstreams(
        full_text=made.jats(element_citation("T")), search=made.found(other, record)
    )
    source, http = lists(upstreams)
    assert source.fetch(Identifiers(doi="10.5555/review.1")).source == "PMC full text"
    assert http.requests[0].params["query"] == 'DOI:"10.5555/review.1"'
    assert http.requests[1].params["id"] == "7000001"
    source, http = lists(upstreams)
    source.fetch(Identifiers(pmid="41000001"))
    assert http.requests[0].params["query"] == "(EXT_ID:41000001 AND SRC:MED)"
    assert http.requests[1].params["id"] == "7000001"


def test_a_seed_that_cannot_be_looked_up_is_asked_for_by_what_is_known() -> None:
    upstreams = Upstreams(
        search=500,
        pubmed_links=made.elink("41000001", "pubmed_pubmed_refs", ["11"], "pubmed"),
        papers={"11": ("One.", "A.")},
    )
    found = lists(upstreams)[0].fetch(Identifiers("10.5555/review.1", "41000001"))
    assert found.source == "PubMed links"
    assert found.notes == ("Europe PMC: HTTP 500",)


def test_another_paper_with_no_pmid_either_is_not_taken_for_the_seed() -> None:
    stranger: dict[str, object] = {"id": "PPR1", "source": "PPR", "doi": "10.5555/o", "title": "O"}
    with pytest.raises(NotFoundError, match="no DOI, PMID or PMCID"):
        lists(Upstreams(search=made.found(stranger)))[0].fetch(Identifiers(doi="10.5555/review.1"))


def test_each_paper_is_listed_once_and_never_the_seed_itself() -> None:
    upstreams = Upstreams(
        full_text=made.jats(
            element_citation("Once", doi="10.5555/a"),
            element_citation("Once, again", doi="10.5555/a", pmid="11"),
            element_citation("Itself", doi="10.5555/review.1"),
            element_citation("No id"),
            element_citation("no ID"),
        )
    )
    found = lists(upstreams)[0].fetch(SEED)
    assert titles(found.references) == ["Once", "No id"]
    assert found.stated == 5


def test_a_record_that_cannot_be_understood_stops_nothing() -> None:
    def broken(record: Record) -> Paper:
        if record.source_id == "11":
            raise ParseError(record.key, "odd")
        return normalise(record)

    upstreams = Upstreams(
        full_text=made.jats(
            element_citation("Odd", pmid="11"), element_citation("Fine", pmid="12")
        ),
        papers={"11": ("Odd.", "A."), "12": ("Fine.", "B.")},
    )
    found = lists(upstreams, normalise=broken)[0].fetch(SEED)
    assert [bool(r.abstract) for r in found.references] == [False, True]


def test_when_pubmed_fails_no_half_list_is_given() -> None:
    upstreams = Upstreams(
        full_text=made.jats(element_citation("a", pmid="11"), element_citation("b", pmid="12"))
    )
    with pytest.raises(IncompleteError, match="none of 2 listed records"):
        lists(upstreams)[0].fetch(SEED)


def test_what_has_an_abstract_already_is_not_asked_for() -> None:
    source, http = lists(Upstreams())
    held = (Reference("T", Identifiers("10.5555/t", "11"), "Has one."),)
    assert source.complete(held, []) == held
    assert not http.requests


def test_a_list_without_an_end_is_given_up() -> None:
    source, http = lists(Upstreams(europepmc=made.europepmc([{"title": "T"}], stated=10**6)))
    with pytest.raises(IncompleteError, match="no end of the list after 20 pages"):
        source.fetch(SEED)
    assert asked(http).count("references") == 20


def test_of_many_that_pubmed_does_not_hold_a_few_are_named() -> None:
    refs = [element_citation(f"Gone {n}", pmid=str(n)) for n in range(1, 9)]
    there = element_citation("There", pmid="11")
    upstreams = Upstreams(full_text=made.jats(*refs, there), papers={"11": ("There.", "A.")})
    [note] = lists(upstreams)[0].fetch(SEED).notes
    assert note == "PubMed does not hold 1, 2, 3, 4, 5 and 3 more"


def test_a_quote_in_a_doi_does_not_change_the_question() -> None:
    source, http = lists(Upstreams())
    hostile = Reference("T", Identifiers('10.5555/a" OR "b\\'))
    assert source.complete([hostile], []) == (hostile,)
    assert http.requests[0].params["query"] == 'DOI:"10.5555/a OR b"'


def test_many_dois_are_asked_for_some_at_a_time() -> None:
    source, http = lists(Upstreams())
    source.complete([Reference(f"T{n}", Identifiers(f"10.5555/{n}")) for n in range(90)], [])
    assert [r.params["query"].count("DOI:") for r in http.requests] == [40, 40, 10]


def test_a_reference_that_never_got_a_title_is_left_out() -> None:
    upstreams = Upstreams(
        pmc_links=made.elink("7000001", "pmc_refs_pubmed", ["11", "12"]),
        papers={"11": ("One.", "A.")},
    )
    found = lists(upstreams)[0].fetch(SEED)
    assert (titles(found.references), found.stated) == (["One."], 2)
    assert "PubMed does not hold 12" in found.notes

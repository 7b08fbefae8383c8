"""Papers that somebody names: from the archive, else from the sources, else an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.bootstrap import named_papers
from service.config import Settings
from service.errors import InputError, TransientError
from tests.fakes_papers import Held

if TYPE_CHECKING:
    from tests.seed_desk import Desk


@pytest.mark.parametrize("name", ["pmid:40000001", "doi:10.5555/stroma.1"])
def test_what_the_archive_holds_is_not_asked_for(desk: Desk, name: str) -> None:
    found = named_papers.find(desk.app, [name])[name]
    assert (found.holder, found.paper.ids.pmid) == ("the archive", "40000001")
    assert desk.sources.asked == []


def test_a_pmid_is_not_taken_for_the_number_of_a_work(desk: Desk) -> None:
    desk.sources.papers = (Held("Chicks in spring", pmid="1"),)
    assert named_papers.find(desk.app, ["pmid:1"])["pmid:1"].paper.title == "Chicks in spring"


def test_a_work_without_an_abstract_is_asked_for_and_kept_where_nobody_has_one(desk: Desk) -> None:
    name = "pmid:40000002"
    found = named_papers.find(desk.app, [name])[name]
    assert (found.holder, found.paper.abstract) == ("the archive", "")
    desk.sources.down = {"ncbi", "europepmc"}
    assert named_papers.find(desk.app, [name])[name].holder == "the archive"
    desk.sources.down = set()
    desk.sources.papers = (Held("Niche 2", pmid="40000002"),)
    found = named_papers.find(desk.app, [name])[name]
    assert (found.holder, bool(found.paper.abstract)) == ("PubMed", True)
    desk.sources.papers = (Held("Niche 2", pmid="40000002", abstract=""),)
    assert named_papers.find(desk.app, [name])[name].holder == "the archive"


def test_papers_come_from_both_in_one_go(desk: Desk) -> None:
    names = ["pmid:38000002", "doi:10.5555/stroma.1", "pmid:38000001", "pmid:38000002"]
    found = named_papers.find(desk.app, names)
    assert {name: each.holder for name, each in found.items()} == {
        "pmid:38000002": "PubMed",
        "doi:10.5555/stroma.1": "the archive",
        "pmid:38000001": "PubMed",
    }
    assert desk.sources.asked == ["ncbi"]


def test_what_nobody_knows_is_named_with_who_was_asked(desk: Desk) -> None:
    names = [*(f"pmid:{n}" for n in range(90, 96)), "arxiv:2601.00001", "pmid:38000001"]
    with pytest.raises(InputError) as caught:
        named_papers.find(desk.app, names)
    assert caught.value.thing == "PMID 90, PMID 91, PMID 92, PMID 93, PMID 94 and 2 more"
    assert caught.value.cause == "not found in the archive, PubMed, Europe PMC, arXiv"
    assert ".nbib" in caught.value.remedy


def test_what_could_not_be_asked_is_no_paper_that_does_not_exist(desk: Desk) -> None:
    desk.sources.down = {"ncbi"}
    with pytest.raises(TransientError) as caught:
        named_papers.find(desk.app, ["pmid:90"])
    assert caught.value.thing == "PMID 90"
    assert caught.value.cause.startswith("not found in the archive, Europe PMC; PubMed: ")
    assert "nothing was added" in caught.value.remedy


def test_a_source_that_is_down_is_not_blamed_for_what_it_could_not_know(desk: Desk) -> None:
    desk.sources.down = {"ncbi"}
    with pytest.raises(InputError, match=r"^arXiv 2601.00001: not found in the archive, arXiv \("):
        named_papers.find(desk.app, ["pmid:38000001", "arxiv:2601.00001"])


def test_some_of_the_papers_are_found_whatever_fails(desk: Desk) -> None:
    desk.sources.down = {"arxiv"}
    names = ["pmid:38000001", "pmid:90", "arxiv:2601.00001"]
    found, hindered = named_papers.find_some(desk.app, names)
    assert list(found) == ["pmid:38000001"]
    assert len(hindered) == 1
    assert "HTTP 500" in hindered[0]


def test_the_sources_are_asked_at_the_configured_addresses(desk: Desk) -> None:
    addresses = {
        "pubmed": {"base_url": "https://ncbi.example.org/eutils"},
        "europepmc": {"base_url": "https://europepmc.example.org/rest"},
        "arxiv": {"api_url": "https://arxiv.example.org/query"},
        "biorxiv": {"base_url": "https://biorxiv.example.org/"},
    }
    desk.app.settings = Settings.model_validate({"sources": addresses})
    names = ["pmid:90", "doi:10.1101/2026.01.02.123456", "arxiv:2601.00001"]
    named_papers.find_some(desk.app, names)
    requests = {str(r.url) for r in desk.app.http.requests}  # type: ignore[attr-defined]
    assert requests == {
        "https://ncbi.example.org/eutils/efetch.fcgi",
        "https://ncbi.example.org/eutils/esearch.fcgi",
        "https://europepmc.example.org/rest/search",
        "https://arxiv.example.org/query",
        "https://biorxiv.example.org/details/biorxiv/10.1101/2026.01.02.123456/na/json",
    }

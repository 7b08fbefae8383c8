"""Known papers asked for again: whom, for what, in how many requests, and what is told."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from service.errors import TransientError
from service.normalisation import normalise
from service.records import Flag
from service.sources.eutils import Account
from service.sources.rechecking import Answer, Places, Rechecking
from tests.fakes_http import FakeHttp, FakeReply, Request
from tests.fakes_papers import Held, PaperSources

if TYPE_CHECKING:
    from collections.abc import Sequence

REED = Held("Herons in reed", pmid="38000001", pmcid="PMC7000001", doi="10.5555/heron.1")
EGGS = Held("Eggs", doi="10.5555/egg.4", ppr="PPR900001")
NESTS = Held("Nests as graphs", arxiv="2601.00001")
MOULTS = Held("Moults", doi="10.1101/2026.01.02.123456", biorxiv=True)
ACCOUNT = Account(email="lab@example.org")


def work(doi: str, cited: int = 3, **more: object) -> dict[str, object]:
    """A work as Crossref gives it, with what changes from day to day."""
    return {
        "DOI": doi,
        "type": "journal-article",
        "title": ["Herons in reed"],
        "is-referenced-by-count": cited,
        "indexed": {"timestamp": cited},
        "score": float(cited),
        "reference": [{"key": "1"}],
        **more,
    }


@dataclass
class Upstreams:
    """The usual sources, and Crossref with these works; a DOI in `bad` is one it refuses."""

    papers: tuple[Held, ...] = (REED, EGGS, NESTS, MOULTS)
    works: Sequence[dict[str, object]] = ()
    bad: frozenset[str] = frozenset()
    others: PaperSources = field(init=False)
    asked: list[Request] = field(default_factory=list)
    down: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.others = PaperSources(self.papers, down=set(self.down))

    def __call__(self, request: Request) -> FakeReply | bytes:
        if urlsplit(request.url).hostname != "api.crossref.org":
            return self.others(request)
        self.asked.append(request)
        if "crossref" in self.down:
            return FakeReply(b"we are closed", 500)
        dois = re.findall(r"doi:([^,]+)", request.params["filter"])
        if self.bad & set(dois):
            told = {"type": "validation-failure", "message": "not a DOI"}
            body = json.dumps({"status": "failed", "message": [told]}).encode()
            return FakeReply(body, 400)
        found = [each for each in self.works if each["DOI"] in dois]
        message = {"total-results": len(found), "items": found}
        return json.dumps({"status": "ok", "message": message}).encode()


def asked(upstreams: Upstreams, *names: str, places: Places | None = None) -> list[Answer]:
    http = FakeHttp(upstreams, tries=2)
    return list(Rechecking(http, ACCOUNT, places).ask(names))


@pytest.mark.parametrize(
    ("name", "source", "keys"),
    [
        ("pmid:38000001", "pubmed", ["pubmed:38000001v1"]),
        ("pmcid:PMC7000001", "pmc", ["pmc:PMC7000001"]),
        ("arxiv:2601.00001", "arxiv", ["arxiv:2601.00001v1"]),
        ("europepmc:PPR/PPR900001", "europepmc", ["europepmc:PPR/PPR900001"]),
        (
            "doi:10.1101/2026.01.02.123456",
            "biorxiv",
            ["biorxiv:10.1101/2026.01.02.123456v1", "biorxiv:10.1101/2026.01.02.123456v2"],
        ),
    ],
)
def test_each_kind_of_name_has_its_source(name: str, source: str, keys: list[str]) -> None:
    (answer,) = asked(Upstreams(), name)
    assert (answer.source, answer.names, answer.error) == (source, (name,), None)
    assert [record.key for record in answer.records] == keys


def test_crossref_tells_of_a_retraction_by_doi_and_is_told_who_asks() -> None:
    by = {"DOI": "10.5555/notice", "type": "retraction", "source": "retraction-watch"}
    upstreams = Upstreams(works=[work("10.5555/heron.1", **{"updated-by": [by]})])
    (answer,) = asked(upstreams, "doi:10.5555/heron.1")
    assert normalise(answer.records[0]).flags == {Flag.RETRACTED}
    assert upstreams.asked[0].url == "https://api.crossref.org/works"
    assert upstreams.asked[0].params == {
        "filter": "doi:10.5555/heron.1",
        "rows": "1",
        "mailto": "lab@example.org",
    }


def test_a_record_is_the_same_though_it_was_cited_meanwhile() -> None:
    first, second = (
        asked(Upstreams(works=[work("10.5555/heron.1", cited)]), "doi:10.5555/heron.1")[0]
        for cited in (3, 4)
    )
    assert first.records == second.records
    changed = Upstreams(works=[work("10.5555/heron.1", subtitle=["A correction"])])
    assert asked(changed, "doi:10.5555/heron.1")[0].records != first.records


def test_many_papers_are_asked_for_in_few_requests() -> None:
    pmids = [f"pmid:{number}" for number in range(38_000_001, 38_000_251)]
    dois = [f"doi:10.5555/x.{number}" for number in range(90)]
    upstreams = Upstreams()
    answers = asked(upstreams, *pmids, *dois)
    assert [(a.source, len(a.names)) for a in answers] == [
        ("pubmed", 200),
        ("pubmed", 50),
        ("crossref", 40),
        ("crossref", 40),
        ("crossref", 10),
    ]
    assert len(upstreams.others.asked) == 2
    assert len(upstreams.asked) == 3


def test_what_a_source_does_not_hold_is_no_failure() -> None:
    answers = asked(
        Upstreams(papers=()), "pmid:1", "doi:10.1101/2026.01.02.999999", "doi:10.5555/n"
    )
    assert [(answer.records, answer.error) for answer in answers] == [((), None)] * 3


def test_one_name_that_a_source_refuses_costs_the_others_nothing() -> None:
    works = [work(f"10.5555/x.{number}") for number in range(5)]
    upstreams = Upstreams(works=works, bad=frozenset({"10.5555/x.3"}))
    (answer,) = asked(upstreams, *(f"doi:10.5555/x.{number}" for number in range(5)))
    assert answer.error is None
    assert [record.source_id[-1] for record in answer.records] == ["0", "1", "2", "4"]


def test_a_source_that_is_down_is_told_and_not_asked_again() -> None:
    upstreams = Upstreams(down=frozenset({"crossref"}))
    dois = [f"doi:10.5555/x.{number}" for number in range(90)]
    *failed, reed = sorted(asked(upstreams, *dois, "pmid:38000001"), key=lambda a: a.source)
    assert [type(answer.error) for answer in failed] == [TransientError] * 3
    assert [len(answer.names) for answer in failed] == [40, 40, 10]
    assert len(upstreams.asked) == 2  # one request, tried twice
    assert (reed.source, reed.error, len(reed.records)) == ("pubmed", None, 1)


def test_a_source_that_is_off_is_not_asked() -> None:
    names = ("pmid:38000001", "doi:10.5555/heron.1", "doi:10.1101/2026.01.02.123456")
    upstreams = Upstreams()
    off = Places(eutils="", crossref="", biorxiv="", arxiv="", europepmc="")
    assert asked(upstreams, *names, "arxiv:2601.00001", places=off) == []
    assert upstreams.asked == upstreams.others.asked == []


@pytest.mark.parametrize(
    ("doi", "source"),
    [
        ("10.1101/2026.01.02.123456", "biorxiv"),
        ("10.64898/2026.01.02.123456", "biorxiv"),
        ("10.1101/123456", "biorxiv"),
        ("10.1101/2026.01.02.26123456", "medrxiv"),
        ("10.1101/gad.348466.121", "crossref"),  # a journal of the same publisher
        ("10.48550/arxiv.2601.00001", ""),  # registered elsewhere
        ("10.5555/a,b", ""),  # a comma would end the filter
    ],
)
def test_a_doi_is_asked_for_where_it_is_registered(doi: str, source: str) -> None:
    assert [answer.source for answer in asked(Upstreams(), f"doi:{doi}")] == [source] * bool(source)


def test_what_europe_pmc_has_from_others_is_asked_for_there() -> None:
    assert asked(Upstreams(), "europepmc:MED/38000001", "europepmc:PMC/PMC7000001") == []

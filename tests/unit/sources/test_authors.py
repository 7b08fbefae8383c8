from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest

from service.bootstrap.citing import key_of
from service.errors import BadRequestError, TransientError
from service.normalisation import normalise
from service.records import (
    NOTHING_ASKED,
    Batch,
    Citation,
    FollowedAuthor,
    Record,
    Sweep,
    SweepKind,
    Window,
    WindowReport,
)
from service.sources.authors import (
    Authors,
    at_europepmc,
    at_pubmed,
    europepmc_term,
    pubmed_term,
)
from service.sources.citing import KnownPaper
from service.sources.eutils import Account
from tests.fakes_citing import Citer, article, author, result
from tests.fakes_http import FakeHttp, FakeReply, Request

ORCID = "0000-0002-1825-0097"
OKAFOR = FollowedAuthor("Okafor, Chidi N", ORCID, "Heidelberg")
MEIER = FollowedAuthor("Meier Ute", "", "Bonn")
SWEEP = Sweep(SweepKind.RECENT, Window(date(2026, 11, 9), date(2026, 11, 16)))
Answer = Callable[[Request], FakeReply | bytes]


@dataclass
class Shelf:
    authors: tuple[FollowedAuthor, ...] = (OKAFOR,)
    kept: dict[str, frozenset[str]] = field(default_factory=dict)

    def followed(self) -> Sequence[FollowedAuthor]:
        return self.authors

    def papers(self, one: FollowedAuthor) -> frozenset[str]:
        return self.kept.get(one.key, frozenset())

    def read(self, record: Record) -> KnownPaper | None:
        return KnownPaper(key_of(normalise(record)), None)


@dataclass
class Sources:
    """PubMed and Europe PMC that list the same papers whatever is asked; (PMID, its authors)."""

    papers: dict[str, str] = field(default_factory=dict)
    preprints: tuple[dict[str, object], ...] = ()
    down: set[str] = field(default_factory=set)
    warned: bool = False
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> FakeReply | bytes:
        host = "europepmc" if "europepmc" in request.url else "ncbi"
        self.asked.append(request.params.get("term") or request.params.get("query") or "records")
        if host in self.down:
            return FakeReply(b"", 500)
        if host == "europepmc":
            if "AUTH" not in request.params["query"]:  # whether anything came on these days
                return b'{"hitCount": 900, "resultList": {"result": []}}'
            first = request.params["cursorMark"] == "*"
            shown = list(self.preprints) if first else []
            return json.dumps(
                {
                    "hitCount": len(self.preprints),
                    "nextCursorMark": "end",
                    "request": {"queryString": request.params["query"]},
                    "resultList": {"result": shown},
                }
            ).encode()
        if request.url.endswith("efetch.fcgi"):
            inside = "".join(
                article(Citer(pmid), self.papers[pmid]) for pmid in request.params["id"].split(",")
            )
            return f"<PubmedArticleSet>{inside}</PubmedArticleSet>".encode()
        ids = list(self.papers)
        value: dict[str, object] = {"count": str(len(ids)), "retmax": "9", "retstart": "0"}
        if self.warned:
            value["errorlist"] = {"phrasesnotfound": [ORCID]}
        return json.dumps({"esearchresult": {**value, "idlist": ids}}).encode()


def source(sources: Sources, shelf: Shelf | None = None) -> Authors:
    http = FakeHttp(sources, tries=1)
    places = [
        ("PubMed", at_pubmed(http, Account(), "https://eutils/")),
        ("Europe PMC", at_europepmc(http, "", "https://europepmc/")),
    ]
    return Authors(places, shelf or Shelf())


def walk(authors: Authors, sweep: Sweep = SWEEP) -> tuple[list[Batch], list[WindowReport]]:
    items = list(authors.poll(sweep, lambda _: pytest.fail("the shelf tells what is known")))
    return (
        [each for each in items if isinstance(each, Batch)],
        [each for each in items if isinstance(each, WindowReport)],
    )


THEIRS = author("Okafor", "Chidi", ORCID)
ANOTHERS = author("Okafor", "Chidi", "", "University of Lagos")


def test_papers_of_a_followed_author_come_with_what_says_so() -> None:
    batches, reports = walk(source(Sources({"1": THEIRS, "2": ANOTHERS})))
    (batch,) = batches
    assert [record.key for record in batch.records] == ["pubmed:1v1"]
    assert batch.citations == (Citation(OKAFOR.key, "pmid:1", "PubMed"),)
    assert batch.announce
    assert all(report.complete for report in reports)
    assert reports[0].warnings == ("1 listed papers name nobody who is followed",)
    assert (reports[0].stated, reports[0].fetched) == (2, 2)


def test_preprints_come_from_europe_pmc() -> None:
    preprint = result(Citer("PPR9"), "PPR") | {
        "authorList": {"author": [{"lastName": "Okafor", "authorId": {"value": ORCID}}]}
    }
    (batch,), _ = walk(source(Sources(preprints=(preprint,))))
    assert batch.citations == (Citation(OKAFOR.key, "doi:10.5555/ppr9", "Europe PMC"),)


def test_what_is_known_to_be_theirs_is_not_fetched_again() -> None:
    sources = Sources({"1": THEIRS})
    shelf = Shelf(kept={OKAFOR.key: frozenset({"pmid:1"})})
    batches, _ = walk(source(sources, shelf))
    assert batches == []
    assert "records" not in sources.asked


def test_a_paper_of_two_who_are_followed_is_kept_with_both() -> None:
    meier = author("Meier", "Ute", "", "University of Bonn")
    (batch,), _ = walk(source(Sources({"1": THEIRS + meier}), Shelf((OKAFOR, MEIER))))
    assert [each.of for each in batch.citations] == [OKAFOR.key, MEIER.key]


def test_many_authors_go_into_few_queries() -> None:
    people = tuple(FollowedAuthor(f"Okafor{n} C", "", "Heidelberg") for n in range(25))
    sources = Sources()
    _, reports = walk(source(sources, Shelf(people)))
    assert len(reports) == 6
    assert len({each for each in sources.asked if "Okafor" in each}) == 6


def test_an_author_whom_pubmed_does_not_know_yet_is_no_fault() -> None:
    _, reports = walk(source(Sources({"1": THEIRS}, warned=True)))
    assert all(report.complete for report in reports)


def test_without_followed_authors_nothing_is_asked() -> None:
    sources = Sources()
    _, (report,) = walk(source(sources, Shelf(())))
    assert sources.asked == []
    assert report.complete
    assert (report.query, report.warnings) == (NOTHING_ASKED, ("nobody is followed",))


def test_a_place_that_is_down_leaves_a_gap_so_that_the_window_is_walked_again() -> None:
    _, reports = walk(source(Sources({"1": THEIRS}, down={"europepmc"})))
    assert [report.complete for report in reports] == [True, False]
    assert "Okafor" in reports[1].query


def test_where_no_place_can_be_asked_the_poll_fails() -> None:
    with pytest.raises(TransientError):
        walk(source(Sources(down={"europepmc", "ncbi"})))


def test_only_what_is_new_is_walked() -> None:
    authors = source(Sources())
    assert authors.sweeps == {SweepKind.RECENT, SweepKind.WIDE}
    assert authors.name == "authors"
    with pytest.raises(BadRequestError):
        walk(authors, Sweep(SweepKind.ARCHIVE, SWEEP.window))


@pytest.mark.parametrize(
    ("who", "pubmed", "europepmc"),
    [
        (
            FollowedAuthor("X", ORCID),
            f"({ORCID}[auid])",
            f'(AUTHORID:"{ORCID}")',
        ),
        (
            MEIER,
            '((Meier U[au] AND "Bonn"[ad]))',
            '(((AUTH:"Meier U") AND AFF:"Bonn"))',
        ),
        (
            OKAFOR,
            f'({ORCID}[auid] OR (Okafor C[au] AND "Heidelberg"[ad]))',
            f'(AUTHORID:"{ORCID}" OR ((AUTH:"Okafor CN" OR AUTH:"Okafor C") AND AFF:"Heidelberg"))',
        ),
        (
            FollowedAuthor("van der Berg, Anna", "", 'Delft" OR 1[pdat]'),
            '((van der Berg A[au] AND "Delft OR 1 pdat"[ad]))',
            '(((AUTH:"van der Berg A") AND AFF:"Delft OR 1 pdat"))',
        ),
    ],
)
def test_what_is_asked_about_an_author(who: FollowedAuthor, pubmed: str, europepmc: str) -> None:
    assert pubmed_term(who) == pubmed
    assert europepmc_term(who) == europepmc

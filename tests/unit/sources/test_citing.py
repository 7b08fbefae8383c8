from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from service.bootstrap.citing import key_of, last_day
from service.errors import BadRequestError, ParseError, TransientError
from service.normalisation import normalise
from service.records import (
    NOTHING_ASKED,
    Batch,
    Citation,
    Identifiers,
    Record,
    Sweep,
    SweepKind,
    Window,
    WindowReport,
)
from service.sources.citing import CitedSeed, Citing, KnownPaper, query
from service.sources.citing_lists import EuropePmcCitations, OpenAlexCitations, PubMedCitations
from service.sources.citing_papers import Papers
from service.sources.europepmc_papers import EuropePmcPapers
from service.sources.eutils import Account, Entrez
from service.sources.pubmed import DATABASE
from tests.fakes_citing import SEED, Citer, Library
from tests.unit.sources.test_citing_lists import WORKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TODAY = date(2026, 11, 16)
SWEEP = Sweep(SweepKind.RECENT, Window(date(2026, 11, 2), TODAY))
KEY = f"pmid:{SEED}"
OLD = Citer("2", published="2019-05-01", entered="2019-05-03")
NEW = Citer("1")
PREPRINT = Citer("PPR9", listed="europepmc")


@dataclass(frozen=True)
class Walked:
    tried_at: datetime
    whole_at: datetime | None


@dataclass
class Shelf:
    """An archive that holds nothing but what it is told."""

    keys: tuple[str, ...] = (KEY,)
    walks: dict[str, Walked] = field(default_factory=dict)
    known: dict[str, KnownPaper] = field(default_factory=dict)

    def seeds(self) -> Sequence[CitedSeed]:
        return [CitedSeed(key, Identifiers(pmid=key.removeprefix("pmid:"))) for key in self.keys]

    def walked(self) -> Mapping[str, Walked]:
        return self.walks

    def held(self, names: Sequence[str]) -> Mapping[str, KnownPaper]:
        return {name: self.known[name] for name in names if name in self.known}

    def read(self, record: Record) -> KnownPaper | None:
        try:
            paper = normalise(record)
        except ParseError:
            return None
        return KnownPaper(key_of(paper), last_day(paper.published, paper.entered))

    def whole(self, *services: str, days: int = 1) -> Shelf:
        """The lists of the services were walked so many days ago."""
        at = datetime(2026, 11, 16, 8, tzinfo=UTC) - timedelta(days=days)
        told = {query(service, key): Walked(at, at) for service in services for key in self.keys}
        return Shelf(self.keys, self.walks | told, self.known)


def source(library: Library, shelf: Shelf | None = None, services: str = "ep") -> Citing:
    http = library.http()
    europe = EuropePmcPapers(http, "https://europepmc/", "", normalise)
    known = {
        "e": EuropePmcCitations(europe),
        "p": PubMedCitations(http, Account(), "https://eutils/"),
        "o": OpenAlexCitations(http, "k", "https://openalex/"),
    }
    papers = Papers(Entrez(DATABASE, http, Account(), "https://eutils/"), europe)
    return Citing([known[each] for each in services], papers, shelf or Shelf())


def walk(citing: Citing, sweep: Sweep = SWEEP) -> tuple[list[Batch], list[WindowReport]]:
    items = list(citing.poll(sweep, lambda _: pytest.fail("the shelf tells what is held")))
    return (
        [each for each in items if isinstance(each, Batch)],
        [each for each in items if isinstance(each, WindowReport)],
    )


def told(batches: Sequence[Batch], *, announce: bool) -> list[str]:
    chosen = [batch for batch in batches if batch.announce is announce]
    return [record.key for batch in chosen for record in batch.records]


def cited(batches: Sequence[Batch]) -> list[Citation]:
    return [each for batch in batches for each in batch.citations]


# -- what a walk brings ---------------------------------------------------------------------------


def test_citing_papers_come_as_the_records_of_their_own_sources() -> None:
    batches, reports = walk(source(Library([NEW, PREPRINT]), services="e"))
    assert told(batches, announce=True) == ["pubmed:1v1", "europepmc:PPR/PPR9"]
    assert cited(batches) == [
        Citation(KEY, "pmid:1", "Europe PMC"),
        Citation(KEY, "doi:10.5555/ppr9", "Europe PMC"),
    ]
    (report,) = reports
    assert report.complete
    assert (report.query, report.stated, report.fetched) == (query("Europe PMC", KEY), 2, 2)


def test_a_first_walk_takes_old_papers_in_quietly_and_recent_ones_as_news() -> None:
    batches, _ = walk(source(Library([NEW, OLD]), services="p"))
    assert told(batches, announce=True) == ["pubmed:1v1"]
    assert told(batches, announce=False) == ["pubmed:2v1"]
    assert {each.key for each in cited(batches)} == {"pmid:1", "pmid:2"}


def test_an_old_paper_that_entered_its_source_just_now_is_news() -> None:
    late = Citer("3", published="2019-05-01", entered="2026-11-12")
    batches, _ = walk(source(Library([late]), services="p"))
    assert told(batches, announce=True) == ["pubmed:3v1"]


def test_what_later_walks_bring_is_news_however_old() -> None:
    shelf = Shelf().whole("PubMed", days=8)
    batches, _ = walk(source(Library([OLD]), shelf, services="p"))
    assert told(batches, announce=True) == ["pubmed:2v1"]


def test_what_is_held_is_not_fetched_and_still_cites_the_seed() -> None:
    library = Library([NEW, OLD, PREPRINT])
    known = {
        "pmid:1": KnownPaper("pmid:1", TODAY),
        "pmid:2": KnownPaper("pmid:2", date(2019, 5, 3)),
        "europepmc:PPR/PPR9": KnownPaper("doi:10.5555/ppr9", None),
    }
    batches, reports = walk(source(library, Shelf(known=known), services="e"))
    assert library.asked == ["europepmc citations"]
    assert not any(batch.records for batch in batches)
    assert [(each.announce, [c.key for c in each.citations]) for each in batches] == [
        (True, ["pmid:1", "doi:10.5555/ppr9"]),
        (False, ["pmid:2"]),
    ]
    assert reports[0].fetched == 3


def test_what_pubmed_does_not_give_is_asked_of_europe_pmc() -> None:
    batches, (report,) = walk(source(Library([Citer("5")], lacking=True), services="e"))
    assert told(batches, announce=True) == ["europepmc:MED/5"]
    assert report.complete


def test_papers_that_nobody_gives_are_told_and_too_many_of_them_are_a_gap() -> None:
    gone = [Citer(str(number), gone=True) for number in range(1, 8)]
    _, (few,) = walk(source(Library([NEW, *gone[1:3]]), services="e"))
    assert few.complete
    assert few.warnings[0].startswith("2 listed, but not to be fetched")
    _, (many,) = walk(source(Library(gone), services="e"))
    assert many.gap == "7 of 7 listed records could not be fetched"


def test_the_records_of_openalex_are_taken_where_pubmed_has_none() -> None:
    library = Library([Citer("41")], works=WORKS)
    batches, (report,) = walk(source(library, services="o"))
    assert told(batches, announce=True) == ["pubmed:41v1", "openalex:W12", "openalex:W13"]
    assert report.complete


def test_a_record_that_cannot_be_understood_is_handed_on_without_a_citation() -> None:
    class Blind(Shelf):
        def read(self, record: Record) -> KnownPaper | None:
            return None

    batches, _ = walk(source(Library([NEW]), Blind(), services="p"))
    assert told(batches, announce=True) == ["pubmed:1v1"]
    assert cited(batches) == []


# -- which lists are due --------------------------------------------------------------------------


def test_each_list_of_each_seed_is_walked_once_a_week() -> None:
    library = Library([NEW])
    shelf = Shelf().whole("Europe PMC", days=6).whole("PubMed", days=7)
    _, reports = walk(source(library, shelf))
    assert [report.query for report in reports] == [query("PubMed", KEY)]


def test_where_no_list_is_due_nothing_is_asked_and_that_is_told() -> None:
    library = Library([NEW])
    _, (report,) = walk(source(library, Shelf().whole("Europe PMC", "PubMed")))
    assert library.asked == []
    assert report.complete
    assert (report.query, report.warnings) == (NOTHING_ASKED, ("no list is due",))


def test_without_a_seed_that_can_be_looked_up_nothing_is_asked() -> None:
    library = Library()
    _, (report,) = walk(source(library, Shelf(keys=())))
    assert library.asked == []
    assert report.complete


def test_a_list_that_failed_since_it_was_whole_is_walked_again_at_once() -> None:
    whole = datetime(2026, 11, 15, 8, tzinfo=UTC)
    walks = {query("PubMed", KEY): Walked(whole + timedelta(hours=6), whole)}
    batches, _ = walk(source(Library([OLD]), Shelf(walks=walks), services="p"))
    assert told(batches, announce=True) == ["pubmed:2v1"]


def test_a_list_that_never_came_whole_is_still_on_its_first_walk() -> None:
    tried = datetime(2026, 11, 15, 8, tzinfo=UTC)
    shelf = Shelf(walks={query("PubMed", KEY): Walked(tried, None)})
    batches, _ = walk(source(Library([OLD]), shelf, services="p"))
    assert told(batches, announce=False) == ["pubmed:2v1"]


def test_very_many_lists_are_spread_over_several_polls_the_oldest_first() -> None:
    keys = tuple(f"pmid:{number}" for number in range(1, 251))
    asked: list[str] = []

    class Empty(PubMedCitations):
        def listed(self, ids: Identifiers) -> object:  # type: ignore[override]
            asked.append(ids.pmid or "")
            return super().listed(Identifiers(pmid=SEED))

    old = datetime(2026, 10, 1, tzinfo=UTC)
    shelf = Shelf(keys, {query("PubMed", keys[0]): Walked(old, old)})
    library = Library()
    papers = Papers(Entrez(DATABASE, library.http(), Account(), "https://eutils/"), None)
    walk(Citing([Empty(library.http(), Account(), "https://eutils/")], papers, shelf))
    assert len(asked) == 200
    assert asked[0] == "2"
    assert "1" not in asked  # it was walked once; the others never


# -- faults ---------------------------------------------------------------------------------------


def test_a_service_that_is_down_leaves_a_gap_and_is_asked_once_in_a_poll() -> None:
    library = Library(down={"ncbi"})
    _, reports = walk(source(library, Shelf(keys=(KEY, "pmid:7"))))
    whole = [report.query for report in reports if report.complete]
    assert whole == [query("Europe PMC", KEY), query("Europe PMC", "pmid:7")]
    (gap,) = [report for report in reports if not report.complete]
    assert gap.query == query("PubMed", KEY)
    assert "500" in str(gap.gap)
    assert not gap.end_sign


def test_where_no_list_can_be_walked_the_poll_fails() -> None:
    citing = source(Library([NEW], down={"ncbi", "europepmc"}))
    items: list[object] = []
    with pytest.raises(TransientError):
        items.extend(citing.poll(SWEEP, lambda _: set()))


def test_a_list_whose_papers_cannot_be_fetched_is_a_gap() -> None:
    items: list[object] = []
    with pytest.raises(TransientError):  # what came before it stays
        items.extend(source(Library([NEW], down={"ncbi"}), services="e").poll(SWEEP, set))
    (report,) = items
    assert isinstance(report, WindowReport)
    assert not report.complete


def test_other_sweeps_are_refused() -> None:
    wide = Sweep(SweepKind.WIDE, SWEEP.window)
    with pytest.raises(BadRequestError):
        list(source(Library()).poll(wide, lambda _: set()))
    assert source(Library()).sweeps == {SweepKind.RECENT}
    assert source(Library()).name == "citing"


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        (("2026",), date(2026, 12, 31)),
        (("2026-02",), date(2026, 2, 28)),
        (("2026-02-03", "2025"), date(2026, 2, 3)),
        ((None, ""), None),
        (("2026-13", "in spring"), None),
    ],
)
def test_the_last_day_that_partial_dates_can_mean(
    dates: tuple[str | None, ...], day: date | None
) -> None:
    assert last_day(*dates) == day

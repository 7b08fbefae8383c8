from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.records import (
    Batch,
    Citation,
    Identifiers,
    SweepKind,
    Tally,
    Window,
    WindowReport,
)
from service.store import StoredPollBook
from service.store.citations import HeldPaper, Walked
from service.store.holding import Holding
from tests.papers import NOW, paper, record

if TYPE_CHECKING:
    from service.store import Store
    from tests.papers import Archive

ONE, TWO = "pmid:40000001", "pmid:40000002"
SEED, OTHER = "pmid:41000000", "doi:10.5555/review"


def cites(key: str, of: str = SEED, by: str = "PubMed") -> Citation:
    return Citation(of, key, by)


def save(store: Store, *citations: Citation) -> frozenset[str]:
    with store.writing() as tx:
        return tx.citations.save(citations, NOW)


def test_only_what_no_service_had_said_before_is_new(store: Store) -> None:
    assert save(store, cites("pmid:1"), cites("pmid:2")) == {"pmid:1", "pmid:2"}
    assert save(store, cites("pmid:1"), cites("pmid:2", by="Europe PMC")) == frozenset()
    assert save(store, cites("pmid:1", OTHER), cites("pmid:3")) == {"pmid:1", "pmid:3"}
    with store.reading() as tx:
        assert tx.citations.papers(SEED) == ["pmid:1", "pmid:2", "pmid:3"]
        assert tx.citations.counts([SEED, OTHER, "pmid:9"]) == {SEED: 3, OTHER: 1}


def test_nothing_is_nothing(store: Store) -> None:
    assert save(store) == frozenset()
    with store.reading() as tx:
        assert tx.citations.of([1, 2]) == {}
        assert tx.citations.held([]) == {}
        assert tx.citations.walked("citing") == {}


def test_a_work_has_what_is_said_of_any_of_its_papers(archive: Archive) -> None:
    archive.take_in(paper(1), paper(2))
    cited = (cites(ONE), cites("doi:10.5555/stroma.1", OTHER), cites("doi:10.5555/stroma.1"))
    save(archive.store, *cited)
    with archive.store.reading() as tx:
        works = tx.works.keyed([ONE, TWO])
        assert tx.citations.of(list(works.values())) == {works[ONE]: {SEED, OTHER}}


def test_what_the_archive_holds_is_told_by_name(archive: Archive) -> None:
    ids = Identifiers(doi="10.5555/p", pmid="12")
    archive.take_in(paper(1), paper(7, source="europepmc", source_id="PPR/PPR9", ids=ids))
    with archive.store.reading() as tx:
        found = tx.citations.held([ONE, "pmid:99", "europepmc:PPR/PPR9", "europepmc:PPR/X"])
    assert found[ONE] == HeldPaper(ONE, "2026-11-12", "2026-11-13")
    assert found["europepmc:PPR/PPR9"].key == "pmid:12"
    assert set(found) == {ONE, "europepmc:PPR/PPR9"}


def test_a_paper_that_is_gone_is_not_held(archive: Archive) -> None:
    archive.take_in(paper(1))
    archive.delete("pubmed", "40000001")
    with archive.store.reading() as tx:
        assert tx.citations.held([ONE]) == {}


def receipt(store: Store, query: str, gap: str | None, hours: int) -> None:
    at = NOW + timedelta(hours=hours)
    window = Window(date(2026, 11, 9), date(2026, 11, 16))
    report = WindowReport(window, SweepKind.RECENT, query, None, 1, 1, gap is None, gap)
    book = StoredPollBook(Holding(store, "me"))
    assert book.claim("citing", at, force=True)
    book.receipt("citing", report, Tally(), at, at)
    book.release("citing")


def test_the_receipts_tell_when_a_list_was_walked(store: Store) -> None:
    receipt(store, "one", None, 0)
    receipt(store, "one", "it broke off", 6)
    receipt(store, "two", "it broke off", 1)
    with store.reading() as tx:
        assert tx.citations.walked("citing") == {
            "one": Walked(NOW + timedelta(hours=6), NOW),
            "two": Walked(NOW + timedelta(hours=1), None),
        }
        assert tx.citations.walked("authors") == {}


# -- taking in ------------------------------------------------------------------------------------


def take_in(archive: Archive, *citations: Citation, new: int = 0, announce: bool = True) -> None:
    records = (record(paper(new)),) if new else ()
    pipeline.take_in(archive.parts, Batch(records, (), citations, announce), "citing")


def last(archive: Archive) -> int:
    with archive.store.reading() as tx:
        return tx.works.sequence()


def test_that_a_held_work_cites_a_seed_wakes_it_for_the_next_digests(archive: Archive) -> None:
    archive.take_in(paper(1), paper(2))
    before = last(archive)
    take_in(archive, cites(ONE))
    assert archive.window(before) == [archive.work("40000001")]
    before = last(archive)
    take_in(archive, cites(ONE), cites(ONE, by="Europe PMC"))  # the same again is no news
    assert archive.window(before) == []


@pytest.mark.parametrize("announce", [True, False])
def test_a_quiet_batch_wakes_nothing_and_announces_nothing(
    archive: Archive, announce: bool
) -> None:
    archive.take_in(paper(1))
    before = last(archive)
    take_in(archive, cites(ONE), cites(TWO), new=2, announce=announce)
    works = sorted([archive.work("40000001"), archive.work("40000002")])
    assert archive.window(before) == (works if announce else [])
    with archive.store.reading() as tx:
        assert set(tx.citations.of(works)) == set(works)


def test_a_work_that_was_taken_in_quietly_is_not_woken(archive: Archive) -> None:
    archive.take_in(paper(1), announce=False)
    before = last(archive)
    take_in(archive, cites(ONE))
    assert archive.window(before) == []


def test_what_an_import_announces_to_nobody_stays_so(archive: Archive) -> None:
    batch = Batch((record(paper(1)),), (), (cites(ONE),))
    pipeline.take_in(archive.parts, batch, "citing", announce=False)
    assert archive.window() == []

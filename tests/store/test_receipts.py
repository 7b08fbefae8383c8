"""Receipts as audits read them, papers that two sources should know, receipts of rankings."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import auditing
from service.audits import DayState, Setup
from service.errors import InputError
from service.records import (
    Identifiers,
    RankingRun,
    Sign,
    SweepKind,
    Tally,
    Window,
    WindowReport,
)
from service.records.audits import IMPORT, Pair
from tests.papers import NOW, Archive, paper, preprint

if TYPE_CHECKING:
    from service.records import Paper
    from service.store import Store

DAY = timedelta(days=1)
WEEK = Window(date(2026, 11, 9), date(2026, 11, 16))


def keep(
    store: Store,
    *,
    source: str = "pubmed",
    ago: timedelta = timedelta(),
    tally: Tally | None = None,
    **changes: Any,
) -> None:
    values: dict[str, Any] = {
        "window": WEEK,
        "kind": SweepKind.RECENT,
        "query": "stroma[ti]",
        "translation": '"stroma"[Title]',
        "stated": 12,
        "fetched": 12,
        "end_sign": True,
    }
    made = WindowReport(**values | changes)
    with store.writing() as tx:
        tx.sources.add_receipt(
            source, made, tally or Tally(new=5), started_at=NOW - ago, finished_at=NOW - ago
        )


# -- receipts


def test_a_receipt_is_read_as_it_was_written_whoever_reads_it(store: Store) -> None:
    tally = Tally(3, 2, 1, 1, 4, {"damaged": 1}, {"abstract": 2, "doi": 0})
    keep(store, tally=tally, warnings=("odd",), signs=frozenset({Sign.ZERO, Sign.CLAMPED}))
    with store.reading() as tx:
        [by_source], [by_page] = tx.sources.receipts(), tx.listing.receipts(9)
        alone = tx.receipts.get(by_source.id)
    assert by_source == by_page == alone
    assert alone.signs == (Sign.CLAMPED, Sign.ZERO)
    assert (alone.dropped, alone.lacking, alone.gone) == (tally.dropped, tally.lacking, 4)
    assert (alone.translation, alone.started_at) == ('"stroma"[Title]', NOW)
    assert alone.program.startswith("litwatch ")


def test_a_receipt_that_is_not_there_is_said_to_be_missing(store: Store) -> None:
    with store.reading() as tx, pytest.raises(InputError, match="receipt 7: is not in"):
        tx.receipts.get(7)


def test_walks_are_read_in_the_order_of_their_ends(store: Store) -> None:
    for hours in (1, 3, 2):
        keep(store, ago=timedelta(hours=hours))
    keep(store, source="pmc", ago=timedelta(hours=4), warnings=("short",))
    with store.writing() as tx:
        tx.sources.add_import_receipt("pubmed", "refs.ris", Tally(new=2), NOW, NOW)
        walks = tx.receipts.walks(NOW - DAY)
        assert [walk.source for walk in tx.receipts.walks(NOW - DAY, source="pmc")] == ["pmc"]
        assert len(tx.receipts.walks(NOW - timedelta(hours=2), NOW - timedelta(hours=1))) == 2
    ends = [walk.finished_at for walk in walks]
    assert ends == sorted(ends)
    assert [walk.explained for walk in walks] == [True, False, False, False, False]
    assert (walks[-1].kind, walks[-1].window) == (IMPORT, None)
    assert (walks[0].window, walks[0].known, walks[0].signs) == (WEEK, 7, frozenset())


def test_the_first_poll_of_a_source_is_remembered(store: Store) -> None:
    with store.writing() as tx:
        assert tx.receipts.first_polled() == {}
        tx.sources.begin("pubmed", NOW, force=False)
        tx.sources.begin("pubmed", NOW + DAY, force=True)
        assert tx.receipts.first_polled() == {"pubmed": NOW}


# -- an audit of what is kept


def test_an_audit_reads_marks_waits_and_receipts(store: Store) -> None:
    with store.writing() as tx:
        tx.sources.begin("pubmed", NOW - 9 * DAY, force=False)
        tx.sources.failed("pubmed", "transient", "HTTP 503", NOW + timedelta(hours=1))
    for days in range(9, 3, -1):
        end = NOW.date() - days * DAY
        keep(store, ago=days * DAY, window=Window(end - 7 * DAY, end))
    keep(store, ago=3 * DAY, gap="12 short", end_sign=False)
    found = auditing.report(store, Setup(enabled=frozenset({"pubmed", "pmc"})), NOW)
    by_name = {each.name: each for each in found.sources}
    assert by_name.keys() == {"pubmed", "pmc"}
    assert by_name["pubmed"].count(DayState.PROVED) > 0
    [gap] = found.gaps
    assert (gap.cause, gap.again) == ("12 short", NOW + timedelta(hours=1))
    with store.reading() as tx:
        alone = auditing.of_one(tx, Setup(), "pubmed", NOW)
    assert alone.sources[0].days == by_name["pubmed"].days
    assert alone.cross == ()


def test_works_that_came_on_days_that_were_gaps_then_were_missed(archive: Archive) -> None:
    store = archive.store
    keep(store, ago=5 * DAY, window=Window(date(2026, 11, 4), date(2026, 11, 11)))
    keep(store, ago=2 * DAY, window=WEEK, gap="HTTP 503", end_sign=False)
    archive.now = NOW + DAY
    archive.take_in(paper(1, entered="2026-11-13"), paper(2, entered="2026-11-05"), preprint(3))
    with store.reading() as tx:
        numbers = [archive.work(f"10.5555/stroma.{n}") for n in (1, 2)]
        works = tx.works.many([*numbers, archive.work("10.1101/2026.000003")])
        entered = tx.works.entered([work.id for work in works])
        assert auditing.missed(tx, works, entered, NOW) == {numbers[0]}
        later = NOW + 2 * DAY
        assert auditing.missed(tx, works, entered, later) == set(), "it was there by then"


# -- two sources


PREPRINTS = Pair("europepmc", ("biorxiv", "medrxiv"), "doi", 3, "PPR/", ("10.1101/20",))


def listed(number: int, **changes: Any) -> Paper:
    """The record of Europe PMC of `preprint(number)`."""
    own = {"source": "europepmc", "source_id": f"PPR/PPR{number}"}
    return preprint(number, version="", **own | changes)


def test_a_paper_of_one_source_is_looked_for_at_the_others(archive: Archive) -> None:
    archive.take_in(listed(1), listed(2), preprint(3))
    archive.now = NOW + DAY
    archive.take_in(preprint(1, source="medrxiv"), preprint(1, version="2"))
    archive.take_in(listed(4, source_id="MED/4"), listed(5, ids=Identifiers(doi="10.5555/five")))
    with archive.store.reading() as tx:
        found = {each.identity: each for each in tx.receipts.sightings(PREPRINTS, NOW, NOW + DAY)}
        assert found.keys() == {"10.1101/2026.000001", "10.1101/2026.000002"}
        known, missing = found["10.1101/2026.000001"], found["10.1101/2026.000002"]
        assert (known.seen_at, known.known_at) == (NOW, NOW + DAY)
        assert (missing.known_at, missing.published) == (None, date(2026, 6, 1))
        assert tx.receipts.sightings(PREPRINTS, NOW - DAY, NOW) == []
        later = tx.receipts.sightings(PREPRINTS, NOW + DAY, NOW + 2 * DAY)
    assert later == [], "what came that day is of another kind"


def test_a_paper_is_looked_for_by_its_pmid(archive: Archive) -> None:
    pair = Pair("pmc", ("pubmed",), "pmid", 7)
    copies = [
        paper(n, source="pmc", source_id=f"PMC{n}", published=told)
        for n, told in ((1, "2026-11-12"), (2, "2026-11"), (3, None))
    ]
    archive.take_in(*copies, paper(2))
    with archive.store.reading() as tx:
        found = {each.identity: each for each in tx.receipts.sightings(pair, NOW, NOW + DAY)}
    assert {name: each.known_at for name, each in found.items()} == {
        "40000001": None,
        "40000002": NOW,
        "40000003": None,
    }
    assert found["40000001"].published == date(2026, 11, 12)
    assert found["40000003"].published is None


def test_papers_that_were_deleted_are_not_looked_for(archive: Archive) -> None:
    archive.take_in(listed(1))
    archive.delete("europepmc", "PPR/PPR1")
    with archive.store.reading() as tx:
        assert tx.receipts.sightings(PREPRINTS, NOW, NOW + DAY) == []


def test_old_records_are_skipped_without_being_read(archive: Archive) -> None:
    for days in range(12):
        archive.now = NOW + days * DAY
        archive.take_in(*(listed(10 * days + n) for n in range(1, 4)))
    with archive.store.reading() as tx:
        for days in range(12):
            at = NOW + days * DAY
            assert tx.receipts._first_record(at) == 3 * days + 1
            assert len(tx.receipts.sightings(PREPRINTS, at, at + DAY)) == 3
        assert tx.receipts._first_record(NOW + 99 * DAY) == 37


# -- rankings


def run(**changes: Any) -> RankingRun:
    values: dict[str, Any] = {
        "purpose": "week",
        "topic": "stroma",
        "version": 2,
        "lo": 3,
        "hi": 9,
        "screened": 6,
        "wanted": 2,
        "line": 0.5,
        "encoder": "mini (1, float32, text 2)",
        "program": "litwatch 0",
    }
    return RankingRun(**values | changes)


def test_rankings_are_told_the_newest_first(store: Store) -> None:
    with store.writing() as tx:
        tx.runs.add([run(), run(topic="neutrophils", missing="no model", encoder="")], NOW)
        tx.runs.add([run(purpose="digest", digest="d1")], NOW + DAY)
        tx.runs.add([], NOW)
    with store.reading() as tx:
        newest, *others = tx.runs.latest(9)
        assert (newest.digest, newest.at) == ("d1", NOW + DAY)
        assert len(others) == 2
        assert [each.topic for each in tx.runs.latest(1)] == ["stroma"]
        assert tx.runs.latest(9, topic="neutrophils")[0].missing == "no model"
        assert [each.purpose for each in tx.runs.latest(9, digest="d1")] == ["digest"]
        assert len(tx.runs.latest(9, since=NOW + DAY)) == 1

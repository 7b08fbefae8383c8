from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.errors import StoreError
from service.records import Batch, Identifiers, Record, Relation, Tally
from service.store.held import payload_hash
from tests.papers import NOW, Archive, paper, preprint, record, states

if TYPE_CHECKING:
    from service.store import Store

DAY = timedelta(days=1)


def test_the_same_payload_again_only_touches_when_it_was_last_seen(archive: Archive) -> None:
    assert archive.take_in(paper()) == Tally(new=1)
    with archive.store.reading() as tx:
        before, work = tx.works.sequence(), tx.works.get(1)
    archive.now += DAY
    assert archive.take_in(paper()) == Tally(same=1)
    with archive.store.reading() as tx:
        held = tx.works.records(1)[0]
        assert (held.first_seen_at, held.last_seen_at) == (NOW, NOW + DAY)
        assert (tx.works.sequence(), tx.works.get(1)) == (before, work)


def test_a_revised_record_changes_its_work_and_stays_in_it(archive: Archive) -> None:
    archive.take_in(paper(1), paper(2))
    changed = paper(
        1, abstract="Now with a result.", ids=Identifiers(pmid="40000001", pmcid="PMC1")
    )
    assert archive.take_in(changed) == Tally(changed=1)
    with archive.store.reading() as tx:
        work = tx.works.get(1)
        assert (work.abstract, work.ids.pmcid) == ("Now with a result.", "PMC1")
        assert tx.works.counts() == {"works": 2, "records": 2, "gone": 0, "unparsed": 0}
        [held] = tx.works.records(1)
        assert held.record == record(changed)
        assert held.joined_by == "first record of this work"


def test_a_work_is_new_again_only_when_its_text_changed(archive: Archive) -> None:
    archive.take_in(paper(1))
    end = archive.window()[-1]
    archive.take_in(paper(1, venue="Another journal"))
    assert archive.window(end) == []
    archive.take_in(paper(1, abstract="Rewritten."))
    assert archive.window(end) == [1]


def test_of_two_revisions_in_one_batch_the_later_counts(archive: Archive) -> None:
    assert archive.take_in(paper(1, title="Old"), paper(1, title="New")) == Tally(new=1)
    with archive.store.reading() as tx:
        assert tx.works.get(1).title == "New"


def test_records_of_one_paper_become_one_work(archive: Archive) -> None:
    article = paper(1, links=(states(Relation.HAS_PREPRINT, doi="10.1101/2026.000001"),))
    archive.take_in(preprint(1), preprint(1, "2"))
    archive.take_in(article)
    with archive.store.reading() as tx:
        work = tx.works.get(1)
        assert work.sources == ("biorxiv", "pubmed")
        assert work.venue == "Journal of Stromal Biology"
        reasons = [held.joined_by for held in tx.works.records(1)]
    assert reasons[1] == "same doi 10.1101/2026.000001"
    assert reasons[2] == "pubmed:40000001 has the preprint doi 10.1101/2026.000001"


def _bridged(archive: Archive) -> None:
    """Works 1 and 2, then a record that holds the ids of both."""
    one = paper(1, ids=Identifiers(doi="10.5555/one"), source="pmc", source_id="PMC1")
    archive.take_in(one)
    archive.take_in(paper(2, ids=Identifiers(pmid="40000002")))
    archive.now += DAY
    bridge = Identifiers(doi="10.5555/one", pmid="40000002")
    archive.take_in(paper(2, ids=bridge, source="europepmc", source_id="MED/2"))


def test_a_record_that_bridges_two_works_merges_them_into_the_older(archive: Archive) -> None:
    _bridged(archive)
    with archive.store.reading() as tx:
        assert tx.works.counts()["works"] == 1
        assert tx.works.get(2).id == 1
        assert tx.works.many([1, 2]) == [tx.works.get(1)]
        assert len(tx.works.records(1)) == 3
        assert tx.works.records(2) == []
        [event] = tx.works.history(2)
    assert (event.action, event.kept, event.other, event.at) == ("merge", 1, 2, NOW + DAY)
    assert event.reason == "same pmid 40000002"
    assert archive.work("40000002") == 1


def test_a_merged_work_can_be_merged_again(archive: Archive) -> None:
    """Old numbers point at the last survivor, not along a chain."""
    archive.take_in(paper(9, ids=Identifiers(arxiv="2611.00009"), source="arxiv", source_id="9"))
    archive.take_in(paper(1, ids=Identifiers(doi="10.5555/one")))
    archive.take_in(paper(2, ids=Identifiers(pmid="2"), source_id="2"))
    both = Identifiers(doi="10.5555/one", pmid="2")
    archive.take_in(paper(2, ids=both, source="europepmc", source_id="MED/2"))
    all_three = Identifiers(doi="10.5555/one", arxiv="2611.00009")
    archive.take_in(paper(1, ids=all_three, source="crossref", source_id="10.5555/one"))
    with archive.store.reading() as tx:
        assert [tx.works.get(number).id for number in (1, 2, 3)] == [1, 1, 1]
        assert len(tx.works.records(1)) == 5


def test_an_announced_work_that_a_quiet_one_takes_in_is_still_new(archive: Archive) -> None:
    one = paper(1, ids=Identifiers(doi="10.5555/one"), source="pmc", source_id="PMC1")
    archive.take_in(one, announce=False)
    archive.take_in(paper(1, ids=Identifiers(pmid="40000001"), title="Another title of it"))
    assert archive.window() == [2]
    both = Identifiers(doi="10.5555/one", pmid="40000001")
    archive.take_in(paper(1, ids=both, source="europepmc", source_id="MED/1"))
    assert archive.window(2) == [1]


def test_imported_works_are_found_but_not_new(archive: Archive) -> None:
    archive.take_in(paper(1), announce=False)
    assert archive.window() == []
    assert archive.found("stromal") == [1]


def test_a_deleted_record_takes_its_work_out_of_windows_and_search(archive: Archive) -> None:
    archive.take_in(paper(1), paper(2))
    assert archive.delete("pubmed", "40000001", "unheard of") == Tally(gone=1)
    assert archive.window() == [2]
    assert archive.found("stromal") == [2]
    with archive.store.reading() as tx:
        assert tx.works.records(1)[0].gone_at == NOW
        assert tx.works.counts() == {"works": 1, "records": 2, "gone": 1, "unparsed": 0}
    assert archive.delete("pubmed", "40000001") == Tally()


def test_a_work_with_another_record_outlives_a_deletion(archive: Archive) -> None:
    archive.take_in(paper(1), paper(1, source="europepmc", source_id="MED/40000001"))
    archive.delete("pubmed", "40000001")
    assert archive.window() == [1]


@pytest.mark.parametrize("abstract", [paper(1).abstract, "Revised."], ids=["same", "revised"])
def test_a_deleted_record_that_comes_back_brings_its_work_back(
    archive: Archive, abstract: str
) -> None:
    archive.take_in(paper(1))
    archive.delete("pubmed", "40000001")
    archive.take_in(paper(1, abstract=abstract))
    assert archive.window() == [1]
    assert archive.found("stromal") == [1]
    with archive.store.reading() as tx:
        assert tx.works.records(1)[0].gone_at is None


def _garbled(of: Record) -> Record:
    return replace(of, payload=b"")


def test_a_record_that_cannot_be_understood_is_kept_with_the_reason(archive: Archive) -> None:
    bad = _garbled(record(paper(1)))
    assert archive.take_in_records(bad, record(paper(2))) == Tally(new=1, unparsed=1)
    with archive.store.reading() as tx:
        assert list(tx.works.unparsed()) == [("pubmed:40000001", "pubmed:40000001: is empty")]
    assert archive.take_in_records(bad) == Tally(same=1)
    assert archive.take_in(paper(1)) == Tally(changed=1)
    with archive.store.reading() as tx:
        assert list(tx.works.unparsed()) == []
        [held] = tx.works.records(archive.work("40000001"))
    assert held.joined_by == "first record of this work"


def test_a_record_garbled_for_a_while_stays_in_its_work(archive: Archive) -> None:
    """Its work neither vanishes meanwhile nor comes a second time afterwards."""
    archive.take_in(paper(1))
    archive.take_in_records(_garbled(record(paper(1))))
    with archive.store.reading() as tx:
        assert tx.works.get(1).title == paper(1).title
        assert [held.id for held in tx.works.records(1)] == [1]
    archive.take_in(paper(1, abstract="Whole again."))
    with archive.store.reading() as tx:
        assert tx.works.counts() == {"works": 1, "records": 1, "gone": 0, "unparsed": 0}
        assert tx.works.get(1).abstract == "Whole again."


def test_a_better_normaliser_places_a_record_whose_payload_did_not_change(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = _garbled(record(paper(1)))
    archive.take_in_records(bad)
    monkeypatch.setattr(pipeline, "normalise", lambda _record: paper(1))
    assert archive.take_in_records(bad) == Tally(changed=1)
    assert archive.window() == [archive.work("40000001")]


@pytest.mark.parametrize("bad", ["\x00", "\ud800"], ids=["nul", "surrogate"])
def test_what_no_database_can_keep_is_left_out(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    hostile = paper(
        1,
        title=f"Fibro{bad}blasts",
        abstract=f"{bad}Text",
        venue=f"J{bad}",
        ids=Identifiers(doi=f"10.5555/{bad}x", pmid=f"1{bad}", pmcid=f"PMC{bad}1", arxiv=f"2{bad}"),
        url=f"https://x.example.org/{bad}",
        pdf_url=bad,
        published=f"2026{bad}",
        entered=f"2026{bad}",
        source_id=f"s{bad}1",
        version=f"1{bad}",
    )
    monkeypatch.setattr(pipeline, "normalise", lambda _record: hostile)
    given = Record("biorxiv", hostile.source_id, hostile.version, "paper", b"payload\x00")
    assert archive.take_in_records(given) == Tally(new=1)
    assert archive.take_in_records(given) == Tally(same=1)
    with archive.store.reading() as tx:
        work = tx.works.get(1)
        assert (work.title, work.abstract, work.venue) == ("Fibroblasts", "Text", "J")
        assert work.ids == Identifiers("10.5555/x", "1", "PMC1", "2")
        assert tx.works.records(1)[0].record.payload == b"payload\x00"
        assert tx.held.known_ids("biorxiv", [hostile.source_id]) == {hostile.source_id}
    assert archive.found("fibroblasts") == [1]


def test_a_batch_that_fails_leaves_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_named: object) -> int:
        raise StoreError("database", "power cut")

    monkeypatch.setattr("service.store.intake.Intake.mark_gone", broken)
    with pytest.raises(StoreError):
        pipeline.take_in(archive.parts, Batch((record(paper(1)),), ("1",)), "pubmed")
    with archive.store.reading() as tx:
        assert tx.works.counts() == {"works": 0, "records": 0, "gone": 0, "unparsed": 0}
        assert tx.works.sequence() == 0


def test_only_ids_that_are_held_are_known(store: Store, archive: Archive) -> None:
    archive.take_in(paper(1), preprint(2, "3"))
    with store.reading() as tx:
        assert tx.held.known_ids("pubmed", ["40000001", "2"]) == {"40000001"}
        assert tx.held.known_ids("biorxiv", ["10.1101/2026.000002"]) == {"10.1101/2026.000002"}
        assert tx.held.known_ids("medrxiv", ["10.1101/2026.000002"]) == set()


def test_more_records_than_a_statement_can_name_are_taken_in(archive: Archive) -> None:
    count = 5_500
    many = [paper(number, title=f"Short {number}") for number in range(count)]
    assert archive.take_in(*many) == Tally(new=count)
    assert archive.take_in(*many) == Tally(same=count)
    names = [one.source_id for one in many]
    assert archive.delete("pubmed", *names) == Tally(gone=count)


def test_payloads_are_told_apart() -> None:
    assert payload_hash(b"one") != payload_hash(b"two")
    assert len(payload_hash(b"")) == 16


def test_two_writers_of_one_paper_make_one_work(archive: Archive) -> None:
    """Each of two sources brings the same papers at the same time."""
    ready = threading.Barrier(2)

    def bring(source: str) -> None:
        ready.wait()
        for number in range(20):
            archive.take_in(paper(number, source=source, source_id=f"{source}{number}"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(bring, ["pubmed", "europepmc"]))
    with archive.store.reading() as tx:
        assert tx.works.counts() == {"works": 20, "records": 40, "gone": 0, "unparsed": 0}


def test_numbers_become_visible_in_their_order(store: Store, archive: Archive) -> None:
    """Whoever has read the sequence up to a number will never meet a lower one as new."""
    stop = threading.Event()
    seen: list[int] = []
    passed: list[tuple[int, int]] = []

    def write(start: int) -> None:
        for number in range(start, start + 25):
            archive.take_in(paper(number))

    def read() -> None:
        mark = 0
        while not stop.is_set():
            with store.reading() as tx:
                end = tx.works.sequence()
            with store.reading() as tx:
                new = [candidate.work_id for candidate in tx.works.window(mark, end)]
            if len(new) != end - mark:
                passed.append((mark, end))
            seen.extend(new)
            mark = end

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, [100, 200]))
    stop.set()
    reader.join()
    seen.extend(archive.window(len(seen)))
    assert passed == []
    assert seen == list(range(1, 51))

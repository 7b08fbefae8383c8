from __future__ import annotations

from datetime import timedelta

import pytest

from service import pipeline
from service.errors import InputError
from service.records import Flag, Identifiers, Kind, Relation
from tests.papers import NOW, Archive, paper, preprint, states

DAY = timedelta(days=1)


def test_a_work_shows_what_its_paper_says(archive: Archive) -> None:
    ids = Identifiers("10.5555/x", "40000001", "PMC7", "2611.00001")
    archive.take_in(paper(1, ids=ids, flags=frozenset({Flag.RETRACTED}), kind=Kind.REVIEW))
    with archive.store.reading() as tx:
        work = tx.works.get(1)
    assert work.title == paper(1).title
    assert work.authors == ("Lindqvist1 Maja", "Okafor Chidi")
    assert (work.kind, work.flags) == (Kind.REVIEW, frozenset({Flag.RETRACTED}))
    assert work.ids == ids
    assert work.first_seen_at == NOW
    assert work.published == "2026-11-12"


@pytest.mark.parametrize(
    "name",
    ["1", " 1 ", "40000001", "10.5555/Stroma.1", "pmc7", "2611.00001"],
)
def test_a_work_answers_to_its_number_and_its_ids(archive: Archive, name: str) -> None:
    ids = Identifiers("10.5555/stroma.1", "40000001", "PMC7", "2611.00001")
    archive.take_in(paper(1, ids=ids))
    assert archive.work(name) == 1


@pytest.mark.parametrize(
    "name", ["", "2", "9" * 30, "²", "٣", "\x00", "\ud800", "'; DROP TABLE work", "10.5555/other"]
)
def test_a_name_that_no_work_has_is_refused(archive: Archive, name: str) -> None:
    archive.take_in(paper(1))
    with pytest.raises(InputError, match="is not in the archive"):
        archive.work(name)


def test_a_number_that_is_no_work_is_refused(archive: Archive) -> None:
    with archive.store.reading() as tx, pytest.raises(InputError):
        tx.works.get(7)


def test_works_are_found_by_keys_and_never_by_their_numbers(archive: Archive) -> None:
    ids = Identifiers("10.5555/x", "40000001", "PMC7", "2611.00001")
    archive.take_in(paper(1, ids=ids), paper(2), paper(3))
    archive.delete("pubmed", "40000003")
    keys = ["pmid:40000001", "pmcid:PMC7", "arxiv:2611.00001", "doi:10.5555/stroma.2"]
    with archive.store.reading() as tx:
        assert tx.works.keyed([*keys, "pmid:1", "pmid:40000003", "1", ""]) == {
            **dict.fromkeys(keys[:3], 1),
            keys[3]: 2,
        }
        assert tx.works.keyed([]) == {}


def test_a_work_that_was_merged_is_found_by_the_keys_of_both(archive: Archive) -> None:
    archive.take_in(preprint(1, ids=Identifiers("10.1101/2026.000001")))
    archive.take_in(paper(1))
    with archive.store.reading() as tx:
        found = tx.works.keyed(["doi:10.1101/2026.000001", "pmid:40000001"])
    assert set(found.values()) == {archive.work("40000001")}


def test_many_keeps_the_order_asked_for(archive: Archive) -> None:
    archive.take_in(*map(paper, range(3)))
    with archive.store.reading() as tx:
        assert [work.id for work in tx.works.many([3, 9, 1, 2])] == [3, 1, 2]
        assert tx.works.many([]) == []


def test_a_window_ends_where_it_says(archive: Archive) -> None:
    archive.take_in(*map(paper, range(4)))
    assert archive.window(1, 3) == [2, 3]
    assert archive.window(4) == []


def test_the_sequence_before_a_moment_counts_what_was_there_then(archive: Archive) -> None:
    with archive.store.reading() as tx:
        assert (tx.works.sequence(), tx.works.sequence_before(NOW)) == (0, 0)
    archive.take_in(paper(1), paper(2))
    archive.now += DAY
    archive.take_in(paper(3))
    with archive.store.reading() as tx:
        assert tx.works.sequence_before(NOW) == 0
        assert tx.works.sequence_before(NOW + DAY) == 2
        assert tx.works.sequence_before(NOW + 2 * DAY) == 3


def test_a_sample_is_spread_over_works_with_an_abstract(archive: Archive) -> None:
    archive.take_in(*(paper(n, abstract="" if n == 3 else f"About {n}.") for n in range(40)))
    with archive.store.reading() as tx:
        few = [candidate.work_id for candidate in tx.works.sample(10)]
        assert few == [candidate.work_id for candidate in tx.works.sample(10)]
        assert len(tx.works.sample(100)) == 39
        assert max(candidate.work_id for candidate in tx.works.sample(100, before=20)) == 20
    assert 7 <= len(few) <= 10
    assert max(few) > 30


def test_the_day_a_work_entered_its_source_is_told(archive: Archive) -> None:
    archive.take_in(paper(1), paper(2, entered=None))
    with archive.store.reading() as tx:
        assert tx.works.entered([1, 2, 99]) == {1: "2026-11-13"}


def test_kinds_are_counted_the_commonest_first(archive: Archive) -> None:
    archive.take_in(paper(1, kind=Kind.TRIAL), *map(paper, range(2, 4)))
    with archive.store.reading() as tx:
        assert list(tx.works.kinds().items()) == [("article", 2), ("trial", 1)]


# -- undoing a merge


def _wrongly_merged(archive: Archive) -> None:
    """One work of a preprint and an article that states the wrong preprint."""
    archive.take_in(preprint(1))
    archive.take_in(paper(2, links=(states(Relation.HAS_PREPRINT, doi="10.1101/2026.000001"),)))
    with archive.store.reading() as tx:
        assert tx.works.counts()["works"] == 1


def test_a_split_undoes_a_merge(archive: Archive) -> None:
    _wrongly_merged(archive)
    archive.now += DAY
    number = archive.split("1", "pubmed:40000002")
    with archive.store.reading() as tx:
        kept, parted = tx.works.get(1), tx.works.get(number)
        assert (kept.title, kept.sources) == (paper(1).title, ("biorxiv",))
        assert (parted.title, parted.sources) == (paper(2).title, ("pubmed",))
        assert tx.works.history(number) == tx.works.history(1)
        [event] = tx.works.history(1)
        assert (event.action, event.other, event.reason) == ("split", number, "two papers")
        assert tx.works.records(number)[0].joined_by == "split from work 1: two papers"
    assert archive.work("40000002") == number
    assert archive.found("stromal", "niche 1") == [1]


def test_what_was_split_off_is_not_called_new(archive: Archive) -> None:
    _wrongly_merged(archive)
    archive.split("1", "pubmed:40000002")
    assert archive.window() == [1]


def test_what_was_split_is_not_joined_by_the_same_records(archive: Archive) -> None:
    _wrongly_merged(archive)
    number = archive.split("1", "pubmed:40000002")
    link = states(Relation.HAS_PREPRINT, doi="10.1101/2026.000001")
    archive.take_in(paper(2, links=(link,), abstract="Revised, with the same link."))
    archive.take_in(preprint(1, abstract="Revised too."))
    assert archive.record_ids(1).keys() == {"biorxiv:10.1101/2026.000001v1"}
    assert archive.record_ids(number).keys() == {"pubmed:40000002"}


def test_what_was_split_is_not_joined_through_a_third_record(archive: Archive) -> None:
    _wrongly_merged(archive)
    number = archive.split("1", "pubmed:40000002")
    both = Identifiers(doi="10.1101/2026.000001", pmid="40000002")
    archive.take_in(paper(2, ids=both, source="europepmc", source_id="MED/2"))
    with archive.store.reading() as tx:
        assert tx.works.get(number).id == number
        assert tx.works.counts()["works"] == 2


def test_what_was_split_stays_apart_when_its_work_is_merged_away(archive: Archive) -> None:
    archive.take_in(paper(9, ids=Identifiers(arxiv="2611.00009"), source="arxiv", source_id="9"))
    archive.take_in(preprint(1))
    archive.take_in(paper(2, links=(states(Relation.HAS_PREPRINT, doi="10.1101/2026.000001"),)))
    number = archive.split("10.1101/2026.000001", "pubmed:40000002")
    both = Identifiers(doi="10.1101/2026.000001", arxiv="2611.00009")
    archive.take_in(paper(9, ids=both, source="crossref", source_id="x"))
    assert archive.work("10.1101/2026.000001") == 1
    all_three = Identifiers(doi="10.1101/2026.000001", pmid="40000002")
    archive.take_in(paper(2, ids=all_three, source="europepmc", source_id="MED/2"))
    with archive.store.reading() as tx:
        assert tx.works.get(number).id == number
        assert tx.works.get(1).id == 1


@pytest.mark.parametrize("keys", [[], [0, 1], [99]], ids=["none", "all", "strange"])
def test_a_split_that_makes_no_sense_is_refused(archive: Archive, keys: list[int]) -> None:
    _wrongly_merged(archive)
    held = [*archive.record_ids(1).values()]
    asked = [held[key] if key < 2 else key for key in keys]
    with pytest.raises(InputError):
        pipeline.split(archive.parts, "1", asked, "why not")
    with archive.store.reading() as tx:
        assert tx.works.counts()["works"] == 1

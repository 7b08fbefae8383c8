"""Reading many works in pages, with their records."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.records import Relation
from service.store import exporting
from tests.papers import paper, preprint, record, states, understood

if TYPE_CHECKING:
    import pytest

    from tests.papers import Archive


def _after(archive: Archive, work_id: int, limit: int) -> list[int]:
    with archive.store.reading() as tx:
        return [work.id for work in tx.exporting.after(work_id, limit)]


def test_pages_follow_each_other_to_the_end(archive: Archive) -> None:
    archive.take_in(*(paper(number) for number in range(1, 6)))
    first = _after(archive, 0, 2)
    second = _after(archive, first[-1], 2)
    assert len(first) == len(second) == 2
    last = _after(archive, second[-1], 2)
    assert [*first, *second, *last] == sorted({*first, *second, *last})
    assert len(last) == 1
    assert _after(archive, last[-1], 2) == []


def test_works_that_are_gone_are_on_no_page(archive: Archive) -> None:
    archive.take_in(paper(1), paper(2))
    kept = archive.work(paper(2).ids.pmid)
    assert len(_after(archive, 0, 10)) == 2
    archive.delete("pubmed", paper(1).source_id)
    assert _after(archive, 0, 10) == [kept]


def test_records_come_with_the_number_of_their_work(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_AT_ONCE", 1)
    given = [paper(number) for number in range(1, 5)]
    archive.take_in(*given)
    numbers = [archive.work(each.ids.pmid) for each in given]
    with archive.store.reading() as tx:
        found = list(tx.exporting.records(numbers[1:]))
        assert list(tx.exporting.records([])) == []
    assert [work_id for work_id, _ in found] == numbers[1:]
    assert [understood(each) for _, each in found] == given[1:]
    assert [each for _, each in found] == [record(each) for each in given[1:]]


def test_records_that_nobody_understood_are_left_out(archive: Archive) -> None:
    archive.take_in_records(record(paper(1)), replace(record(paper(2)), payload=b""))
    work = archive.work(paper(1).ids.pmid)
    with archive.store.reading() as tx:
        assert [number for number, _ in tx.exporting.records([work, work + 1])] == [work]


def test_an_old_number_leads_to_the_present_one(archive: Archive) -> None:
    archive.take_in(preprint(1, title="A first name", authors=()), paper(2))
    old, kept = archive.work(preprint(1).ids.doi), archive.work(paper(2).ids.pmid)
    assert old != kept
    doi = preprint(1).ids.doi or ""
    archive.take_in(paper(2, links=(states(Relation.HAS_PREPRINT, doi=doi),)))
    now = archive.work(paper(2).ids.pmid)
    with archive.store.reading() as tx:
        assert tx.exporting.present([old, kept, 999_999]) == {old: now, kept: now}
        assert [work.id for work in tx.exporting.after(0, 10)] == [now]

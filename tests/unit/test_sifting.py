"""What a reader sees of a kept ranking: near-duplicates folded, parts, filters, counts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import sifting
from service.records import Kind
from service.records.weeks import Listed
from service.sifting import Entry, Marks, Show, Sifted

LINE = 0.5


def listed(work_id: int, relevance: float = 0.9, alike: int | None = None, **told: Any) -> Listed:
    values = {"kind": Kind.ARTICLE, "sources": ("pubmed",)} | told
    return Listed(work_id, relevance, alike, **values)


def numbers(entries: Any) -> list[list[int]]:
    return [[work.work_id for work in entry] for entry in entries]


def sift(works: list[Listed], show: Show = Show.ALL, **told: Any) -> Sifted:
    marks = Marks(
        LINE, **{name: told.pop(name) for name in ("done", "refused", "coming") & told.keys()}
    )
    return sifting.sift(sifting.fold(works), marks, show, **told)


# -- folding


def test_near_duplicates_are_folded_under_their_lead_in_order() -> None:
    works = [listed(1), listed(2), listed(3, alike=1), listed(4, alike=2), listed(5, alike=1)]
    assert numbers(sifting.fold(works)) == [[1, 3, 5], [2, 4]]


def test_a_near_duplicate_whose_lead_is_gone_stands_for_itself() -> None:
    assert numbers(sifting.fold([listed(2), listed(3, alike=1)])) == [[2], [3]]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.none() | st.integers(1, 9)), unique_by=lambda p: p[0])
)
def test_folding_loses_no_work_that_is_alike_a_lead_and_shows_none_twice(
    pairs: list[tuple[int, int | None]],
) -> None:
    followers = {number for number, lead in pairs if lead is not None}
    works = [
        listed(number, alike=None if lead in followers or lead == number else lead)
        for number, lead in pairs
    ]
    shown = [number for entry in numbers(sifting.fold(works)) for number in entry]
    assert sorted(shown) == sorted(number for number, _ in pairs)


# -- parts


@pytest.mark.parametrize(
    ("show", "shown"),
    [
        (Show.ALL, [1, 2, 3, 4]),
        (Show.UNREAD, [2, 4]),
        (Show.WANTED, [1, 3]),
        (Show.DIGEST, [9]),
    ],
)
def test_each_part_has_its_works(show: Show, shown: list[int]) -> None:
    works = [listed(1), listed(2, 0.8), listed(3, 0.5), listed(4, 0.49)]
    told = {"done": {1, 3}, "refused": {2}, "coming": (Entry(listed(9)),)}
    found = sift(works, show, **told)
    assert [entry.lead.work_id for entry in found.entries] == shown
    assert found.counts == {Show.UNREAD: 2, Show.WANTED: 2, Show.DIGEST: 1, Show.ALL: 4}


def test_who_has_read_the_lead_has_read_what_is_folded_under_it() -> None:
    works = [listed(1), listed(2, alike=1)]
    assert sift(works, Show.UNREAD, done={1}).entries == ()
    assert numbers(sift(works, Show.UNREAD, done={2}).entries) == [[1, 2]]


def test_a_work_at_the_line_is_wanted() -> None:
    assert sift([listed(1, LINE)], Show.WANTED).counts[Show.WANTED] == 1


# -- what stays


def test_what_was_just_judged_stays_where_it_was() -> None:
    works = [listed(1), listed(2), listed(3)]
    found = sift(works, Show.UNREAD, done={2}, keep={2})
    assert [entry.lead.work_id for entry in found.entries] == [1, 2, 3]
    assert found.counts[Show.UNREAD] == 2


def test_what_is_to_stay_but_is_not_there_brings_nothing() -> None:
    assert numbers(sift([listed(1)], Show.UNREAD, keep={7}).entries) == [[1]]


def test_nothing_is_added_to_what_a_digest_would_show() -> None:
    found = sift([listed(1)], Show.DIGEST, coming=(Entry(listed(9)),), keep={1})
    assert numbers(found.entries) == [[9]]


# -- filters


def test_filters_look_at_every_work_of_an_entry() -> None:
    works = [
        listed(1),
        listed(2, alike=1, kind=Kind.PREPRINT, sources=("biorxiv",)),
        listed(3, kind=Kind.REVIEW),
    ]
    assert numbers(sift(works, kind="preprint").entries) == [[1, 2]]
    assert numbers(sift(works, kind="review").entries) == [[3]]
    assert numbers(sift(works, source="biorxiv").entries) == [[1, 2]]
    assert numbers(sift(works, source="pubmed", kind="article").entries) == [[1, 2]]
    assert sift(works, kind="editorial").entries == ()


def test_filters_are_counted_over_the_part_that_is_looked_at_before_they_are_used() -> None:
    works = [
        listed(1, sources=("europepmc", "pubmed")),
        listed(2, kind=Kind.REVIEW),
        listed(3, 0.1, kind=Kind.PREPRINT, sources=("biorxiv",)),
    ]
    found = sift(works, Show.WANTED, kind="review")
    assert dict(found.kinds) == {"article": 1, "review": 1}
    assert list(found.sources.items()) == [("pubmed", 2), ("europepmc", 1)]

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.deduplication import deduplicate, keys, part
from service.errors import InputError
from service.records import Arrival, Identifiers, Kind, KnownWork, Paper, Relation
from tests.papers import paper, preprint, states

if TYPE_CHECKING:
    from collections.abc import Sequence


def known(number: int, *papers: Paper, first: int | None = None, **named: object) -> KnownWork:
    """A stored work; its records are numbered 10 * work + 0, 1, ..."""
    start = number * 10 if first is None else first
    return KnownWork(number, dict(enumerate(papers, start)), **named)  # type: ignore[arg-type]


def test_strangers_become_works_of_their_own() -> None:
    plans = deduplicate([Arrival(paper(1)), Arrival(paper(2))], [])
    assert [plan.work_id for plan in plans] == [None, None]
    assert [plan.joins for plan in plans] == [
        ((0, "first record of this work"),),
        ((1, "first record of this work"),),
    ]
    assert plans[0].fields.title == paper(1).title
    assert plans[0].keys == keys(paper(1))


def test_nothing_gives_nothing() -> None:
    assert deduplicate([], [known(1, paper(1))]) == ()


def test_records_of_one_batch_meet() -> None:
    [plan] = deduplicate([Arrival(paper(1)), Arrival(preprint(1)), Arrival(preprint(1, "2"))], [])
    assert [index for index, _ in plan.joins] == [0, 1, 2]
    reasons = [reason for _, reason in plan.joins]
    assert reasons[0] == "first record of this work"
    assert reasons[1].startswith("same title")
    assert plan.keys == keys(paper(1)) | keys(preprint(1))


def test_a_record_joins_the_stored_work_it_belongs_to() -> None:
    [plan] = deduplicate([Arrival(paper(1))], [known(4, preprint(1)), known(5, paper(2))])
    assert (plan.work_id, plan.absorbed) == (4, ())
    assert plan.fields.sources == ("biorxiv", "pubmed")


def test_a_record_that_bridges_works_keeps_the_oldest() -> None:
    one = paper(1, ids=Identifiers(doi="10.5555/one"))
    other = paper(2, ids=Identifiers(pmid="2"))
    bridge = paper(2, ids=Identifiers(doi="10.5555/one", pmid="2"), source="europepmc")
    [plan] = deduplicate([Arrival(bridge)], [known(9, one), known(3, other)])
    assert plan.work_id == 3
    assert plan.absorbed == ((9, "same doi 10.5555/one"),)


def test_a_changed_record_speaks_with_its_new_words_only() -> None:
    old = paper(1, abstract="Old.", ids=Identifiers(pmid="1", doi="10.5555/wrong"))
    new = paper(1, abstract="New.", ids=Identifiers(pmid="1", doi="10.5555/right"))
    [plan] = deduplicate([Arrival(new, 10, 1)], [known(1, old)])
    assert (plan.work_id, plan.fields.abstract) == (1, "New.")
    assert plan.joins == ((0, "same record, revised"),)
    assert "doi:10.5555/wrong" not in plan.keys


def test_a_changed_record_may_bridge_its_work_to_another() -> None:
    linked = preprint(1, title="Renamed", links=(states(Relation.PREPRINT_OF, pmid="40000002"),))
    [plan] = deduplicate([Arrival(linked, 10, 1)], [known(1, preprint(1)), known(2, paper(2))])
    assert (plan.work_id, [number for number, _ in plan.absorbed]) == (1, [2])


def test_what_a_person_took_out_is_not_joined_again() -> None:
    works = [known(1, preprint(1), separated=frozenset({20})), known(2, paper(1))]
    plans = deduplicate([Arrival(paper(1, abstract="Revised."), 20, 2)], works)
    assert [(plan.work_id, plan.absorbed) for plan in plans] == [(2, ())]


def test_what_a_person_took_out_is_not_joined_through_a_third_record() -> None:
    works = [known(1, preprint(1), separated=frozenset({20})), known(2, paper(1))]
    third = paper(1, source="europepmc", source_id="MED/1", ids=Identifiers(pmid="40000001"))
    plans = deduplicate([Arrival(third)], works)
    assert [(plan.work_id, plan.absorbed) for plan in plans] == [(1, ())]


def test_what_a_person_took_out_is_not_joined_by_two_records_that_match() -> None:
    works = [known(1, preprint(1), separated=frozenset({20})), known(2, paper(1))]
    pmid = paper(1, source="europepmc", title="A", ids=Identifiers(pmid="40000001"))
    doi = paper(1, source="crossref", title="B", ids=Identifiers(doi="10.1101/2026.000001"))
    link = states(Relation.VERSION_OF, pmid="40000001")
    both = paper(1, source="feed", title="C", ids=doi.ids, links=(link,))
    plans = deduplicate([Arrival(pmid), Arrival(doi), Arrival(both)], works)
    assert all(plan.absorbed == () for plan in plans)
    assert sorted(plan.work_id or 0 for plan in plans) == [1, 2]


# -- the partition does not hang on the order or the batches in which papers came


ID = st.sampled_from(["a", "b", "c", None])


@st.composite
def _paper(draw: st.DrawFn) -> Paper:
    doi, pmid = draw(ID), draw(ID)
    relation = draw(st.sampled_from([Relation.PREPRINT_OF, Relation.ERRATUM_FOR]))
    target = draw(st.sampled_from(["10.5555/a", "10.5555/b", ""]))
    return paper(
        1,
        ids=Identifiers(doi=doi and f"10.5555/{doi}", pmid=pmid),
        title=draw(
            st.sampled_from(["One title that is quite long", "Another title of enough words", "Hi"])
        ),
        kind=draw(st.sampled_from([Kind.ARTICLE, Kind.PREPRINT, Kind.ERRATUM])),
        published=draw(st.sampled_from(["2020", "2022-01", "2026", None])),
        links=(states(relation, doi=target),) if target else (),
    )


def _partition(papers: Sequence[tuple[int, Paper]], sizes: Sequence[int]) -> set[frozenset[int]]:
    """Take papers in, in batches of these sizes, as the store would: works found by key."""
    works: dict[int, dict[int, Paper]] = {}
    keyed: dict[int, frozenset[str]] = {}
    rest, number = list(papers), 0
    while rest:
        size = sizes[number % len(sizes)]
        batch, rest, number = rest[:size], rest[size:], number + 1
        wanted = frozenset().union(*(keys(one) for _, one in batch))
        near = [KnownWork(i, works[i]) for i in sorted(works) if keyed[i] & wanted]
        for plan in deduplicate([Arrival(one) for _, one in batch], near):
            home = plan.work_id or max(works, default=0) + 1
            held = works.setdefault(home, {})
            for other, _ in plan.absorbed:
                held |= works.pop(other)
                del keyed[other]
            held |= {batch[index][0]: batch[index][1] for index, _ in plan.joins}
            keyed[home] = plan.keys
    return {frozenset(held) for held in works.values()}


@settings(max_examples=200, deadline=None)
@given(st.data(), st.lists(_paper(), min_size=1, max_size=8))
def test_any_order_and_any_batches_give_the_same_works(
    data: st.DataObject, papers: list[Paper]
) -> None:
    given_order = list(enumerate(papers))
    wanted = _partition(given_order, [len(papers)])
    order = data.draw(st.permutations(given_order))
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    assert _partition(order, sizes) == wanted


# -- taking a work apart


def test_a_work_is_parted_into_what_each_side_shows() -> None:
    (out, out_keys), (left, left_keys) = part({1: paper(1), 2: preprint(2)}, [2], "work 7")
    assert (out.title, left.title) == (preprint(2).title, paper(1).title)
    assert (out_keys, left_keys) == (keys(preprint(2)), keys(paper(1)))


@pytest.mark.parametrize(
    ("record_ids", "told"), [([3], "record 3"), ([], "must keep"), ([1, 2], "must keep")]
)
def test_a_parting_that_leaves_a_side_empty_is_refused(record_ids: list[int], told: str) -> None:
    with pytest.raises(InputError, match=told):
        part({1: paper(1), 2: paper(2)}, record_ids, "work 7")

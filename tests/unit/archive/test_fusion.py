from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.archive.fusion import K, fuse

RANKINGS = st.lists(
    st.tuples(st.floats(0.1, 5), st.lists(st.integers(1, 30), max_size=10, unique=True)),
    max_size=4,
)


def test_what_both_rankings_have_comes_before_what_one_has_first() -> None:
    assert fuse([(1.0, [1, 2]), (1.0, [3, 2])]) == [2, 1, 3]


def test_a_weightier_ranking_leads() -> None:
    assert fuse([(1.0, [1]), (2.0, [2])]) == [2, 1]


def test_a_work_with_all_words_comes_before_one_that_is_only_near() -> None:
    """A ranking of twice the weight is ahead for its first K works."""
    firm, near = list(range(1, K + 1)), list(range(1000, 1300))
    assert fuse([(2.0, firm), (1.0, near)])[:K] == firm


def test_what_is_favoured_rises() -> None:
    assert fuse([(1.0, [1, 2])], lambda work: 2.0 if work == 2 else 1.0) == [2, 1]


def test_ties_go_by_number() -> None:
    assert fuse([(1.0, [5]), (1.0, [3])]) == [3, 5]


@given(RANKINGS)
def test_every_work_is_there_once_and_the_order_of_the_rankings_does_not_matter(
    rankings: list[tuple[float, list[int]]],
) -> None:
    found = fuse(rankings)
    assert sorted(found) == sorted({work for _, ranking in rankings for work in ranking})
    assert set(fuse(rankings[::-1])) == set(found)

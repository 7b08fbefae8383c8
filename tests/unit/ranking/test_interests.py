from __future__ import annotations

import numpy as np
import pytest

from service.ranking.examples import nearness
from service.ranking.features import Features, read_pool, unit
from service.ranking.interests import interests
from service.records import Candidate
from tests.abstracts import at_large, embedded


def rows(*kinds: int) -> np.ndarray:
    """A row per kind: those of one kind alike (cosine about 0.9), those of two not at all."""
    drawn = np.random.default_rng(0).normal(0.0, 0.1, (len(kinds), 8))
    return unit((np.eye(8)[list(kinds)] + drawn).astype(np.float32))


def groups(
    *kinds: int, weights: tuple[float, ...] = (), bare: tuple[int, ...] = ()
) -> list[list[int]]:
    given = np.array(weights or (1.0,) * len(kinds))
    has = np.array([at not in bare for at in range(len(kinds))])
    return [each.tolist() for each in interests(rows(*kinds), has, given)]


def test_examples_that_are_alike_are_one_interest() -> None:
    assert groups(0, 0, 0) == [[0, 1, 2]]
    assert groups(0) == [[0]]


def test_examples_that_have_nothing_in_common_are_several_the_heaviest_first() -> None:
    assert groups(1, 0, 1, 1, 0) == [[0, 2, 3], [1, 4]]
    assert groups(0, 1) == [[0], [1]]
    assert groups(0, 0, 1, weights=(0.2, 0.2, 1.0)) == [[2], [0, 1]]


def test_a_stray_example_is_no_interest_of_its_own() -> None:
    assert groups(0, 0, 0, 0, 1) == [[0, 1, 2, 3, 4]]
    assert groups(0, 0, 0, 1) == [[0, 1, 2], [3]]


def test_examples_against_are_of_no_interest() -> None:
    assert groups(0, 1, 1, weights=(1.0, -1.0, 0.0)) == [[0]]


def test_examples_without_a_vector_go_with_the_heaviest() -> None:
    assert groups(0, 0, 1, 1, 1, bare=(0,)) == [[0, 2, 3, 4], [1]]
    assert groups(0, 1, bare=(0, 1)) == [[0, 1]]
    assert groups(0, 1, bare=(1,)) == [[0, 1]]


@pytest.fixture(scope="module")
def pool() -> Features:
    """In `at_large` every 15th work is of one subject; the last two works are one that is all of
    subject 0 and one that touches five subjects."""
    subjects = [each.title for each in at_large(15)]
    hit = Candidate(5001, subjects[0], f"{subjects[0]}. {at_large(1)[0].abstract}")
    mild = Candidate(5002, "A survey", " ".join(each.split()[0] for each in subjects[:5]) + ".")
    return read_pool(embedded([*at_large(), hit, mild]), [])


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_perfect_hit_for_one_seed_beats_one_mildly_near_to_all(
    pool: Features, count: int
) -> None:
    found = nearness(pool.rows, pool.rows.chosen(range(count)), np.ones(count))
    assert found[-2] > found[-1]
    assert found[-2] > np.quantile(found, 0.9)


def test_each_interest_has_its_own_at_the_top(pool: Features) -> None:
    found = nearness(pool.rows, pool.rows.chosen([0, 15, 1, 16]), np.ones(4))
    first = set(np.argsort(-found)[:10].tolist())
    for subject in (0, 1):
        assert len(first & set(range(subject, 90, 15))) >= 4


def test_what_is_against_is_against_every_interest(pool: Features) -> None:
    chosen, weights = pool.rows.chosen([0, 15, 1, 16, 30]), np.array([1.0, 1.0, 1.0, 1.0, -20.0])
    plain = nearness(pool.rows, pool.rows.chosen([0, 15, 1, 16]), np.ones(4), feedback=False)
    found = nearness(pool.rows, chosen, weights, feedback=False)
    assert found[45] < plain[45]

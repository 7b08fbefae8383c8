from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from service.ranking import examples
from service.ranking.examples import against, highest, mixture, nearness, spread, standard
from service.ranking.features import Features, Rows, read_pool
from service.records import Candidate
from tests.abstracts import at_large, embedded

# Numbers of works: in `at_large` every 15th is of the same subject.
ASTHMA, SALT, GAIT = (list(range(at, 90, 15)) for at in (0, 1, 8))


@pytest.fixture(scope="module")
def pool() -> Features:
    return read_pool(embedded(at_large()), [])


def near(
    pool: Features, liked: list[int], disliked: tuple[int, ...] = (), **more: bool
) -> np.ndarray:
    rows = pool.place([pool.works[at] for at in (*liked, *disliked)])
    weights = np.array([1.0] * len(liked) + [-1.0] * len(disliked))
    return nearness(pool.rows, rows, weights, **more)


@pytest.mark.parametrize("feedback", [True, False])
def test_works_like_the_examples_lead(pool: Features, feedback: bool) -> None:
    found = near(pool, ASTHMA[:2], feedback=feedback)
    assert set(np.argsort(-found)[:6].tolist()) == set(ASTHMA)
    assert found.mean() == pytest.approx(0.0, abs=1e-9)
    assert found.std() == pytest.approx(1.0)


def test_examples_against_lower_their_kind(pool: Features) -> None:
    plain = near(pool, [ASTHMA[0], SALT[0]], feedback=False)
    one, three = (
        near(pool, [ASTHMA[0], SALT[0]], tuple(SALT[1:n]), feedback=False) for n in (2, 4)
    )
    assert (one[SALT[4:]] < plain[SALT[4:]]).all()
    assert (three[SALT[4:]] < one[SALT[4:]]).all()


def test_examples_against_are_less_than_examples_for(pool: Features) -> None:
    rows = pool.place([pool.works[ASTHMA[0]]] * 2)
    alone, one, twenty, more = (
        mixture(rows, np.array([1.0, -weight]))[0].numbers for weight in (0.0, 1.0, 20.0, 40.0)
    )
    assert one == pytest.approx(alone * (1 - 0.5 / 20), rel=1e-5)
    assert twenty == pytest.approx(alone / 2, rel=1e-5)
    assert more == pytest.approx(twenty, rel=1e-5)


def test_a_heavier_example_pulls_more(pool: Features) -> None:
    rows = pool.place([pool.works[ASTHMA[0]], pool.works[SALT[0]]])
    by_weight = [nearness(pool.rows, rows, np.array([1.0, w])) for w in (1.0, 0.5, 0.2)]
    gaps = [found[ASTHMA[1:]].mean() - found[SALT[1:]].mean() for found in by_weight]
    assert abs(gaps[0]) < gaps[1] < gaps[2]
    assert by_weight[2][SALT[1:]].mean() < by_weight[0][SALT[1:]].mean()


def test_nearness_to_what_is_against_is_told_alone(pool: Features) -> None:
    rows = pool.place([pool.works[GAIT[0]]])
    few, many = (against(pool.rows, rows, np.array([weight])) for weight in (1.0, 30.0))
    for found in (few, many):
        assert found[GAIT].min() > found[ASTHMA].max()
    assert few.std() == pytest.approx(0.025)
    assert many.std() == pytest.approx(0.5)


def test_without_vectors_words_and_directions_tell() -> None:
    wordy = read_pool(at_large(150), [])
    found = near(wordy, ASTHMA[:2])
    assert set(np.argsort(-found)[:6].tolist()) <= set(range(0, 150, 15))
    assert np.isfinite(found).all()


def test_a_work_without_a_vector_is_neither_lost_nor_lifted(pool: Features) -> None:
    bare = [
        replace(each, vectors=None) if at == ASTHMA[3] else each
        for at, each in enumerate(pool.works)
    ]
    for feedback in (True, False):
        found = near(read_pool(bare, []), ASTHMA[:2], feedback=feedback)
        order = np.argsort(-found).tolist()
        assert order.index(ASTHMA[3]) < 6
        assert abs(found[ASTHMA[3]] - found[ASTHMA[2:]].mean()) < 1.0


def test_an_example_without_a_vector_speaks_by_its_words(pool: Features) -> None:
    rows = pool.place([replace(pool.works[ASTHMA[0]], vectors=None)])
    found = nearness(pool.rows, rows, np.array([1.0]))
    assert set(np.argsort(-found)[:4].tolist()) <= set(ASTHMA)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("texts", [["heron"], ["heron"] * 5, [""], ["", "", "heron"]])
def test_works_that_are_all_the_same_are_all_alike(texts: list[str], dense: bool) -> None:
    same = [Candidate(at, text, text) for at, text in enumerate(texts)]
    small = read_pool(embedded(same) if dense else same, [])
    found = near(small, [0])
    assert np.isfinite(found).all()
    if len(set(texts)) == 1:
        assert not found.any()


def test_rounding_is_not_taken_for_a_difference() -> None:
    values = np.full(7, 0.1) + np.arange(7) * 1e-12
    assert not standard(values).any()
    assert not spread(values, np.ones(7, dtype=bool)).any()
    assert standard(np.array([4.0])).tolist() == [0.0]


def test_a_spread_is_that_of_the_rows_with_a_value() -> None:
    has = np.array([True, True, False])
    assert spread(np.array([1.0, 3.0, 9.0]), has).tolist() == [-1.0, 1.0, 7.0]
    assert spread(np.array([1.0, 3.0]), np.zeros(2, dtype=bool)).tolist() == [-1.0, 1.0]


def test_the_best_of_the_list_teach_less_the_more_examples_there_are(pool: Features) -> None:
    def moved(liked: list[int]) -> float:
        with_it, without = (near(pool, liked, feedback=each) for each in (True, False))
        return float(np.abs(with_it - without).mean())

    assert moved(ASTHMA[:1]) > 0
    assert moved(list(range(0, 90, 3))) < moved(ASTHMA[:2]) / 2


def test_who_is_near_by_words_and_by_vectors_leads_who_is_twice_as_near_by_one() -> None:
    by_words, by_vectors = np.zeros(100, np.float32), np.zeros(100, np.float32)
    by_words[:4] = by_vectors[3:7] = 1.0  # the example is the one that has both
    by_words[0] = by_vectors[6] = 2.0
    by_words[10] = by_vectors[10] = 1.0
    words = csr_matrix(by_words[:, None])
    dense, none = by_vectors[:, None], np.zeros((100, 0), np.float32)
    every = np.ones(100, dtype=bool)
    rows = Rows(words, none, dense, every, np.zeros((100, 1), dtype=bool))
    found = nearness(rows, rows.chosen([3]), np.ones(1), feedback=False)
    assert found[10] == pytest.approx(found[3])
    assert found[10] > max(found[0], found[6]) > found[1]


def test_the_middle_of_the_list_is_what_is_not_meant(
    pool: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Children with asthma are meant; asthma and its drugs stand in far more works."""
    drugs = "salbutamol steroid inhaler theophylline montelukast".split()  # noqa: SIM905 (reads as a list)
    meant = [f"Asthma of children at school and {drugs[n % 5]}, {n}." for n in range(40)]
    close = [f"Asthma of adults, {drugs[n % 5]} and {drugs[n % 4]}, {n}." for n in range(400)]
    filling = [f"Pots and kettles of clay, find {n}, dug by the river." for n in range(160)]
    many = read_pool(
        [Candidate(at, "", text) for at, text in enumerate([*meant, *close, *filling])], []
    )

    def ahead() -> float:
        found = near(many, [0, 1])
        return float(found[2:40].mean() - found[40:440].mean())

    told, few = ahead(), near(pool, ASTHMA[:2])
    monkeypatch.setattr(examples, "_MIDDLE_SHARE", 0.0)
    assert told > ahead()
    assert np.array_equal(few, near(pool, ASTHMA[:2])), "a short list has no middle"


def test_the_best_of_the_list_tell_the_design_that_one_example_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of works on asthma most are trials; the example says nothing of how it was done."""
    trials = [f"Asthma and salbutamol: patients were randomized, group {n}." for n in range(12)]
    others = [f"Asthma and salbutamol in mice, batch {n}." for n in range(4)]
    filling = [f"Pots and kettles of clay, find {n}, dug by the river." for n in range(200)]
    texts = ["Asthma and salbutamol, a note.", *trials, *others, *filling]
    made = read_pool([Candidate(at, "", text) for at, text in enumerate(texts)], [])

    def ahead() -> float:
        found = near(made, [0])
        return float(found[1:13].mean() - found[13:17].mean())

    told = ahead()
    monkeypatch.setattr(examples, "_DESIGNED", 0.0)
    assert told > ahead() + 0.1


@given(st.lists(st.integers(-3, 3), max_size=40), st.integers(1, 45))
def test_the_highest_are_the_first_of_all_in_order(values: list[int], count: int) -> None:
    every = np.array(values, dtype=float)
    assert highest(every, count).tolist() == np.argsort(-every, kind="stable")[:count].tolist()

"""Figures of a ranked list, by hand and by what must hold for any list."""

from __future__ import annotations

from math import isnan, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ranking.metrics import (
    Bin,
    average_precision,
    calibration_error,
    ndcg,
    order,
    recall_at,
    reliability,
    work_saved,
)

LABELS = st.lists(st.integers(0, 1), min_size=1, max_size=60).filter(any)


def test_equal_scores_stay_in_row_order_and_nan_comes_last() -> None:
    assert order(np.array([1.0, 3.0, 1.0, np.nan, 3.0])).tolist() == [1, 4, 0, 2, 3]


def test_average_precision_is_the_mean_precision_at_the_hits() -> None:
    assert average_precision([1, 0, 1, 0, 0, 1]) == pytest.approx((1 / 1 + 2 / 3 + 3 / 6) / 3)
    assert average_precision(np.array([False, True])) == 0.5


def test_ndcg_discounts_by_place_and_stops_at_k() -> None:
    labels = [0, 1, 1, *[0] * 20, 1]
    best = 1 + 1 / log2(3) + 1 / log2(4)
    assert ndcg(labels) == pytest.approx((1 / log2(3) + 1 / log2(4)) / best)
    assert ndcg([0, 1, 1], k=1) == 0.0
    assert ndcg([1, 1, 1], k=2) == 1.0


@pytest.mark.parametrize(
    ("length", "hits", "expected"), [(30, (0, 2, 3), 2 / 3), (4, (0,), 1.0), (4, (1,), 0.0)]
)
def test_recall_counts_a_tenth_of_the_list_and_one_place_at_least(
    length: int, hits: tuple[int, ...], expected: float
) -> None:
    labels = np.zeros(length, dtype=int)
    labels[list(hits)] = 1
    assert recall_at(labels) == pytest.approx(expected)


def test_work_saved_is_taken_at_the_first_cut_that_reaches_the_recall() -> None:
    # 20 hits: 19 of them are 95 %. They end at place 19, the last lies at the very end.
    labels = [1] * 19 + [0] * 80 + [1]
    assert work_saved(labels) == pytest.approx(81 / 100 - 0.05)  # TN 80, FN 1
    # 10 hits: 95 % of them needs all 10.
    assert work_saved([1] * 9 + [0] * 90 + [1]) == pytest.approx(-0.05)


@given(LABELS)
def test_a_perfect_list_has_the_best_figures(labels: list[int]) -> None:
    best = sorted(labels, reverse=True)
    assert average_precision(best) == ndcg(best) == pytest.approx(1.0)
    for figure in (average_precision, ndcg, recall_at, work_saved):
        assert figure(best) >= figure(labels) - 1e-12


@given(LABELS, st.integers(0, 58))
def test_moving_a_hit_up_never_lowers_a_figure(labels: list[int], at: int) -> None:
    better = list(labels)
    if at + 1 < len(labels) and labels[at : at + 2] == [0, 1]:
        better[at], better[at + 1] = 1, 0
    for figure in (average_precision, ndcg, recall_at, work_saved):
        assert figure(better) >= figure(labels) - 1e-12


@pytest.mark.parametrize("figure", [average_precision, ndcg, recall_at, work_saved])
@pytest.mark.parametrize("labels", [[], [0, 0, 0]])
def test_without_a_hit_there_is_no_figure(figure: object, labels: list[int]) -> None:
    assert callable(figure)
    assert isnan(figure(labels))


# -- calibration ---------------------------------------------------------------------------------


def test_bins_of_equal_width_hold_what_falls_in_them() -> None:
    predicted = np.array([0.05, 0.07, 0.95, 1.0, 0.0])
    found = reliability(predicted, [0, 1, 1, 1, 0])
    assert found == [Bin(pytest.approx(0.04), pytest.approx(1 / 3), 3), Bin(0.975, 1.0, 2)]


def test_bins_of_equal_mass_hold_equal_numbers() -> None:
    predicted = np.linspace(0.001, 0.2, 100)
    found = reliability(predicted, np.zeros(100), equal_mass=True)
    assert [each.count for each in found] == [10] * 10
    assert [each.predicted for each in found] == sorted(each.predicted for each in found)


def test_bins_of_equal_mass_do_not_part_equal_predictions() -> None:
    predicted = np.array([0.1] * 15 + [0.9] * 5)
    labels = [1] * 3 + [0] * 12 + [1] * 5
    found = reliability(predicted, labels, equal_mass=True)
    assert [(each.observed, each.count) for each in found] == [(0.2, 15), (1.0, 5)]


def test_honest_predictions_have_no_calibration_error() -> None:
    predicted = np.array([0.25] * 4 + [0.75] * 4)
    labels = [1, 0, 0, 0, 1, 1, 1, 0]
    assert calibration_error(predicted, labels) == pytest.approx(0.0)
    assert calibration_error(predicted, labels, equal_mass=True) == pytest.approx(0.0)


def test_calibration_error_weighs_bins_by_their_number() -> None:
    predicted = np.array([0.9, 0.9, 0.9, 0.2])
    assert calibration_error(predicted, [0, 0, 0, 0]) == pytest.approx((3 * 0.9 + 0.2) / 4)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=80),
    st.booleans(),
)
def test_no_prediction_is_lost_and_the_error_is_a_share(
    pairs: list[tuple[float, int]], equal_mass: bool
) -> None:
    predicted = np.array([each for each, _ in pairs])
    labels = [label for _, label in pairs]
    found = reliability(predicted, labels, equal_mass=equal_mass)
    assert sum(each.count for each in found) == len(pairs)
    assert 0 <= calibration_error(predicted, labels, equal_mass=equal_mass) <= 1


def test_without_predictions_there_is_no_error_to_tell() -> None:
    assert isnan(calibration_error(np.array([]), []))
    assert reliability(np.array([]), [], equal_mass=True) == []

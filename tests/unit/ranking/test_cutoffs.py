"""The line: as low as the target allows, equals together, and sensible where nothing reaches it."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ranking.cutoffs import for_precision, for_volume

# Sixteenths: sums and means are exact, and equals are frequent.
SHARES = st.integers(0, 16).map(lambda number: number / 16)
RANKED = st.lists(SHARES, max_size=30).map(lambda found: sorted(found, reverse=True))
WEEKS = st.lists(st.lists(st.integers(-5, 5).map(float), max_size=12), min_size=1, max_size=6)


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


# -- by precision --------------------------------------------------------------------------------


def test_less_likely_works_pass_as_far_as_surer_ones_make_up_for_them() -> None:
    # .9, .8, .4 are .7 on average; with .2 they would be .575.
    assert for_precision(0.7, [0.9, 0.8, 0.4, 0.2]) == 0.4
    assert for_precision(0.5, [0.9, 0.8, 0.4, 0.2]) == 0.2


def test_a_work_as_likely_as_the_target_passes_though_none_is_there_now() -> None:
    assert for_precision(0.6, [0.9, 0.1, 0.1]) == 0.6


def test_where_no_work_reaches_the_target_none_passes_and_the_line_is_the_target() -> None:
    assert for_precision(0.6, [0.5, 0.4]) == 0.6
    assert for_precision(0.6, []) == 0.6


def test_equals_pass_together_or_not_at_all() -> None:
    # With one .4 the mean is .65, with both it is .567.
    assert for_precision(0.6, [0.9, 0.4, 0.4]) == 0.6
    assert for_precision(0.56, [0.9, 0.4, 0.4]) == 0.4


def test_sure_works_buy_no_place_for_unlikely_ones_below_the_least() -> None:
    relevances = [0.99] * 10 + [0.3] + [0.01] * 9
    assert for_precision(0.5, relevances) == 0.01
    assert for_precision(0.5, relevances, least=0.25) == 0.25
    assert for_precision(0.5, [], least=0.7) == 0.7


def test_rounding_does_not_part_equals_from_the_target_they_meet() -> None:
    assert for_precision(0.1, [0.1] * 3) == 0.1
    assert for_precision(0.7, [0.7] * 1000) == 0.7


@given(SHARES, RANKED)
def test_what_passes_reaches_the_target_and_no_lower_line_would(
    target: float, relevances: list[float]
) -> None:
    cutoff = for_precision(target, relevances)
    passed = [each for each in relevances if each >= cutoff]
    assert not passed or mean(passed) >= target
    for lower in {each for each in relevances if each < cutoff}:
        assert mean([each for each in relevances if each >= lower]) < target


@given(SHARES, SHARES, RANKED)
def test_who_asks_for_more_precision_gets_no_lower_line(
    one: float, other: float, relevances: list[float]
) -> None:
    low, high = sorted((one, other))
    assert for_precision(low, relevances) <= for_precision(high, relevances)


@given(SHARES, RANKED, SHARES)
def test_the_line_is_a_probability_between_the_least_and_the_target(
    target: float, relevances: list[float], least: float
) -> None:
    cutoff = for_precision(target, relevances, least=least)
    assert least <= cutoff <= max(target, least)


# -- by volume -----------------------------------------------------------------------------------


def test_as_many_pass_as_asked_for_on_the_average_of_the_weeks() -> None:
    assert for_volume(2, [[5.0, 1.0], [9.0, 8.0, 7.0]]) == 5.0
    assert for_volume(0.5, [[5.0, 1.0], [9.0, 8.0, 7.0]]) == 9.0


def test_without_a_work_to_go_by_there_is_no_line() -> None:
    assert for_volume(3, []) is None
    assert for_volume(3, [[], []]) is None


def test_with_fewer_works_than_asked_for_all_pass() -> None:
    assert for_volume(100, [[5.0, 1.0], [-3.0]]) == -3.0


def test_equals_that_do_not_fit_stay_out_together() -> None:
    assert for_volume(2, [[9.0, 4.0, 4.0, 1.0]]) == 9.0
    line = for_volume(2, [[4.0, 4.0, 4.0]])
    assert line is not None
    assert 4.0 < line < 4.000001


@pytest.mark.parametrize("per_week", [0, -1, 0.4])
def test_who_asks_for_none_gets_none(per_week: float) -> None:
    line = for_volume(per_week, [[4.0, 2.0]])
    assert line is not None
    assert 4.0 < line < inf


def test_a_fraction_of_a_work_is_counted_exactly() -> None:
    scores = [float(each) for each in range(100)]
    assert for_volume(0.29, [scores, *[[]] * 99]) == 71.0


@given(st.floats(0, 20), WEEKS)
def test_no_more_pass_than_asked_for_and_a_lower_line_would_let_in_too_many(
    per_week: float, weeks: list[list[float]]
) -> None:
    line = for_volume(per_week, weeks)
    scores = [score for week in weeks for score in week]
    if line is None:
        assert not scores
        return
    assert sum(score >= line for score in scores) <= per_week * len(weeks) + 1e-6
    for lower in {score for score in scores if score < line}:
        assert sum(score >= lower for score in scores) > per_week * len(weeks) - 1e-6


@given(st.floats(0, 20), st.floats(0, 20), WEEKS)
def test_who_asks_for_more_gets_no_higher_line(
    one: float, other: float, weeks: list[list[float]]
) -> None:
    few, many = (for_volume(each, weeks) for each in sorted((one, other)))
    assert (few is None) == (many is None)
    assert few is None or many is None or many <= few


@given(st.floats(0, 20), WEEKS)
def test_the_order_of_weeks_and_works_makes_no_difference(
    per_week: float, weeks: list[list[float]]
) -> None:
    turned = [week[::-1] for week in weeks[::-1]]
    assert for_volume(per_week, turned) == for_volume(per_week, weeks)

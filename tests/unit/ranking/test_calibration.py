"""Calibration: the prior's where nothing is known, the votes' where much is, and never unsound."""

from __future__ import annotations

from dataclasses import replace
from math import exp, inf, log, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ranking.calibration import (
    BEYOND,
    KNEE,
    PRIOR,
    Calibration,
    Judged,
    Prior,
    bent,
    fit,
)

ALONE = Prior(Calibration(1.0, KNEE - 1.0), 0.5, 1.0, background=0.0)
LOOSE = Prior(Calibration(1.0, KNEE - 1.0), 10.0, 100.0, background=0.0)
SCORES = st.floats(-20, 20)
VOTES = st.lists(st.builds(Judged, SCORES, st.booleans(), st.floats(0.1, 3)), max_size=40)


def voted(truth: Calibration, scores: np.ndarray, seed: int = 0) -> list[Judged]:
    """Votes of readers who want works as often as `truth` says."""
    wanted = np.random.default_rng(seed).random(len(scores)) < truth.relevance(scores)
    return [Judged(float(s), bool(w)) for s, w in zip(scores, wanted, strict=True)]


def loss(at: Calibration, judged: list[Judged], prior: Prior) -> float:
    """Minus the log of the posterior density, up to a constant, written out."""
    total = (log(at.slope / prior.centre.slope) / prior.slope_spread) ** 2 / 2
    total += ((at.midpoint - prior.centre.midpoint) / prior.midpoint_spread) ** 2 / 2
    for each in judged:
        score = min(each.score, KNEE) + BEYOND * max(each.score - KNEE, 0)
        likely = 1 / (1 + exp(-at.slope * (score - at.midpoint)))
        total -= each.weight * log(likely if each.relevant else 1 - likely)
    return total


# -- relevance -----------------------------------------------------------------------------------


def test_relevance_is_the_logistic_of_the_score() -> None:
    found = Calibration(2.0, 1.0).relevance(np.array([1.0, 2.0, 0.0]))
    assert found.tolist() == pytest.approx([0.5, 1 / (1 + exp(-2)), 1 / (1 + exp(2))])
    assert found.dtype == np.float64


def test_above_the_knee_a_deviation_counts_less_but_still_counts() -> None:
    found = bent(np.array([-1.0, KNEE, KNEE + 1, KNEE + 2]))
    assert found.tolist() == pytest.approx([-1.0, KNEE, KNEE + BEYOND, KNEE + 2 * BEYOND])
    assert 0 < BEYOND < 1
    steep = Calibration(2.0, 1.0).relevance(np.array([KNEE + 1.0]))
    assert steep[0] == pytest.approx(1 / (1 + exp(-2 * (KNEE + BEYOND - 1))))


def test_scores_beyond_all_bounds_do_no_harm() -> None:
    found = Calibration(5.0, 3.0).relevance(np.array([-inf, -1e300, -1e4, 1e4, 1e300, inf]))
    assert found.tolist() == [0, 0, 0, 1, 1, 1]
    assert np.isnan(Calibration(5.0, 3.0).relevance(np.array([nan]))).all()


def test_the_shape_of_the_scores_is_kept() -> None:
    assert PRIOR.centre.relevance(np.zeros((2, 3))).shape == (2, 3)
    assert PRIOR.centre.relevance(np.zeros(0)).shape == (0,)


@settings(deadline=None)  # the first example imports SciPy
@given(st.floats(0.05, 3), st.floats(-5, 10))
def test_relevance_rises_strictly_over_the_scores_that_occur(slope: float, mid: float) -> None:
    found = Calibration(slope, mid).relevance(mid + np.linspace(-10, 10, 400))
    assert (np.diff(found) > 0).all()


def test_far_below_the_midpoint_relevance_is_small_but_not_lost() -> None:
    found = Calibration(1.0, 0.0).relevance(np.array([-100.0]))
    assert found[0] == pytest.approx(exp(-100))


@settings(deadline=None)  # the first example imports SciPy
@given(st.floats(0.001, 0.999))
def test_the_score_of_a_relevance_leads_back_to_it(relevance: float) -> None:
    made = Calibration(0.7, 2.5)
    assert made.relevance(np.array([made.score(relevance)]))[0] == pytest.approx(relevance)


def test_no_score_is_certain() -> None:
    assert Calibration(0.7, 2.5).score(0.0) == -inf
    assert Calibration(0.7, 2.5).score(1.0) == inf


# -- the fit -------------------------------------------------------------------------------------


def test_without_anything_judged_it_is_the_prior() -> None:
    found = fit([], prior=ALONE)
    assert (found.slope, found.midpoint) == pytest.approx((1.0, KNEE - 1.0))


def test_a_few_votes_of_one_kind_move_it_a_little_to_their_side() -> None:
    base = fit([], prior=ALONE)
    liked = fit([Judged(base.midpoint, relevant=True)] * 3, prior=ALONE)
    disliked = fit([Judged(base.midpoint, relevant=False)] * 3, prior=ALONE)
    assert base.midpoint - 1 < liked.midpoint < base.midpoint < disliked.midpoint
    assert disliked.midpoint < base.midpoint + 1


@pytest.mark.parametrize("truth", [Calibration(0.6, KNEE), Calibration(2.0, KNEE - 2.0)])
def test_many_votes_rule(truth: Calibration) -> None:
    scores = np.random.default_rng(1).uniform(KNEE - 4, KNEE + 2, 3000)
    found = fit(voted(truth, scores), prior=ALONE)
    assert found.slope == pytest.approx(truth.slope, rel=0.15)
    assert found.midpoint == pytest.approx(truth.midpoint, abs=0.25)


def test_fifty_votes_bring_most_of_the_way() -> None:
    truth = Calibration(1.0, ALONE.centre.midpoint - 2)
    scores = np.linspace(truth.midpoint - 2, truth.midpoint + 2, 50)
    fits = [fit(voted(truth, scores, seed), prior=ALONE) for seed in range(20)]
    assert np.mean([abs(each.midpoint - truth.midpoint) for each in fits]) < 2 / 3


def test_votes_on_the_top_of_the_list_alone_tell_the_same_curve() -> None:
    # Only the best 3,000 of 100,000 works are voted on: chosen by their score, so fair.
    truth = Calibration(0.9, KNEE - 1.0)
    top = np.sort(np.random.default_rng(2).normal(0, 1.2, 100_000))[-3000:]
    found = fit(voted(truth, top, 3), prior=LOOSE)
    assert np.abs(found.relevance(top) - truth.relevance(top)).max() < 0.06


@settings(deadline=None)  # the first example imports SciPy
@given(VOTES)
def test_nothing_near_by_is_more_likely(judged: list[Judged]) -> None:
    found = fit(judged, prior=ALONE)
    least = loss(found, judged, ALONE)
    for slope, midpoint in [(1.01, 0.0), (0.99, 0.0), (1.0, 0.01), (1.0, -0.01)]:
        other = Calibration(found.slope * slope, found.midpoint + midpoint)
        assert loss(other, judged, ALONE) >= least - 1e-9


def test_votes_that_contradict_the_order_leave_it_rising() -> None:
    upside_down = [Judged(float(s), relevant=s < 0) for s in range(-4, 4)] * 20
    assert fit(upside_down, prior=ALONE).slope > 0


def test_votes_that_part_cleanly_do_not_run_away() -> None:
    parted = [Judged(float(s), relevant=s > 0) for s in range(-6, 3)] * 20
    found = fit(parted, prior=ALONE)
    assert 1 < found.slope < 20
    assert 0 < found.midpoint < 1


def test_a_weight_of_two_is_two_votes() -> None:
    once = [Judged(1.0, relevant=True), Judged(2.0, relevant=False)]
    twice = fit([replace(each, weight=2.0) for each in once], prior=ALONE)
    again = fit(once + once, prior=ALONE)
    assert (twice.slope, twice.midpoint) == pytest.approx((again.slope, again.midpoint))


@settings(deadline=None)  # the first example imports SciPy
@given(VOTES)
def test_the_order_of_votes_makes_no_difference(judged: list[Judged]) -> None:
    found, turned = fit(judged), fit(judged[::-1])
    assert (found.slope, found.midpoint) == pytest.approx((turned.slope, turned.midpoint))


def test_votes_without_a_score_or_a_weight_are_left_out() -> None:
    said = [Judged(2.0, relevant=True)]
    odd = [Judged(nan, relevant=False), Judged(9.0, relevant=False, weight=0.0)]
    assert fit(said + odd) == fit(said)


@settings(deadline=None)  # the first example imports SciPy
@given(st.lists(st.builds(Judged, st.sampled_from([-inf, inf, -1e308, 1e308, 0.0]), st.booleans())))
def test_infinite_scores_give_a_finite_calibration(judged: list[Judged]) -> None:
    found = fit(judged * 50, np.array([-inf, inf, nan, 1e308]))
    assert 0 < found.slope < inf
    assert -inf < found.midpoint < inf


# -- the background ------------------------------------------------------------------------------


def test_the_background_counts_as_some_votes_however_large_it_is() -> None:
    prior = replace(ALONE, background=10.0)
    scores = np.linspace(-2, 2, 100)
    small, large = fit([], scores, prior), fit([], np.repeat(scores, 10), prior)
    assert (small.slope, small.midpoint) == pytest.approx((large.slope, large.midpoint))
    spelt = fit([Judged(float(s), relevant=False, weight=0.1) for s in scores], prior=ALONE)
    assert (small.slope, small.midpoint) == pytest.approx((spelt.slope, spelt.midpoint))


def test_a_large_background_counts_as_it_does_work_by_work() -> None:
    random = np.random.default_rng(2)
    scores = np.concatenate([random.normal(size=20_000), random.uniform(2, 9, 60), [nan]])
    judged = voted(Calibration(1.4, 3.0), random.uniform(0, 6, 30))
    spelt = [Judged(float(s), False, PRIOR.background / 20_060) for s in scores if s == s]
    found = fit(judged, scores).relevance(scores[:-1])
    exact = fit(judged + spelt, prior=replace(PRIOR, background=0.0)).relevance(scores[:-1])
    assert abs(found - exact).max() < 1e-3


def test_the_background_keeps_low_scores_unlikely_where_votes_say_nothing_of_them() -> None:
    # At the top every second work is wanted whatever its score: the votes ask for a flat curve.
    flat = [Judged(1 + number / 40, relevant=number % 2 == 0) for number in range(40)]
    background = np.random.default_rng(0).normal(size=2000)
    prior = replace(ALONE, background=20.0)
    nought = np.zeros(1)
    assert fit(flat, background, prior).relevance(nought) < 0.7 * fit(flat).relevance(nought)


def test_a_higher_background_asks_for_higher_scores() -> None:
    prior = replace(ALONE, background=10.0)
    low, high = (fit([], np.full(50, at), prior).midpoint for at in (0.0, 3.0))
    assert low < high

from __future__ import annotations

import numpy as np
import pytest

from service.ranking.fusion import Spread, fuse, spread_of, standardise

PRIOR = Spread(0.1, 0.05)


def test_without_a_background_the_prior_holds() -> None:
    assert spread_of(np.array([]), PRIOR) == PRIOR
    assert spread_of(np.array([np.nan, np.nan]), PRIOR) == PRIOR


def test_a_small_background_moves_the_prior_a_little_and_a_large_one_replaces_it() -> None:
    draw = np.random.default_rng(1).normal(0.5, 0.2, 100_000)
    small, large = spread_of(draw[:5], PRIOR), spread_of(draw, PRIOR)
    assert small.mean == pytest.approx(PRIOR.mean, abs=0.01)
    assert large.mean == pytest.approx(0.5, abs=0.01)
    assert large.deviation == pytest.approx(0.2, abs=0.01)


def test_a_background_of_one_value_does_not_divide_by_nought() -> None:
    spread = spread_of(np.full(1_000_000, 0.1), PRIOR)
    assert spread.deviation >= PRIOR.deviation / 4


def test_values_are_told_in_deviations() -> None:
    assert standardise(np.array([0.1, 0.2]), PRIOR).tolist() == pytest.approx([0.0, 2.0])


def test_a_work_without_vectors_is_scored_by_its_words_alone() -> None:
    fused = fuse(np.array([4.0, 4.0]), np.array([2.0, np.nan]))
    assert fused.tolist() == pytest.approx([3.0, 3.0])

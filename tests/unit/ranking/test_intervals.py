"""Intervals over draws: paired, deterministic, silent about what was not measured."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from service.ranking.intervals import macro, ratio


def test_every_corpus_counts_the_same_however_many_draws_it_has() -> None:
    found = macro([np.array([0.2]), np.array([0.4] * 7)])
    assert found.mean == pytest.approx(0.3)
    assert (found.low, found.high) == (pytest.approx(0.3), pytest.approx(0.3))


def test_the_interval_holds_the_mean_and_widens_with_the_spread() -> None:
    narrow = macro([np.array([0.48, 0.5, 0.52, 0.5])])
    wide = macro([np.array([0.1, 0.5, 0.9, 0.5])])
    assert narrow.low < narrow.mean < narrow.high
    assert wide.low < narrow.low
    assert narrow.high < wide.high


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    chance = np.random.default_rng(3)
    held = 0
    for _ in range(200):
        found = macro([chance.normal(0.5, 0.1, 16), chance.normal(0.3, 0.1, 16)])
        held += found.low <= 0.4 <= found.high
    assert 170 <= held <= 200


def test_the_same_draws_give_the_same_interval() -> None:
    values = [np.array([0.1, 0.5, 0.3]), np.array([0.2, 0.9])]
    assert macro(values) == macro(values)


def test_what_moves_both_alike_drops_out_of_a_ratio() -> None:
    theirs = [np.array([0.1, 0.4, 0.8, 0.2])]
    found = ratio([1.5 * each for each in theirs], theirs)
    assert (found.mean, found.low, found.high) == tuple([pytest.approx(1.5)] * 3)


def test_corpora_are_resampled_apart() -> None:
    # Were the same draws chosen in both corpora, these would cancel out to no spread at all.
    up = np.array([0.0, 0.2, 0.4, 0.6])
    found = macro([up, 0.6 - up])
    assert found.high - found.low > 0.05


def test_draws_without_a_figure_are_left_out() -> None:
    assert macro([np.array([0.5, np.nan, 0.5]), np.array([np.nan])]).mean == pytest.approx(0.5)


def test_nothing_measured_is_no_figure() -> None:
    assert isnan(macro([np.array([np.nan])]).mean)
    assert isnan(macro([]).mean)
    assert isnan(ratio([np.array([0.5])], [np.array([0.0])]).mean)

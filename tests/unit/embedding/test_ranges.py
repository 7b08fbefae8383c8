from __future__ import annotations

import numpy as np
import pytest

from service.embedding.ranges import ranges, whole
from tests.unit.embedding.small_bert import WIDE, small_bert, some_ids

IDS = some_ids(1, (20, 7, 1))
PLACES = {(layer, name) for layer in (0, 1) for name in ("qkv", "out", "up", "down")}


def inputs(bert, ids):
    seen: dict[tuple[int, str], list[np.ndarray]] = {}
    for each in ids:
        bert(each, lambda layer, name, rows: seen.setdefault((layer, name), []).append(rows))
    return {place: np.concatenate(rows) for place, rows in seen.items()}


def test_what_goes_into_every_product_is_shown_token_by_token() -> None:
    seen = inputs(small_bert(), IDS)
    assert set(seen) == PLACES
    assert {rows.shape for rows in seen.values()} == {(28, 32), (28, 64)}
    assert seen[0, "down"].shape == (28, 64)


def test_to_be_watched_changes_no_vector() -> None:
    bert = small_bert()
    np.testing.assert_array_equal(bert(IDS[0]), bert(IDS[0], lambda *_: None))


def test_ranges_hold_all_that_was_seen_and_no_more() -> None:
    bert = small_bert()
    found = ranges(bert, IDS)
    for place, rows in inputs(bert, IDS).items():
        fit = found[place]
        smooth = rows / fit.factor
        assert fit.low == pytest.approx(min(0, smooth.min()), rel=1e-5)
        assert fit.high == pytest.approx(max(0, smooth.max()), rel=1e-5)


def test_zero_is_in_every_range() -> None:
    assert all(fit.low <= 0 <= fit.high for fit in ranges(small_bert(), IDS).values())


def test_a_wide_channel_leaves_steps_to_the_others() -> None:
    bert = small_bert()
    rows, fit = inputs(bert, IDS)[0, "up"], ranges(bert, IDS)[0, "up"]
    widest = np.abs(rows).max(axis=0)
    smooth = np.abs(rows / fit.factor).max(axis=0)
    assert widest.argmax() == WIDE
    assert smooth.max() / np.median(smooth) < widest.max() / np.median(widest) / 2


def test_ranges_do_not_depend_on_the_order_of_texts() -> None:
    one, other = ranges(small_bert(), IDS), ranges(small_bert(), IDS[::-1])
    for place, fit in one.items():
        assert (fit.low, fit.high) == (other[place].low, other[place].high)
        np.testing.assert_array_equal(fit.factor, other[place].factor)


def test_a_silent_channel_has_a_factor_that_can_be_divided_by() -> None:
    bert = small_bert()
    weight, bias = bert.layers[0].up
    weight[5], bias[5] = 0, 0  # gelu of 0 is 0: nothing ever comes through it
    bert.layers[0].down[0][:, 5] = 0
    fit = ranges(bert, IDS)[0, "down"]
    assert np.isfinite(fit.factor).all()
    assert (fit.factor > 0).all()


def test_a_weight_in_whole_numbers_is_within_half_a_step() -> None:
    weight = np.random.default_rng(2).standard_normal((6, 9)).astype(np.float32)
    numbers, steps = whole(weight)
    assert (numbers.dtype, steps.shape) == (np.int8, (6, 1))
    assert np.abs(numbers).max(axis=1).tolist() == [127] * 6
    assert (np.abs(numbers * steps - weight) <= steps * 0.5001).all()


def test_a_row_of_zeros_stays_zeros() -> None:
    numbers, steps = whole(np.zeros((2, 3), np.float32))
    assert not numbers.any()
    assert np.isfinite(steps).all()

"""Points of a map: one plane, one scale, the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ranking.projection import plane


def rows(count: int, width: int, seed: int = 0) -> np.ndarray:
    made: np.ndarray = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return made


@given(st.integers(0, 12), st.integers(1, 6), st.integers(0, 50))
def test_points_lie_between_nought_and_one(count: int, width: int, seed: int) -> None:
    points, kept = plane(rows(count, width, seed))
    assert points.shape == (count, 2)
    assert ((points >= -1e-9) & (points <= 1 + 1e-9)).all()
    assert 0 <= kept <= 1 + 1e-9


def test_what_lies_in_a_plane_keeps_its_distances_and_all_of_its_spread() -> None:
    flat = rows(30, 2)
    turned = flat @ np.linalg.qr(rows(7, 7, 1))[0][:2].astype(np.float32)
    points, kept = plane(turned)
    apart = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    found = np.linalg.norm(points[:, None] - points[None], axis=-1)
    assert kept == pytest.approx(1.0)
    assert found * (apart[0, 1] / found[0, 1]) == pytest.approx(apart, abs=1e-4)


def test_the_wider_direction_lies_across() -> None:
    wide = rows(40, 2) * np.array([[5.0, 1.0]], dtype=np.float32)
    points, _ = plane(wide)
    assert np.ptp(points[:, 0]) == pytest.approx(1.0)
    assert np.ptp(points[:, 1]) < 0.6


def test_the_order_of_rows_does_not_turn_the_map() -> None:
    made = rows(25, 8)
    points, _ = plane(made)
    other, _ = plane(made[::-1])
    assert other[::-1] == pytest.approx(points, abs=1e-6)


@pytest.mark.parametrize("count", [1, 4])
def test_rows_without_spread_lie_in_the_middle(count: int) -> None:
    points, kept = plane(np.ones((count, 5), dtype=np.float32))
    assert points.tolist() == [[0.5, 0.5]] * count
    assert kept == 1.0


def test_no_rows_give_no_points() -> None:
    points, kept = plane(np.zeros((0, 5), dtype=np.float32))
    assert points.shape == (0, 2)
    assert kept == 1.0

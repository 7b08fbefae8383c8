"""Points of a map: one plane, one scale, the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ranking.projection import neighbourly, plane, true_neighbours


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


def clusters() -> np.ndarray:
    """Six bunches of 20 in 32 dimensions."""
    chance = np.random.default_rng(3)
    middles = chance.normal(size=(6, 32))
    made: np.ndarray = np.repeat(middles, 20, axis=0) + 0.3 * chance.normal(size=(120, 32))
    return made.astype(np.float32)


def test_what_is_near_stays_nearer_than_in_a_plane() -> None:
    made = clusters()
    points = neighbourly(made)
    assert points.shape == (120, 2)
    assert ((points >= -1e-9) & (points <= 1 + 1e-9)).all()
    flat, _ = plane(made)
    assert true_neighbours(made, points) > true_neighbours(made, flat) + 0.1


def test_each_bunch_lies_together() -> None:
    points = neighbourly(clusters())
    near = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(near, np.inf)
    assert (near.argmin(axis=1) // 20 == np.arange(120) // 20).all()


def test_the_same_rows_give_the_same_points() -> None:
    assert np.array_equal(neighbourly(clusters()), neighbourly(clusters()))


@pytest.mark.parametrize("count", [0, 1, 2, 10, 29])
def test_few_rows_lie_in_their_plane(count: int) -> None:
    made = rows(count, 5)
    assert np.array_equal(neighbourly(made), plane(made)[0])


@pytest.mark.parametrize("count", [30, 90, 91])
def test_any_number_of_rows_can_be_drawn(count: int) -> None:
    assert np.isfinite(neighbourly(rows(count, 40))).all()


def test_rows_that_are_all_the_same_lie_in_the_middle() -> None:
    assert neighbourly(np.ones((50, 4), dtype=np.float32)).tolist() == [[0.5, 0.5]] * 50


def test_neighbours_are_all_true_where_nothing_was_lost() -> None:
    flat = rows(40, 2)
    points, _ = plane(flat)
    assert true_neighbours(flat, points) == 1.0
    assert true_neighbours(flat, np.random.default_rng(9).random((40, 2))) < 0.5


@pytest.mark.parametrize("count", [0, 1, 5, 11])
def test_all_are_neighbours_where_there_are_few(count: int) -> None:
    made = rows(count, 3)
    assert true_neighbours(made, plane(made)[0]) == 1.0

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from service.records import Sign, SweepKind, Window, WindowReport
from service.sources.signs import signs

DAY = Window(date(2026, 11, 13), date(2026, 11, 13))
FINE = WindowReport(DAY, SweepKind.RECENT, "q", None, 12, 12, end_sign=True)


def test_a_walk_whose_counts_reconcile_shows_nothing() -> None:
    assert signs(FINE) == frozenset()
    assert signs(replace(FINE, stated=10_000, fetched=10_000)) == frozenset()
    assert signs(replace(FINE, stated=0, fetched=0)) == frozenset(), "it was believed"


@pytest.mark.parametrize("stated", [0, None])
def test_a_zero_that_was_not_believed_is_a_sign(stated: int | None) -> None:
    zero = replace(FINE, stated=stated, fetched=0, gap="no record on a working day")
    assert signs(zero) == {Sign.ZERO}
    assert signs(replace(zero, end_sign=False)) == frozenset(), "it broke off"
    assert signs(replace(zero, stated=12)) == frozenset(), "it states that there is something"


@pytest.mark.parametrize("came", [9_999, 10_000, 1_000, 500, 100, 4_999])
def test_a_list_that_is_short_by_a_round_number_was_cut_off(came: int) -> None:
    short = replace(FINE, stated=12_345, fetched=came, gap="short")
    assert signs(short) == {Sign.CLAMPED}
    assert signs(replace(short, gap=None)) == frozenset(), "the source is known to over-count"


@pytest.mark.parametrize("came", [0, 30, 99, 9_998, 4_321])
def test_a_list_that_is_short_otherwise_was_not(came: int) -> None:
    assert signs(replace(FINE, stated=12_345, fetched=came, gap="short")) == frozenset()


def test_signs_that_a_source_has_set_stay() -> None:
    told = replace(FINE, signs=frozenset({Sign.SCHEMA}))
    assert signs(told) == {Sign.SCHEMA}

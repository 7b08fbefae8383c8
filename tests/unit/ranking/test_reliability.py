"""The reliability diagram: complete, valid, and safe where little is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from service.charts import draw
from service.ranking.intervals import wilson
from service.ranking.metrics import Bin, reliability
from service.ranking.reliability import reliability_chart

if TYPE_CHECKING:
    from collections.abc import Iterator


def parts(spec: Any) -> Iterator[dict[str, Any]]:
    """Every object in the specification."""
    if isinstance(spec, dict):
        yield spec
        for each in spec.values():
            yield from parts(each)
    elif isinstance(spec, list):
        for each in spec:
            yield from parts(each)


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """What is drawn of the bins, each once."""
    tables = [each["values"] for each in parts(spec) if isinstance(each.get("values"), list)]
    tables += list(spec.get("datasets", {}).values())
    held = [row for table in tables for row in table if isinstance(row, dict) and "count" in row]
    return [json.loads(each) for each in dict.fromkeys(json.dumps(row) for row in held)]


def test_every_bin_is_drawn_with_its_interval_and_its_number() -> None:
    spec = reliability_chart({"now": [Bin(0.25, 0.5, 40), Bin(0.95, 1.0, 7)]}, title="t")
    low, high = rows(spec)
    assert (low["predicted"], low["observed"], low["count"]) == (0.25, 0.5, 40)
    assert low["low"] < 0.5 < low["high"]
    assert high["low"] < 1.0 == high["high"]


def test_each_bar_spans_the_bin_that_it_counts() -> None:
    predicted = np.array([0.0, 0.05, 0.3, 0.999, 1.0])
    spec = reliability_chart({"now": reliability(predicted, [0, 0, 1, 1, 1])}, title="t")
    found = [(round(each["from"], 1), round(each["to"], 1)) for each in rows(spec)]
    assert found == [(0.0, 0.1), (0.3, 0.4), (0.9, 1.0)]


def test_there_is_a_panel_for_each_name_in_order_and_the_words_are_there() -> None:
    panels = {"after 0 votes": [Bin(0.5, 0.5, 9)], "after 25 votes": [Bin(0.4, 0.5, 9)]}
    spec = reliability_chart(panels, title="How honest", note="nine corpora")
    titles = (each.get("title") for each in parts(spec))
    assert [each["text"] for each in titles if isinstance(each, dict) and "text" in each] == [
        "How honest",
        "after 0 votes",
        "after 25 votes",
    ]
    assert "nine corpora" in json.dumps(spec)


def test_a_panel_without_bins_is_drawn_empty() -> None:
    spec = reliability_chart({"none": [], "some": [Bin(0.5, 0.5, 9)]}, title="t")
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    assert draw(spec, "r.svg").startswith(b"<svg")


@pytest.mark.parametrize(("share", "count"), [(0.0, 1), (1.0, 1), (0.5, 10), (0.02, 1000)])
def test_an_interval_holds_the_share_and_stays_within_bounds(share: float, count: int) -> None:
    low, high = wilson(share, count)
    assert 0 <= low <= share <= high <= 1


def test_the_interval_is_that_of_the_textbook() -> None:
    # Newcombe 1998, table I: 81 of 263.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=2e-4)

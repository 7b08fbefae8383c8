"""The chart: valid, complete, in one order, and safe with figures that are missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service.ranking.curves import METRIC_NAMES, evaluation_chart
from service.ranking.evaluation import METRICS, Scorecard
from service.ranking.intervals import NOTHING, Figure

if TYPE_CHECKING:
    from collections.abc import Iterator


def card(name: str, mean: float, corpora: int = 3, low: float | None = None) -> Scorecard:
    figure = Figure(mean, mean - 0.05 if low is None else low, mean + 0.05)
    figures = dict.fromkeys(METRICS, figure)
    return Scorecard(name, {f"corpus {at}": figures for at in range(corpora)}, figures)


def parts(spec: Any) -> Iterator[dict[str, Any]]:
    """Every object in the specification."""
    if isinstance(spec, dict):
        yield spec
        for each in spec.values():
            yield from parts(each)
    elif isinstance(spec, list):
        for each in spec:
            yield from parts(each)


def rows(spec: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The rows of each panel."""
    tables = [each["values"] for each in parts(spec) if isinstance(each.get("values"), list)]
    tables += list(spec.get("datasets", {}).values())  # Altair may gather them at the top
    return [each for each in tables if each and "contender" in each[0]]


def titles(spec: dict[str, Any]) -> list[str]:
    found = (each.get("title") for each in parts(spec))
    return [each["text"] for each in found if isinstance(each, dict) and "text" in each]


def test_every_metric_has_a_name() -> None:
    assert METRIC_NAMES.keys() == METRICS.keys()


def test_there_is_a_panel_for_the_mean_and_one_per_corpus() -> None:
    spec = evaluation_chart([card("a", 0.3), card("b", 0.4)], note="2 seeds")
    assert titles(spec) == [
        "Rankers compared by average precision",
        "Mean over 3 corpora",
        "corpus 0",
        "corpus 1",
        "corpus 2",
    ]
    assert "2 seeds" in json.dumps(spec)


def test_one_corpus_is_one_panel_with_its_name() -> None:
    spec = evaluation_chart([card("a", 0.3, corpora=1)])
    assert titles(spec) == ["Rankers compared by average precision", "corpus 0"]


def test_the_best_stand_first_in_every_panel() -> None:
    spec = evaluation_chart([card("worst", 0.1), card("best", 0.5), card("middle", 0.3)])
    sorts = [each["sort"] for each in parts(spec) if isinstance(each.get("sort"), list)]
    assert sorts
    assert all(each == ["best", "middle", "worst"] for each in sorts)


def test_ours_has_a_colour_of_its_own() -> None:
    spec = evaluation_chart([card("litwatch", 0.5), card("b", 0.3)])
    tests = [str(each["test"]) for each in parts(spec) if "test" in each]
    assert tests
    assert all("litwatch" in each for each in tests)


def test_a_figure_that_is_missing_is_left_out_and_the_rest_is_drawn() -> None:
    blank = Scorecard(
        "blank", {"x": dict.fromkeys(METRICS, NOTHING)}, dict.fromkeys(METRICS, NOTHING)
    )
    ours = card("a", 0.3, corpora=1)
    other = Scorecard("a", {"x": ours.macro}, ours.macro)
    spec = evaluation_chart([blank, other])
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    assert {row["contender"] for table in rows(spec) for row in table} == {"a"}


def test_figures_below_nought_are_within_the_scale() -> None:
    spec = evaluation_chart([card("a", 0.02, low=-0.04)], metric="wss95")
    domains = [each["domain"] for each in parts(spec) if isinstance(each.get("domain"), list)]
    numbers = [each for each in domains if not isinstance(each[0], str)]
    assert numbers
    assert all(low == -0.04 and high <= 1 for low, high in numbers)


@pytest.mark.parametrize("name", ['"quoted" <b>', "a" * 200, "naïve Ω"])
def test_odd_names_do_no_harm(name: str) -> None:
    figures = dict.fromkeys(METRICS, Figure(0.5, 0.4, 0.6))
    spec = evaluation_chart([Scorecard(name, {name: figures, "b": figures}, figures)])
    assert max(len(each) for each in titles(spec)) <= 80

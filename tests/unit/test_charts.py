"""Pictures from specifications: of the kind that the name says, without asking anybody."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from service.charts import check_format, draw
from service.errors import InputError
from service.ranking.curves import evaluation_chart
from service.ranking.evaluation import METRICS, Scorecard
from service.ranking.intervals import Figure


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    figures = dict.fromkeys(METRICS, Figure(0.5, 0.4, 0.6))
    return evaluation_chart([Scorecard("a <ranker>", {"x": figures, "y": figures}, figures)])


def test_an_svg_is_well_formed_and_names_what_it_shows(spec: dict[str, Any]) -> None:
    picture = draw(spec, "chart.svg")
    root = ET.fromstring(picture)
    assert root.tag.endswith("svg")
    shown = "".join(root.itertext())
    assert "a <ranker>" in shown
    assert "Mean over 2 corpora" in shown
    assert "0.500" in shown


def test_a_png_is_a_png_of_twice_the_size(spec: dict[str, Any]) -> None:
    picture = draw(spec, "CHART.PNG")
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width = int.from_bytes(picture[16:20])
    root = ET.fromstring(draw(spec, "chart.svg"))
    assert width == pytest.approx(2 * float(root.attrib["width"]), abs=2)


def test_the_same_specification_gives_the_same_bytes(spec: dict[str, Any]) -> None:
    assert draw(spec, "a.png") == draw(spec, "b.png")


@pytest.mark.parametrize("name", ["chart", "chart.pdf", "svg", ".svg.txt"])
def test_another_kind_of_picture_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"use .svg or .png"):
        check_format(name)
    with pytest.raises(InputError):
        draw({}, name)


def test_nothing_is_fetched(spec: dict[str, Any]) -> None:
    address = "https://example.org/data.json"
    remote = {"$schema": spec["$schema"], "data": {"url": address}, "mark": "point"}
    with pytest.raises(ValueError, match=r"not allowed|denied|Failed|base_url"):
        draw(remote, "a.svg")

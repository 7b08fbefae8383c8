"""A digest's charts: what is drawn, what is said of it, and that letters stay readable."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

from service.charts import draw
from service.digest.charts import Chart, charts
from service.digest.palette import DARK, LIGHT
from service.records import WeekFigures
from tests.factories import digest_content, section

if TYPE_CHECKING:
    from collections.abc import Mapping

SPREAD = (4100, 52, 20, 10, 5, 4, 4, 3, 2, 2, 3, 1, 2, 1, 2, 1, 1, 3, 2, 1)
NOWHERE = (0,) * 20


def week(number: int, screened: int, shown: int, relevance: float | None = 0.8) -> WeekFigures:
    return WeekFigures(f"Europe/Berlin:2026-W{number:02}", screened, shown, relevance)


THREE = (week(45, 3900, 10, 0.7), week(46, 4500, 15, 0.83), week(47, 4212, 12, 0.81))


def drawn(**changes: Any) -> dict[str, Chart]:
    parts = changes.pop("sections", ())
    return {chart.name: chart for chart in charts(digest_content(*parts, **changes))}


def texts(spec: Mapping[str, Any]) -> list[str]:
    marks = (layer["mark"] for layer in spec["layer"])
    return [mark["text"] for mark in marks if mark["type"] == "text"]


def boxes(spec: Mapping[str, Any], colour: str) -> list[dict[str, Any]]:
    rects = [each["data"]["values"] for each in spec["layer"] if each["mark"]["type"] == "rect"]
    return [datum for data in rects for datum in data if datum["colour"] == colour]


def rules(spec: Mapping[str, Any], colour: str) -> list[dict[str, Any]]:
    layers = [each for each in spec["layer"] if each["mark"]["type"] == "rule"]
    return [each["data"]["values"][0] for each in layers if each["mark"]["color"] == colour]


@pytest.mark.parametrize("weeks", [(), THREE[:1]])
def test_one_week_is_no_history(weeks: tuple[WeekFigures, ...]) -> None:
    assert drawn(weeks=weeks) == {}


def test_the_weeks_are_told_in_words_too() -> None:
    chart = drawn(weeks=THREE)["weeks"]
    assert chart.alt == (
        "Screened 4,212, shown 12, mean relevance 81 %. Last 3 weeks: screened 3,900 to 4,500, "
        "shown 10 to 15, mean relevance 70 % to 83 %."
    )
    assert chart.title == "The last 3 weeks"
    assert chart.spec["description"] == chart.alt


def test_the_range_is_of_numbers_not_of_their_spelling() -> None:
    alt = drawn(weeks=(week(46, 900, 9, 0.09), week(47, 1000, 10, 0.8)))["weeks"].alt
    assert "screened 900 to 1,000, shown 9 to 10, mean relevance 9 % to 80 %" in alt


def test_this_weeks_figures_stand_beside_their_rows() -> None:
    told = texts(drawn(weeks=THREE)["weeks"].spec)
    assert told == [
        "Screened", "4,212", "Shown", "12", "Relevance", "81 %", "week 47", "46", "45",
    ]  # fmt: skip


def test_bars_begin_at_zero_and_only_this_week_has_the_accent() -> None:
    spec = drawn(weeks=(week(46, 2000, 5), week(47, 1000, 10)))["weeks"].spec
    (before, few), (now, all_) = boxes(spec, LIGHT["faint"]), boxes(spec, LIGHT["accent"])
    assert now["y2"] - now["y"] == pytest.approx((before["y2"] - before["y"]) / 2, abs=0.02)
    assert few["y2"] - few["y"] == pytest.approx((all_["y2"] - all_["y"]) / 2, abs=0.02)
    assert before["x2"] < now["x"], "in the order of time"


def test_two_weeks_are_no_wider_than_six_would_be() -> None:
    def width(number: int) -> float:
        weeks = tuple(week(each, 10, 1) for each in range(1, number + 1))
        (bar, _) = boxes(drawn(weeks=weeks)["weeks"].spec, LIGHT["accent"])
        return float(bar["x2"] - bar["x"])

    assert width(2) == pytest.approx(width(6), abs=0.02)
    assert width(12) < width(6)


def test_a_week_that_showed_nothing_breaks_the_line() -> None:
    weeks = (week(44, 10, 1), week(45, 10, 0, None), week(46, 10, 1), week(47, 10, 1))
    spec = drawn(weeks=weeks)["weeks"].spec
    (line,) = (each for each in spec["layer"] if each["mark"]["type"] == "line")
    assert [datum["run"] for datum in line["data"]["values"]] == [0, 1, 1]


def test_weeks_without_anything_are_drawn_as_nothing() -> None:
    chart = drawn(weeks=(week(46, 0, 0, None), week(47, 0, 0, None)))["weeks"]
    assert chart.alt == "Screened 0, shown 0. Last 2 weeks: screened 0, shown 0."
    every = boxes(chart.spec, LIGHT["faint"]) + boxes(chart.spec, LIGHT["accent"])
    assert {datum["y2"] - datum["y"] for datum in every} == {0}
    assert "–" in texts(chart.spec)


def test_at_most_twelve_weeks_are_drawn_and_few_are_named() -> None:
    many = tuple(week(number, 100 + number, 5) for number in range(1, 31))
    chart = drawn(weeks=many)["weeks"]
    assert chart.title == "The last 12 weeks"
    named = [text for text in texts(chart.spec) if re.fullmatch(r"(week )?\d\d", text)]
    assert named == ["week 30", "27", "24", "21"]


def test_a_histogram_says_where_the_works_and_the_line_are() -> None:
    chart = drawn(spread={"stroma": SPREAD}, cutoffs={"stroma": 0.62})["relevance"]
    assert chart.alt == (
        "Tumour-associated stromal cells: 4,100 of "
        "4,219 works under 5 % relevance, 17 at 50 % or over; line at 62 %."
    )
    assert {"1", "10", "100", "1k", "line at 62 %"} <= set(texts(chart.spec))


def test_the_line_divides_a_bin_where_it_lies() -> None:
    spec = drawn(spread={"stroma": (1,) * 20}, cutoffs={"stroma": 0.625})["relevance"].spec
    over, under = boxes(spec, LIGHT["accent"]), boxes(spec, LIGHT["faint"])
    assert (len(under), len(over)) == (13, 8)
    edge = max(datum["x2"] for datum in under)
    assert edge == min(datum["x"] for datum in over)
    assert edge in {datum["x"] for datum in rules(spec, LIGHT["ink"])}


def test_one_work_among_millions_can_be_seen() -> None:
    spread = (38_000_000, *NOWHERE[1:-1], 1)
    spec = drawn(spread={"stroma": spread})["relevance"].spec
    (one,) = boxes(spec, LIGHT["accent"])
    assert one["y2"] - one["y"] > 4
    ticks = [text for text in texts(spec) if re.fullmatch(r"\d+[kM]?", text)]
    assert ticks == ["1", "100", "10k", "1M"]


@pytest.mark.parametrize("line", [None, 0.0, 1.0])
def test_a_line_may_be_missing_or_at_an_end(line: float | None) -> None:
    cutoffs = {} if line is None else {"stroma": line}
    chart = drawn(spread={"stroma": (1,) * 20}, cutoffs=cutoffs)["relevance"]
    over, under = boxes(chart.spec, LIGHT["accent"]), boxes(chart.spec, LIGHT["faint"])
    assert (len(over), len(under)) == ((20, 0) if line == 0.0 else (0, 20))
    assert ("line at" in chart.alt) == (line is not None)


def test_topics_without_works_are_left_out_and_so_are_too_many() -> None:
    names = [f"t{number}" for number in range(6)]
    parts = [section(topic=name, name=name.upper()) for name in names]
    spread = dict.fromkeys(names, SPREAD) | {"t0": NOWHERE}
    chart = drawn(sections=parts, spread=spread, cutoffs={})["relevance"]
    assert [text for text in texts(chart.spec) if text.startswith("T")] == ["T1", "T2", "T3", "T4"]
    assert chart.alt.endswith("1 more topic not drawn.")
    assert drawn(spread={"stroma": NOWHERE}) == {}


def both() -> dict[str, Chart]:
    return drawn(weeks=THREE, spread={"stroma": SPREAD})


def test_the_same_content_gives_the_same_specifications_and_pictures() -> None:
    assert charts(digest_content(weeks=THREE)) == charts(digest_content(weeks=THREE))
    one, other = both(), both()
    assert json.dumps(one["weeks"].spec) == json.dumps(other["weeks"].spec)
    assert draw(one["weeks"].spec, "a.png") == draw(other["weeks"].spec, "a.png")


def test_charts_are_data_that_needs_no_heavy_library() -> None:
    program = (
        "import sys, service.digest.charts; print({'altair', 'vl_convert'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["weeks", "relevance"])
@pytest.mark.parametrize("ground", ["light", "dark"])
def test_a_picture_is_600_wide_with_letters_of_20(name: str, ground: str) -> None:
    """A phone shows it at about 330: 20 become 11."""
    chart = both()[name]
    spec, colours = (chart.spec, LIGHT) if ground == "light" else (chart.dark, DARK)
    assert spec["background"] == colours["card"]
    root = ET.fromstring(draw(spec, "chart.svg"))
    assert float(root.attrib["width"]) == 600
    assert float(root.attrib["height"]) == spec["height"]
    letters = [each for each in root.iter() if each.tag.endswith("text") and each.text]
    assert {each.attrib["font-size"] for each in letters} == {"20px"}
    assert {each.attrib["fill"] for each in letters} <= {colours["ink"], colours["muted"]}
    assert draw(spec, "chart.png")[16:20] == (1200).to_bytes(4)


def test_nothing_of_the_light_palette_is_in_the_dark_chart() -> None:
    for chart in both().values():
        assert not set(LIGHT.values()) & set(re.findall(r"#[0-9a-f]{6}", json.dumps(chart.dark)))


def test_a_hostile_name_is_drawn_as_letters() -> None:
    name = "<script>alert(1)</script>\u202e{datum.x}"
    chart = drawn(sections=[section(name=name)], spread={"stroma": SPREAD})["relevance"]
    root = ET.fromstring(draw(chart.spec, "chart.svg"))
    assert "<script>alert(1)</script>{datum.x}" in "".join(root.itertext())
    assert not [each for each in root.iter() if "script" in str(each.tag)]


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_letters_and_shapes_stand_out_from_the_ground(colours: Mapping[str, str]) -> None:
    assert set(colours) == set(LIGHT)
    for name in ("ink", "muted", "accent", "alarm", "link"):
        assert _contrast(colours[name], colours["card"]) >= 4.5, name
    assert _contrast(colours["faint"], colours["card"]) >= 3

"""Charts as the last parts of a digest in Slack."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from service.digest.charts import charts
from service.digest.identity import delivery_id
from service.digest.render import SlackRenderer
from service.digest.slack_limits import problems
from service.errors import InputError
from service.records import WeekFigures
from tests.factories import digest_content, section
from tests.fakes_links import NO_LINKS, FakeLinks

if TYPE_CHECKING:
    from collections.abc import Mapping

PNG = b"\x89PNG\r\n\x1a\n"
WEEKS = tuple(WeekFigures(f"Europe/Berlin:2026-W{n}", 4000 + n, n - 40, 0.7) for n in range(42, 48))
CONTENT = digest_content(weeks=WEEKS, spread={"stroma": (9,) * 20})


def draw(spec: Mapping[str, Any], name: str) -> bytes:
    return PNG + json.dumps([name, spec["background"]]).encode()


def bodies(renderer: SlackRenderer) -> list[dict[str, Any]]:
    return [json.loads(part.payload) for part in renderer.render(CONTENT, "C0123456789")]


def test_each_chart_is_a_part_of_its_own_after_the_messages() -> None:
    parts = SlackRenderer(draw=draw).render(CONTENT, "C0123456789")
    held = bodies(SlackRenderer(draw=draw))
    assert ["upload" in body for body in held] == [False, True, True]
    assert [part.parts for part in parts] == [3] * 3
    for part, body, chart in zip(parts[1:], held[1:], charts(CONTENT), strict=True):
        assert problems(body) == []
        assert part.id == delivery_id(CONTENT.digest_id, "slack", "C0123456789", part.part)
        assert body["channel"] == "C0123456789"
        assert body["upload"]["filename"] == f"litwatch-{part.id}.png"
        assert body["upload"]["title"] == chart.title
        assert body["upload"]["comment"] == chart.alt, (
            "what the picture shows, for who cannot see it"
        )
        drawn = b64decode(body["upload"]["png"])
        assert drawn == draw(chart.spec, f"{chart.name}.png"), "the one on a light ground"


def test_the_messages_are_the_same_with_and_without_charts() -> None:
    assert bodies(SlackRenderer(draw=draw))[:1] == bodies(SlackRenderer())


def test_a_chart_that_cannot_be_drawn_holds_up_nothing() -> None:
    def broken(spec: Mapping[str, Any], name: str) -> bytes:
        raise InputError(name, "cannot be drawn", "install it")

    assert bodies(SlackRenderer(draw=broken)) == bodies(SlackRenderer())


def test_a_topics_name_cannot_mention_anyone_from_a_chart() -> None:
    hostile = replace(CONTENT, sections=(section(name="<!channel> *x* :tada:"),))
    parts = SlackRenderer(draw=draw).render(hostile, "C0123456789")
    comments = [json.loads(part.payload)["upload"]["comment"] for part in parts[1:]]
    assert any("&lt;!channel&gt; ∗x∗ ∶tada:" in comment for comment in comments)
    assert [problems(json.loads(part.payload)) for part in parts] == [[]] * len(parts)


@pytest.mark.parametrize(
    ("links", "linked"), [(FakeLinks(), True), (NO_LINKS, False), (None, False)]
)
def test_the_digests_page_is_linked_where_there_is_one(
    links: FakeLinks | None, linked: bool
) -> None:
    [body] = bodies(SlackRenderer(links))
    assert ("https://litwatch.example.org/d/" in body["text"]) == linked


def test_without_a_way_back_there_are_no_buttons() -> None:
    assert "vote_saved" in json.dumps(bodies(SlackRenderer()))
    assert "vote_saved" not in json.dumps(bodies(SlackRenderer(buttons=False)))


def test_the_same_digest_gives_the_same_bytes() -> None:
    renderer = SlackRenderer(FakeLinks(), draw)
    assert renderer.render(CONTENT, "C0123456789") == renderer.render(CONTENT, "C0123456789")

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from service.digest.pictures import Figure, figures, inside, pictures
from service.errors import InputError
from service.records import WeekFigures
from tests.factories import digest_content

if TYPE_CHECKING:
    from collections.abc import Mapping

WEEKS = tuple(WeekFigures(f"UTC:2026-W{n}", 4000, 9, 0.8) for n in range(40, 48))


def drawn(spec: Mapping[str, Any], name: str) -> bytes:
    return f"{name} on {spec['background']}".encode()


def test_each_chart_is_drawn_for_day_and_for_night() -> None:
    content = digest_content(weeks=WEEKS, spread={"stroma": (5,) * 20})
    assert [(one.name, one.light, one.dark) for one in pictures(content, drawn, "png")] == [
        ("weeks", b"weeks.png on #ffffff", b"weeks-dark.png on #1a1f24"),
        ("relevance", b"relevance.png on #ffffff", b"relevance-dark.png on #1a1f24"),
    ]
    assert pictures(digest_content(), drawn, "png") == ()


@pytest.mark.parametrize("error", [ValueError("x"), ImportError("x"), InputError("x", "y", "z")])
def test_what_cannot_be_drawn_is_left_to_words(error: Exception) -> None:
    def broken(spec: Mapping[str, Any], name: str) -> bytes:
        if "dark" in name:
            raise error
        return b"light"

    [one] = pictures(digest_content(weeks=WEEKS), broken, "svg")
    assert (one.light, one.dark) == (b"", b""), "both or neither"
    assert one.alt.startswith("Screened 4,000")
    [figure] = figures((one,), inside)
    assert figure == Figure(one.title, one.alt)


def test_a_picture_inside_a_page_is_its_own_address() -> None:
    [figure] = figures(pictures(digest_content(weeks=WEEKS), drawn, "svg"), inside)
    kind, packed = figure.light.split(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(packed) == b"weeks.svg on #ffffff"
    assert base64.b64decode(figure.dark.split(",")[1]) == b"weeks-dark.svg on #1a1f24"

"""A digest's charts as pictures, and what stands in their place where they could not be drawn."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.digest.charts import charts
from service.digest.thumbnails import kind
from service.errors import LitwatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.digest.charts import Chart
    from service.protocols import Draw
    from service.records import DigestContent


@dataclass(frozen=True, slots=True)
class Picture:
    """One chart as two files, for a light and a dark ground; both empty where it could not be
    drawn, so that `alt` alone is shown. `name` is a file name without its ending."""

    name: str
    title: str
    alt: str
    light: bytes = b""
    dark: bytes = b""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture as a page refers to it: by two addresses, "" where there are only words."""

    title: str
    alt: str
    light: str = ""
    dark: str = ""


def pictures(content: DigestContent, draw: Draw | None, kind: str) -> tuple[Picture, ...]:
    """Each chart, drawn as `kind` ("png" or "svg"), in words only without `draw`. A chart that
    cannot be drawn never holds up a digest."""
    return tuple(_drawn(chart, draw, kind) for chart in charts(content))


def figures(shown: tuple[Picture, ...], address: Callable[[str, bytes], str]) -> tuple[Figure, ...]:
    """The pictures as figures; `address` takes a file name without ending, and the file."""
    return tuple(
        Figure(
            one.title,
            one.alt,
            address(one.name, one.light) if one.light else "",
            address(f"{one.name}-dark", one.dark) if one.dark else "",
        )
        for one in shown
    )


def inside(_name: str, svg: bytes) -> str:
    """A picture as its own address, for `figures`: unlike markup inside the page, it can run
    nothing and its names meet no others."""
    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"


def picture_inside(picture: bytes) -> str:
    """A thumbnail as its own address."""
    return f"data:image/{kind(picture)};base64,{b64encode(picture).decode()}"


def _drawn(chart: Chart, draw: Draw | None, kind: str) -> Picture:
    said = Picture(chart.name, chart.title, chart.alt)
    if draw is None:
        return said
    try:
        light = draw(chart.spec, f"{chart.name}.{kind}")
        dark = draw(chart.dark, f"{chart.name}-dark.{kind}")
    except (LitwatchError, ValueError, ImportError, OSError):  # what a drawing library can raise
        return said
    return replace(said, light=light, dark=dark)

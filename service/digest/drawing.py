"""Marks of a Vega-Lite specification at given pixels: 0, 0 is the upper left corner. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH = 600  # pixels, of every drawing
LETTERS = 20  # pixels; 11 where a phone shows the drawing 330 wide
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"  # the first is inside vl-convert
_ENDS: dict[str, Any] = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}


def drawing(
    layers: Sequence[Mapping[str, Any]], height: float, alt: str, background: str
) -> dict[str, Any]:
    """The specification: `WIDTH` by `height` whatever is drawn; what lies outside is cut off."""
    return {
        "$schema": _SCHEMA,
        "description": alt,
        "width": WIDTH,
        "height": height,
        "padding": 0,
        "autosize": "none",
        "background": background,
        "config": {"view": {"stroke": None}, "text": {"font": _FONT, "fontSize": LETTERS}},
        "layer": list(layers),
    }


def text(
    x: float, y: float, line: str, colour: str, *, align: str = "left", bold: bool = False
) -> dict[str, Any]:
    """One line of text, its middle at the height `y`."""
    weight = "bold" if bold else "normal"
    mark = {"text": line, "color": colour, "align": align, "fontWeight": weight}
    return _one({"type": "text", "baseline": "middle", "x": x, "y": y} | mark)


def rule(start: tuple[float, float], end: tuple[float, float], colour: str) -> dict[str, Any]:
    """A straight line."""
    ends = box(start[0], end[0], start[1], end[1], colour)
    return _many([ends], {"type": "rule", "strokeWidth": 1.5, "color": colour}, _ENDS)


def box(x: float, x2: float, y: float, y2: float, colour: str) -> dict[str, Any]:
    """One datum of `boxes`: from `x` to `x2`, from `y` to `y2`."""
    return {
        "x": round(x, 2),
        "x2": round(x2, 2),
        "y": round(y, 2),
        "y2": round(y2, 2),
        "colour": colour,
    }


def boxes(data: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Filled rectangles."""
    return _many(data, {"type": "rect"}, _ENDS | {"color": _field("colour", "nominal")})


def dot(x: float, y: float, run: int, colour: str) -> dict[str, Any]:
    """One datum of `joined`: dots of one `run` are joined."""
    return {"x": round(x, 2), "y": round(y, 2), "run": run, "colour": colour}


def joined(data: Sequence[Mapping[str, Any]], colour: str) -> list[dict[str, Any]]:
    """Dots, and the line through those of each run."""
    line = {"type": "line", "strokeWidth": 2, "color": colour}
    dots = {"type": "point", "filled": True, "opacity": 1, "size": 110}
    return [
        _many(data, line, {"detail": {"field": "run", "type": "nominal"}}),
        _many(data, dots, {"color": _field("colour", "nominal")}),
    ]


def _one(mark: Mapping[str, Any]) -> dict[str, Any]:
    return {"data": {"values": [{}]}, "mark": dict(mark), "encoding": {}}


def _many(
    data: Sequence[Mapping[str, Any]], mark: Mapping[str, Any], more: Mapping[str, Any]
) -> dict[str, Any]:
    places = {side: {**_field(side, "quantitative"), "axis": None} for side in ("x", "y")}
    return {"data": {"values": list(data)}, "mark": dict(mark), "encoding": {**places, **more}}


def _field(name: str, kind: str) -> dict[str, Any]:
    return {"field": name, "type": kind, "scale": None}  # no scale: the value is the pixel

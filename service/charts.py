"""Vega-Lite specifications as pictures, on this machine: nothing is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMATS = (".svg", ".png")
_SCALE = 2.0  # pixels of a PNG per pixel of the chart: sharp on dense screens


def check_format(name: str) -> None:
    """Raise `InputError` for a file name that does not end in one of `FORMATS`."""
    if not name.lower().endswith(FORMATS):
        raise InputError(name, "is no kind of picture that Litwatch draws", "use .svg or .png")


def draw(spec: Mapping[str, Any], name: str) -> bytes:
    """The picture, of the kind that the file's name ends in. Raises `InputError` for another."""
    import vl_convert  # noqa: PLC0415 (heavy)

    check_format(name)
    if name.lower().endswith(".svg"):
        return vl_convert.vegalite_to_svg(dict(spec), allowed_base_urls=[]).encode()
    return vl_convert.vegalite_to_png(dict(spec), scale=_SCALE, allowed_base_urls=[])

"""Vega-Lite specifications as pictures, on this machine: nothing is fetched."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMATS = (".svg", ".png")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
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
    return tight(vl_convert.vegalite_to_png(dict(spec), scale=_SCALE, allowed_base_urls=[]))


def tight(png: bytes) -> bytes:
    """The same picture, compressed as far as zlib goes; what is no whole PNG comes back as it is.

    Drawing libraries compress for speed: a chart of theirs measured 3.5 times as long.
    """
    try:
        chunks = _chunks(png)
        pixels = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    except (ValueError, struct.error, zlib.error):
        return png
    written, packed = _SIGNATURE, False
    for kind, data in chunks:
        if kind != b"IDAT":
            written += _chunk(kind, data)
        elif not packed:
            written, packed = written + _chunk(kind, zlib.compress(pixels, 9)), True
    return min(written, png, key=len)


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    if not png.startswith(_SIGNATURE):
        raise ValueError("no PNG")
    found, at = [], len(_SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        found.append((kind, png[at + 8 : at + 8 + length]))
        at += length + 12
    return found


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

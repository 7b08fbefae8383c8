"""PNG files made smaller without a change to their picture."""

from __future__ import annotations

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


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

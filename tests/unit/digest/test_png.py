from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.digest.png import tight

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture(pixels: bytes, level: int, pieces: int = 1) -> bytes:
    packed = zlib.compress(pixels, level)
    size = len(packed) // pieces + 1
    parts = [packed[at : at + size] for at in range(0, len(packed), size)]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 6, 0, 0, 0))
    return SIGNATURE + head + b"".join(chunk(b"IDAT", part) for part in parts) + chunk(b"IEND", b"")


def unpacked(png: bytes) -> tuple[list[bytes], bytes]:
    """The kinds of chunks, each checked, and the pixels."""
    kinds, data, at = [], b"", len(SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        body = png[at + 8 : at + 8 + length]
        assert png[at : at + length + 12] == chunk(kind, body)
        kinds.append(kind)
        data += body if kind == b"IDAT" else b""
        at += length + 12
    return kinds, zlib.decompress(data)


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_loosely_packed_picture_gets_smaller_and_keeps_every_pixel(pieces: int) -> None:
    pixels = (b"\x00" + bytes(range(256))) * 64
    loose = picture(pixels, 0, pieces)
    packed = tight(loose)
    assert len(packed) < len(loose) / 10
    assert unpacked(packed) == ([b"IHDR", b"IDAT", b"IEND"], pixels)
    assert tight(packed) == packed


@given(st.binary(max_size=60), st.integers(min_value=0, max_value=200))
def test_what_is_no_whole_picture_comes_back_as_it_is(junk: bytes, cut: int) -> None:
    assert tight(junk) == junk
    broken = picture(b"\x00" * 400, 0)[:cut]
    assert tight(broken) == broken

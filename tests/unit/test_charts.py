"""Pictures from specifications: of the kind that the name says, without asking anybody."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.charts import check_format, draw, tight
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


# -- packed tightly -------------------------------------------------------------------------------

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

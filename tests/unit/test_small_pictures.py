"""Pictures from strangers made small, and those that are refused."""

from __future__ import annotations

import hashlib
import random
import struct
import zlib
from typing import Any

import pytest

from service.thumbnails import HIGHEST, LARGEST, WIDEST, _measured, thumbnail
from tests.enrichment_payloads import png


def drawn(width: int, height: int, *, jpeg: bool = False, fill: str = "teal") -> bytes:
    import vl_convert

    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="{width}" height="{height}" fill="{fill}"/>'
        '<circle cx="60" cy="60" r="40" fill="gold"/></svg>'
    )
    return vl_convert.svg_to_jpeg(svg) if jpeg else vl_convert.svg_to_png(svg)


def gif(width: int = 64, height: int = 64) -> bytes:
    """Black, without compression worth the name: a clear code before every two pixels."""
    codes, bits, total = [], 0, 0
    for _ in range(width * height // 2):
        codes += [4, 0, 1]
    for code in [*codes, 5]:
        total |= code << bits
        bits += 3
    data = total.to_bytes(bits // 8 + 1, "little")
    blocks = b"".join(
        bytes([len(part)]) + part
        for part in (data[at : at + 255] for at in range(0, len(data), 255))
    )
    colours = bytes([0, 0, 0, 200, 30, 30, 0, 90, 0, 9, 9, 200])
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x81, 0, 0) + colours
    image = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02" + blocks + b"\0"
    return head + image + b";"


def sides(picture: Any) -> tuple[int, int]:
    return picture.width, picture.height


@pytest.mark.parametrize("jpeg", [False, True])
def test_a_large_picture_becomes_a_small_one_of_the_same_shape(jpeg: bool) -> None:
    picture = thumbnail(drawn(1200, 800, jpeg=jpeg))
    assert picture is not None
    assert sides(picture) == (480, 320)
    assert picture.media_type in {"image/png", "image/jpeg"}
    assert len(picture.content) <= LARGEST
    assert picture.digest == hashlib.sha256(picture.content).hexdigest()


def test_a_high_picture_is_bounded_by_its_height() -> None:
    picture = thumbnail(drawn(400, 1280))
    assert picture is not None
    assert sides(picture) == (200, HIGHEST)


def test_a_small_picture_keeps_its_size() -> None:
    picture = thumbnail(drawn(200, 100))
    assert picture is not None
    assert sides(picture) == (200, 100)


def test_what_comes_out_is_a_picture_of_its_size() -> None:
    picture = thumbnail(png(900, 600))
    assert picture is not None
    kind = _measured(picture.content)
    assert kind is not None
    assert (kind.media_type, kind.width, kind.height) == (picture.media_type, *sides(picture))


def test_drawings_stay_png_and_noise_becomes_jpeg() -> None:
    noise = random.Random(7)
    line = (b"\0" + noise.randbytes(700 * 3) for _ in range(500))
    told = zlib.compress(b"".join(line))
    head = struct.pack(">IIBBBBB", 700, 500, 8, 2, 0, 0, 0)
    body = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", head), (b"IDAT", told), (b"IEND", b""))
    )
    flat, noisy = thumbnail(drawn(300, 200)), thumbnail(body)
    assert flat is not None
    assert flat.media_type == "image/png"
    assert noisy is not None
    assert noisy.media_type == "image/jpeg"
    assert len(noisy.content) <= LARGEST
    assert noisy.width <= WIDEST


def test_the_same_picture_makes_the_same_bytes() -> None:
    assert thumbnail(png(700, 500)) == thumbnail(png(700, 500))


def test_a_gif_is_drawn() -> None:
    picture = thumbnail(gif())
    assert picture is not None
    assert sides(picture) == (64, 64)


def test_nothing_of_the_file_itself_is_kept() -> None:
    secret = b"GPS 52.52 13.40 of the camera"
    body = drawn(600, 400, jpeg=True)
    exif = b"\xff\xe1" + struct.pack(">H", len(secret) + 2) + secret
    picture = thumbnail(body[:2] + exif + body[2:])
    assert picture is not None
    assert b"camera" not in picture.content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Checking your browser</body></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1/'/></svg>",
        b"%PDF-1.7 ...",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00\x00\xff\xd9",
        b"GIF89a;",
        b"RIFF\x04\0\0\0WEBP",
        b"RIFF\xff\xff\xff\xffWEBPVP8X",
        b"II*\0" + b"tiff" * 100,
        drawn(900, 600)[:-300],
        drawn(900, 600, jpeg=True)[:-300],
        png(640, 400, rows=0),
        drawn(20, 400),
        drawn(200, 100, fill="white").replace(b"IDAT", b"IDAX"),
    ],
    ids=range(16),
)
def test_what_is_no_whole_picture_of_sensible_size_is_refused(body: bytes) -> None:
    assert thumbnail(body) is None


def claiming(width: int, height: int) -> bytes:
    """A PNG that says that it is so large."""
    return png(64, 64)[:16] + struct.pack(">II", width, height) + png(64, 64)[24:]


@pytest.mark.parametrize(
    ("width", "height"), [(60_000, 60_000), (11_999, 11_999), (0, 100), (12_001, 100), (1, 1)]
)
def test_the_size_is_judged_before_anything_is_decoded(
    width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("service.thumbnails._drawn", decode)
    assert thumbnail(claiming(width, height)) is None


def test_a_panic_of_the_renderer_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        pass

    def panic(*_: object) -> None:
        raise Panic

    monkeypatch.setattr("service.thumbnails._drawn", panic)
    assert thumbnail(png()) is None


def test_a_signal_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.thumbnails._drawn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        thumbnail(png())


@pytest.mark.parametrize("seed", range(12))
def test_damaged_pictures_end_in_a_picture_or_a_refusal(seed: int) -> None:
    chance = random.Random(seed)
    body = bytearray(drawn(300, 200, jpeg=seed % 2 == 0))
    for _ in range(chance.randrange(1, 20)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    picture = thumbnail(bytes(body))
    assert picture is None or len(picture.content) <= LARGEST


@pytest.mark.parametrize(
    ("chunk", "size"),
    [
        (b"VP8X" + b"\0" * 8 + (99).to_bytes(3, "little") + (49).to_bytes(3, "little"), (100, 50)),
        (b"VP8L" + b"\0" * 4 + b"\x2f" + struct.pack("<I", 99 | 49 << 14), (100, 50)),
        (b"VP8 " + b"\0" * 4 + b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 100, 50), (100, 50)),
    ],
)
def test_the_size_of_a_webp_is_read_from_any_of_its_kinds(
    chunk: bytes, size: tuple[int, int]
) -> None:
    body = b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
    kind = _measured(body)
    assert kind is not None
    assert (kind.media_type, kind.width, kind.height) == ("image/webp", *size)

"""Small copies of pictures from strangers.

The kind and the size are read from the first bytes, before anything is decoded; a picture that is
too large, cut off, or of another kind is refused. What is left is drawn anew by vl-convert's
renderer (memory-safe decoders), so that nothing of the file itself, its metadata among it, is kept.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import struct
from typing import TYPE_CHECKING, NamedTuple

from service.charts import tight
from service.records.enriching import Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

WIDEST, HIGHEST = 480, 640  # pixels of a thumbnail
LARGEST = 60_000  # bytes of one
MOST_BYTES = 12 << 20
MOST_PIXELS = 25_000_000  # decoded, 100 MB
LEAST = 40  # pixels of a side: rules, logos and dots are no figures
_LONGEST_SIDE = 12_000
_HALVED = 2.0  # drawing at less than half the size loses fine lines: it is done in steps
_QUALITIES = (85, 70, 55)
_SMALLER = (1.0, 0.75, 0.5)


class _Kind(NamedTuple):
    media_type: str
    width: int
    height: int


def thumbnail(body: bytes) -> Picture | None:
    """A copy of at most `WIDEST` x `HIGHEST` pixels and `LARGEST` bytes on white, a PNG or a JPEG,
    whichever is shorter; None for what is no whole JPEG, PNG, GIF or WebP of sensible size."""
    kind = _measured(body)
    if kind is None:
        return None
    try:
        return _drawn(body, kind)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the renderer is no Exception
        log.info("a %s of %d bytes is refused: %s", kind.media_type, len(body), type(error))
        return None


def _measured(body: bytes) -> _Kind | None:
    """What the picture says it is, where that can be drawn."""
    if len(body) > MOST_BYTES:
        return None
    try:
        kind = _read(body)
    except (struct.error, IndexError, ValueError):
        return None
    if kind is None or not LEAST <= min(kind[1:]) <= max(kind[1:]) <= _LONGEST_SIDE:
        return None
    return kind if kind.width * kind.height <= MOST_PIXELS else None


def _read(body: bytes) -> _Kind | None:
    """By the format's own marks, of its beginning and of its end."""
    if body.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in body[-64:]:
        return _Kind("image/png", *struct.unpack_from(">II", body, 16))
    if body.startswith((b"GIF87a", b"GIF89a")) and body.rstrip(b"\0").endswith(b";"):
        return _Kind("image/gif", *struct.unpack_from("<HH", body, 6))
    if body.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in body[-4096:]:
        return _jpeg(body)
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        whole = len(body) >= struct.unpack_from("<I", body, 4)[0] + 8
        return _webp(body) if whole else None
    return None


def _jpeg(body: bytes) -> _Kind | None:
    """The size is in the frame's header, which comes after any number of other segments."""
    at = 2
    while at < len(body):
        marker, length = struct.unpack_from(">HH", body, at)
        if marker >> 8 != 0xFF or length < 2:  # a length counts its own two bytes
            return None
        if 0xC0 <= marker & 0xFF <= 0xCF and marker & 0xFF not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", body, at + 5)
            return _Kind("image/jpeg", width, height)
        at += 2 + length
    return None


def _webp(body: bytes) -> _Kind | None:
    match body[12:16]:
        case b"VP8X":
            width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (24, 27))
        case b"VP8L":
            bits = struct.unpack_from("<I", body, 21)[0]
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 26))
        case _:
            return None
    return _Kind("image/webp", width, height)


# -- drawing --------------------------------------------------------------------------------------


def _drawn(body: bytes, kind: _Kind) -> Picture | None:
    import vl_convert  # noqa: PLC0415 (heavy)

    scale = min(1.0, WIDEST / kind.width, HIGHEST / kind.height)
    for media_type, width, height in _steps(kind, scale):
        svg = _page(body, media_type, width, height)
        body = vl_convert.svg_to_png(svg, scale=1.0)
        kind = _Kind("image/png", width, height)
        if body == vl_convert.svg_to_png(_page(b"", media_type, width, height), scale=1.0):
            return None  # it could not be decoded, and the page stayed white
    for share in _SMALLER:
        width, height = (max(1, round(side * share)) for side in kind[1:])
        svg = _page(body, "image/png", width, height)
        png = tight(vl_convert.svg_to_png(svg, scale=1.0))
        for quality in _QUALITIES:
            jpeg = vl_convert.svg_to_jpeg(svg, scale=1.0, quality=quality)
            best, told = min(
                (png, "image/png"), (jpeg, "image/jpeg"), key=lambda each: len(each[0])
            )
            if len(best) <= LARGEST:
                return Picture(hashlib.sha256(best).hexdigest(), told, width, height, best)
    return None


def _steps(kind: _Kind, scale: float) -> Iterator[tuple[str, int, int]]:
    """The sizes that the picture goes through, each with the kind it has before."""
    media_type, now = kind.media_type, 1.0
    while True:
        now = max(scale, now / _HALVED)
        yield media_type, max(1, round(kind.width * now)), max(1, round(kind.height * now))
        media_type = "image/png"
        if now <= scale:
            return


def _page(body: bytes, media_type: str, width: int, height: int) -> str:
    inside = f"data:{media_type};base64,{base64.b64encode(body).decode()}"
    size = f'width="{width}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<rect {size} fill="#fff"/>'
        f'<image {size} preserveAspectRatio="none" xlink:href="{inside}"/></svg>'
    )

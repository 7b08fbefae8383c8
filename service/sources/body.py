"""Reading a reply's body under limits, so that no upstream can fill the memory.

Compressed bytes are read as they come and inflated a piece at a time: a limit on the inflated
stream alone would come after the library has already inflated a whole chunk.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from service.errors import FetchRefusedError, NotDataError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterable

_PIECE = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_MEMBERS = 10_000  # of one gzip body; beginning one takes as long as inflating a kilobyte


@dataclass(frozen=True, slots=True)
class Limits:
    """`size` is the most bytes of a body after inflation; beyond `ratio_from` bytes a body may be
    at most `ratio` times as long as what came over the wire."""

    size: int = 64 * 1024 * 1024
    ratio: int = 200
    ratio_from: int = 1024 * 1024


def read_body(thing: str, chunks: Iterable[bytes], encoding: str, limits: Limits) -> bytes:
    """All of `chunks`, inflated. Raises `FetchRefusedError` past a limit.

    `encoding` is the Content-Encoding; gzip and none are known, as no other is asked for.
    Raises `TransientError` for damaged or cut-off gzip data.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return _plain(thing, chunks, limits)
        case "gzip" | "x-gzip":
            return _gunzip(thing, chunks, limits)
    raise NotDataError(thing, f"the reply is encoded as {encoding[:40]!r}, which was not asked for")


def refuse_length(thing: str, stated: str | None, limits: Limits) -> None:
    """Raise `FetchRefusedError` when a Content-Length alone is over the limit."""
    digits = (stated or "").strip()
    if digits.isascii() and digits.isdigit() and (len(digits) > 18 or int(digits) > limits.size):
        raise _too_large(thing, limits)


def _plain(thing: str, chunks: Iterable[bytes], limits: Limits) -> bytes:
    out = BytesIO()
    for chunk in chunks:
        out.write(chunk)
        if out.tell() > limits.size:
            raise _too_large(thing, limits)
    return out.getvalue()


def _gunzip(thing: str, chunks: Iterable[bytes], limits: Limits) -> bytes:
    out = BytesIO()
    inflater = zlib.decompressobj(_GZIP)
    received, members = 0, 1
    for chunk in chunks:
        received += len(chunk)
        data = chunk
        while data:
            if inflater.eof:  # a further member; zeros after the last one are only padding
                data = data.lstrip(b"\0")
                if not data:
                    break
                inflater = zlib.decompressobj(_GZIP)
                members += 1
                if members > _MEMBERS:
                    raise _bomb(thing, f"has more than {_MEMBERS:,} gzip members")
            try:
                out.write(inflater.decompress(data, _PIECE))
            except zlib.error as error:
                raise TransientError(thing, f"the gzip data is damaged: {error}") from None
            _refuse_growth(thing, out.tell(), received, limits)
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
        if received > limits.size:
            raise _too_large(thing, limits)
    while not inflater.eof and (rest := inflater.decompress(b"", _PIECE)):
        out.write(rest)  # what was held back by the length of a piece
    if received and not inflater.eof:
        raise TransientError(thing, "the gzip data breaks off before its end")
    return out.getvalue()


def _refuse_growth(thing: str, inflated: int, received: int, limits: Limits) -> None:
    if inflated > limits.size:
        raise _too_large(thing, limits)
    if inflated > limits.ratio_from and inflated > received * limits.ratio:
        raise _bomb(thing, f"grows more than {limits.ratio} times when inflated")


def _bomb(thing: str, why: str) -> FetchRefusedError:
    return FetchRefusedError(
        thing, f"the body {why}", "it looks like a compression bomb; leave this address out"
    )


def _too_large(thing: str, limits: Limits) -> FetchRefusedError:
    return FetchRefusedError(
        thing, f"the body is larger than {limits.size:,} bytes", "ask for less at a time"
    )

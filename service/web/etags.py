"""What names an answer's bytes, and whether the asker has them already."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.datastructures import Headers


def etag(body: bytes) -> str:
    """A strong ETag: the hash of the bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def held(headers: Headers, tag: str) -> bool:
    """Whether a request's If-None-Match names the answer (RFC 9110, section 13.1.2)."""
    told = ",".join(headers.getlist("if-none-match"))
    tags = {each.strip().removeprefix("W/") for each in told.split(",")}
    return tag in tags or tags == {"*"}

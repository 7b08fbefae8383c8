"""Where a page of findings ended, as a text to go on from. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import astuple, dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from service.errors import InputError

if TYPE_CHECKING:
    from service.records.findings import Search

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Place:
    """What was shown: `shown` works, the last of them `last`, of an archive that went up to the
    work `ceiling`; what came since is left out until a search is begun anew."""

    ceiling: int
    shown: int
    last: int


def written(search: Search, place: Place) -> str:
    """The cursor: letters, digits, "-" and "_"."""
    told = json.dumps([_fingerprint(search), *astuple(place)], separators=(",", ":"))
    return base64.urlsafe_b64encode(told.encode()).rstrip(b"=").decode()


def read(search: Search) -> Place | None:
    """Where the search is to go on; None at its beginning. Raises `InputError` for a cursor that
    is none, or another search's."""
    text = search.cursor
    if text is None:
        return None
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long")
        whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        fingerprint, *numbers = json.loads(whole)
        place = Place(*map(_number, numbers))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise InputError("cursor", "is none of ours", "begin again without it") from None
    if fingerprint != _fingerprint(search):
        raise InputError("cursor", "belongs to another search", "begin again without it")
    return place


def _number(value: object) -> int:
    if isinstance(value, int) and 0 <= value < 1 << 62:
        return value
    raise ValueError("no number")


def _fingerprint(search: Search) -> str:
    told = f"{search.text}\0{search.mode}\0{search.sort}"
    return blake2b(told.encode("utf-8", "replace"), digest_size=6).hexdigest()

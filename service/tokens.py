"""Tokens for programs: how they are spelled, and what is kept of them.

`lw_`, 32 letters and digits by chance (190 bits), and six that are a checksum: a token that was cut
or mistyped is told from a wrong one without a look at the archive, and scanners for leaked secrets
can recognise one.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from datetime import timedelta

from service.errors import InputError

PREFIX = "lw_"
_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 32, 6
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}", re.ASCII)
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
_LIFE = re.compile(r"([1-9][0-9]{0,4})([hdwy])", re.ASCII)
_UNITS = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}
_LONGEST = timedelta(days=36_525)


def fresh() -> str:
    """A new token."""
    body = "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return f"{PREFIX}{body}{_check(body)}"


def well_formed(text: str) -> bool:
    """Whether a text can be a token at all."""
    if not _FORM.fullmatch(text):
        return False
    body = text.removeprefix(PREFIX)
    return _check(body[:_RANDOM]) == body[_RANDOM:]


def hashed(token: str) -> str:
    """What is kept of a token. A plain hash will do: there is too much chance in it to guess."""
    return hashlib.sha256(token.encode()).hexdigest()


def name(text: str) -> str:
    """A token's name, as it stands in logs and behind votes. Raises `InputError`."""
    if not _NAME.fullmatch(text):
        remedy = "use lower case, digits and . _ -, 64 at most"
        raise InputError(f"token name {text!r}", "is no name", remedy)
    return text


def life(text: str) -> timedelta:
    """How long "36h", "90d", "12w" or "1y" is. Raises `InputError`."""
    found = _LIFE.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(f"time {text!r}", "is not understood", "write it like 36h, 90d, 12w or 1y")
    span = int(found[1]) * _UNITS[found[2]]
    if span > _LONGEST:
        raise InputError(f"time {text!r}", "is longer than a century", "leave it out: for ever")
    return span


def _check(body: str) -> str:
    value, letters = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        value, digit = divmod(value, len(_LETTERS))
        letters += _LETTERS[digit]
    return letters

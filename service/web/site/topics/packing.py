"""Seeds that were found and are not saved yet, as one field of a form. Pure.

A form must carry them whole, for a page keeps nothing between two requests. What comes back is read
by the rules of documents, and no further than a document may be long.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import TYPE_CHECKING

from service.errors import TopicError
from service.records import Topic
from service.topics.documents import dump, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records import Seed

LONGEST = 2_000_000  # characters of a document
MOST_PACKED = 80_000  # characters of the field: a page stays below 200 kB


def packed(seeds: Sequence[Seed]) -> str:
    """The seeds in a field; "" for none."""
    if not seeds:
        return ""
    document = dump(Topic("found", "found", tuple(seeds)))
    return base64.urlsafe_b64encode(zlib.compress(document.encode(), 9)).decode()


def fitting(seeds: Sequence[Seed]) -> int:
    """How many of the seeds, from the first on, one form can carry."""
    fit, beyond = 0, len(seeds) + 1
    while beyond - fit > 1:
        count = len(seeds) if beyond > len(seeds) else (fit + beyond) // 2
        if len(packed(seeds[:count])) <= MOST_PACKED:
            fit = count
        else:
            beyond = count
    return fit


def unpacked(field: str) -> tuple[Seed, ...]:
    """The seeds of a field, as they were packed. Raises `TopicError` for any other text."""
    if not field:
        return ()
    try:
        reading = zlib.decompressobj()
        document = reading.decompress(base64.urlsafe_b64decode(field), LONGEST)
        if not reading.eof:
            raise _unreadable()
        return parse(document.decode()).seeds
    except (binascii.Error, zlib.error, ValueError):  # also: no UTF-8, no ASCII
        raise _unreadable() from None


def _unreadable() -> TopicError:
    return TopicError("the seeds that were found", "did not come back whole", "add them again")

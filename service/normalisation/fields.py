"""Reading JSON whose every value may be missing, single where a list was meant, or misshapen."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from service.errors import ParseError
from service.normalisation.choice import unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import Record

# JSON can hold them, no database can. The other controls stay: broken letters are made of them.
_UNSTORABLE = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff]")


def load(record: Record) -> dict[str, object]:
    """The record's payload as a JSON object. Raises `ParseError` when it is none."""
    try:
        value = json.loads(record.payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise ParseError(record.key, f"not JSON: {error}", "fetch the record again") from None
    if not isinstance(value, dict):
        raise ParseError(record.key, "the JSON is not an object", "fetch the record again")
    return value


def text(value: object, *path: str) -> str:
    """The text or number at `path`; a list gives its first, anything else ""."""
    found = _at(value, path)
    if isinstance(found, list):
        found = next((item for item in found if item), None)
    if isinstance(found, dict):
        found = found.get("#text")  # how XML with attributes looks once it is JSON
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        return ""
    return _UNSTORABLE.sub("", str(found)).strip()


def items(value: object, *path: str) -> list[object]:
    """The list at `path`; a lone value is a list of one, nothing an empty one."""
    found = _at(value, path)
    if found is None or found == "":
        return []
    return found if isinstance(found, list) else [found]


def objects(value: object, *path: str) -> Iterator[dict[str, object]]:
    """The JSON objects in the list at `path`."""
    return (item for item in items(value, *path) if isinstance(item, dict))


def texts(value: object, *path: str) -> tuple[str, ...]:
    """The texts in the list at `path`, without empty ones and repetitions."""
    return unique(text(item) for item in items(value, *path))


def _at(value: object, path: tuple[str, ...]) -> object:
    """Follow `path`; letter case is ignored where the exact name is missing."""
    for name in path:
        if not isinstance(value, dict):
            return None
        if name in value:
            value = value[name]
        else:
            lower = name.lower()
            value = next((v for k, v in value.items() if str(k).lower() == lower), None)
    return value

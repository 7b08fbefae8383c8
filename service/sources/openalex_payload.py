"""OpenAlex's replies: one work, a list, or the collection that pygetpapers stores."""

from __future__ import annotations

import re

from service.errors import (
    BadRequestError,
    CursorLostError,
    NotDataError,
    NotFoundError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.records import Page, Record
from service.sources import replies

SOURCE = "openalex"
FORMAT = "openalex-json"
_THING = "OpenAlex"


def read(body: bytes) -> Page:
    """Read any reply of OpenAlex; a work's `source_id` is its W number.

    Raises the `SourceError` that the body amounts to.
    """
    value = replies.json_value(_THING, body)
    if isinstance(value, list):
        return _page(value)
    if not isinstance(value, dict):
        raise NotDataError(_THING, "the JSON is no OpenAlex reply")
    if value.get("error"):
        raise _failure(f"{value['error']} {value.get('message') or ''}".strip())
    if isinstance(value.get("results"), list):
        meta = value.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        return _page(value["results"], meta.get("count"), meta.get("next_cursor"))
    stored = value.get("total_json_output")
    if isinstance(stored, (dict, list)):
        works = list(stored.values()) if isinstance(stored, dict) else stored
        return _page(works, value.get("total_hits"), value.get("cursor_mark"))
    if _number(value):
        return _page([value])
    raise NotDataError(_THING, "the JSON holds neither a work nor a list of works")


def _page(items: list[object], stated: object = None, cursor: object = None) -> Page:
    records: list[Record] = []
    warnings: list[str] = []
    for position, item in enumerate(items, 1):
        number = _number(item)
        if number:
            records.append(Record(SOURCE, number, "", FORMAT, replies.compact(item)))
        else:
            warnings.append(f"item {position} is left out: it has no OpenAlex id")
    return Page(
        records=tuple(records),
        stated=replies.count(stated),
        next=cursor if isinstance(cursor, str) and cursor else None,
        warnings=tuple(warnings),
    )


def _number(item: object) -> str:
    if not isinstance(item, dict):
        return ""
    found = re.search(r"(?:^|/)(W\d+)$", str(item.get("id") or ""), re.IGNORECASE)
    return found[1].upper() if found else ""


def _failure(cause: str) -> SourceError:
    told = cause.lower()
    if re.search(r"rate.?limit|too many|too fast|limit exceeded|budget", told):
        return ThrottledError(_THING, cause, "wait, then ask slower, or use a key")
    if "cursor" in told and re.search(r"invalid|expired|not valid", told):
        return CursorLostError(_THING, cause, "the window is walked again from its start")
    if re.search(r"not.?found|\b404\b", told):
        return NotFoundError(_THING, cause, "check the identifier")
    if re.search(r"internal|unavailable|time.?out|\b50\d\b", told):
        return TransientError(_THING, cause, "it is asked again")
    return BadRequestError(_THING, cause, "check the request")

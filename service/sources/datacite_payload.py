"""DataCite's replies: one DOI or a list of them (JSON:API)."""

from __future__ import annotations

import re

from service.errors import (
    BadRequestError,
    NotDataError,
    NotFoundError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.records import Page, Record
from service.sources import replies

SOURCE = "datacite"
FORMAT = "datacite-json"
_THING = "DataCite"


def read(body: bytes) -> Page:
    """Read any reply of DataCite. `next` is the address of the next page, as DataCite gives it.

    Raises the `SourceError` that the body amounts to.
    """
    value = replies.json_value(_THING, body)
    if not isinstance(value, dict):
        raise NotDataError(_THING, "the JSON is no DataCite reply")
    if value.get("errors"):
        raise _failure(value["errors"])
    data = value.get("data")
    if isinstance(data, dict):
        return _page([data], None, None)
    if not isinstance(data, list):
        raise NotDataError(_THING, "the JSON holds no data")
    meta, links = value.get("meta"), value.get("links")
    return _page(
        data,
        meta.get("total") if isinstance(meta, dict) else None,
        links.get("next") if isinstance(links, dict) else None,
    )


def _page(items: list[object], stated: object, following: object) -> Page:
    records: list[Record] = []
    warnings: list[str] = []
    for position, item in enumerate(items, 1):
        attributes = item.get("attributes") if isinstance(item, dict) else None
        attributes = attributes if isinstance(attributes, dict) else {}
        doi = str(attributes.get("doi") or (item.get("id") if isinstance(item, dict) else "") or "")
        if not doi.strip():
            warnings.append(f"item {position} is left out: it has no DOI")
            continue
        version = re.sub(r"^[vV](?=\d)", "", str(attributes.get("version") or "").strip())
        records.append(Record(SOURCE, doi.strip().lower(), version, FORMAT, replies.compact(item)))
    return Page(
        records=tuple(records),
        stated=replies.count(stated),
        next=following if isinstance(following, str) and following else None,
        warnings=tuple(warnings),
    )


def _failure(errors: object) -> SourceError:
    parts = errors if isinstance(errors, list) else [errors]
    told = [p if isinstance(p, dict) else {"title": p} for p in parts]
    cause = "; ".join(str(p.get("title") or p.get("detail") or p) for p in told)
    status = str(told[0].get("status") or "") if told else ""
    if status == "404" or re.search(r"doesn't exist|not found", cause, re.IGNORECASE):
        return NotFoundError(_THING, cause, "check the DOI")
    if status == "429":
        return ThrottledError(_THING, cause, "wait, then ask slower")
    if status.startswith("5"):
        return TransientError(_THING, cause, "it is asked again")
    return BadRequestError(_THING, cause, "check the request")

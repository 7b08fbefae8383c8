"""Crossref's replies: one work, a list of works, or a file of one work per line."""

from __future__ import annotations

import json
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

SOURCE = "crossref"
FORMAT = "crossref-json"
_THING = "Crossref"
# Servers that register one DOI per version; elsewhere a trailing ".2" or "v2" means nothing.
_VERSIONED = re.compile(
    r"10\.21203/rs\.[^/]+/v(\d+)$"  # Research Square
    r"|10\.20944/preprints[\d.]+\.v(\d+)$"  # Preprints.org
    r"|10\.26434/chemrxiv[^/]*?[-.]v(\d+)$"
    r"|10\.22541/[^/]+/v(\d+)$"  # Authorea
    r"|10\.1002/essoar\.\d+\.(\d+)$"
    r"|10\.12688/[a-z0-9]+\.\d+\.(\d+)$"  # F1000 and its sisters
    r"|10\.(?:31219|31234|31235|35542)/osf\.io/[a-z0-9]+_v(\d+)$"
    r"|10\.32942/.+?[-_/.]v(\d+)$"
)


def read(body: bytes) -> Page:
    """Read any reply of Crossref; a work's `source_id` is its DOI, its `version` the DOI's suffix.

    Raises the `SourceError` that the body amounts to.
    """
    works = _lines(body)
    value = replies.json_value(_THING, body) if works is None else works
    if isinstance(value, list):
        return _page(value)
    if not isinstance(value, dict):
        raise NotDataError(_THING, "the JSON is no Crossref reply")
    if value.get("status") in ("failed", "error"):
        raise _failure(value.get("message"))
    message = value.get("message", value)
    if not isinstance(message, dict):
        raise _failure(message)
    items = message.get("items")
    if isinstance(items, list):
        return _page(items, message)
    if "DOI" in message:
        return _page([message])
    raise NotDataError(_THING, "the JSON holds neither a work nor a list of works")


def _page(items: list[object], message: dict[str, object] | None = None) -> Page:
    message = message or {}
    records: list[Record] = []
    warnings: list[str] = []
    for position, item in enumerate(items, 1):
        doi = _doi(item)
        if not doi:
            warnings.append(f"item {position} is left out: it has no DOI")
            continue
        records.append(Record(SOURCE, doi, version_of(doi), FORMAT, replies.compact(item)))
    query = message.get("query")
    cursor = message.get("next-cursor")
    return Page(
        records=tuple(records),
        stated=replies.count(message.get("total-results")),
        next=cursor if isinstance(cursor, str) and cursor else None,
        translation=(str(query.get("search-terms") or "") or None)
        if isinstance(query, dict)
        else None,
        warnings=tuple(warnings),
    )


def version_of(doi: str) -> str:
    """The version that a DOI ends with, on the servers that put it there; else ""."""
    found = _VERSIONED.match(doi)
    return next((group for group in found.groups() if group), "") if found else ""


def _doi(item: object) -> str:
    doi = item.get("DOI") if isinstance(item, dict) else None
    return doi.strip().lower() if isinstance(doi, str) else ""


def _lines(body: bytes) -> list[object] | None:
    """The works of a file with one JSON object per line; None if the body is not of that form."""
    lines = [line for line in replies.text(body).split("\n") if line.strip()]
    if len(lines) < 2 or not _is_object(lines[0]):
        return None
    works: list[object] = []
    for number, line in enumerate(lines, 1):
        try:
            works.append(json.loads(line, strict=False))
        except (ValueError, RecursionError):
            raise TransientError(_THING, f"line {number} breaks off or is damaged") from None
    return works


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line, strict=False), dict)
    except (ValueError, RecursionError):
        return False


def _failure(message: object) -> SourceError:
    parts = message if isinstance(message, list) else [message]
    kinds = " ".join(
        str(p.get("type") or p.get("name") or "") for p in parts if isinstance(p, dict)
    )
    cause = "; ".join(_said(part) for part in parts) or "a failure without a text"
    told = f"{kinds} {cause}".lower()
    if "cursor" in told and re.search(r"invalid|expired|not found|unknown", told):
        return CursorLostError(_THING, cause, "the window is walked again from its start")
    if re.search(r"rate.?limit|too many requests", told):
        return ThrottledError(_THING, cause, "wait, then ask slower")
    if re.search(r"not.?found", told):
        return NotFoundError(_THING, cause, "check the DOI")
    if re.search(r"exception|timeout|timed out|unavailable|internal", told):
        return TransientError(_THING, cause, "it is asked again")
    return BadRequestError(_THING, cause, "check the request")


def _said(part: object) -> str:
    if isinstance(part, dict):
        return str(part.get("message") or part.get("description") or part.get("type") or part)
    return str(part)

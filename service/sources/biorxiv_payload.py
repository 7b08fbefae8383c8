"""Read the replies of api.biorxiv.org (bioRxiv and medRxiv alike) and their RDF subject feeds.

One record per row of the collection, always: a row without a DOI is kept under a hash, so that
the number of records is the number of rows, by which the cursor moves.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from service.errors import (
    BadRequestError,
    NotDataError,
    QueryAlteredError,
    TransientError,
)
from service.records import Page, Record
from service.sources import feeds, replies

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVERS = ("biorxiv", "medrxiv")
_THING = "bioRxiv"
_NONE_FOUND = re.compile(r"\bno\b.*\b(?:found|available|posts|articles)\b", re.IGNORECASE)
_BROKEN = re.compile(r"\(\d{4}\)|connect|database|mysql|time.?out|unavailable|busy", re.IGNORECASE)
_OLD_LINK = re.compile(r"/(\d{5,})v(\d+)")
_NEW_LINK = re.compile(r"(10\.\d{4,9}/[\w.()/-]+?)v(\d+)(?:[.?#/]|$)")


def read(body: bytes, server: str = "") -> Page:
    """Return the rows of a /details or /pubs reply, or the entries of an RDF subject feed.

    `server` names the source of rows that do not say theirs. "no posts found" is an empty page
    with a warning. Raises `TransientError` for the texts and pages that come when the database is
    down, `ThrottledError` for Cloudflare's, `BadRequestError` for a refused request.
    """
    replies.refuse_notices(_THING, body)
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _subject_feed(body, server)
    value = replies.json_value(_THING, body)
    if not isinstance(value, dict) or not isinstance(value.get("collection", []), list):
        raise NotDataError(_THING, "the JSON has no collection", "check the address")
    message = _message(value)
    rows: list[object] = value.get("collection", [])
    warnings = _judge(message, rows, "collection" in value)
    cursor = replies.count(message.get("cursor"))
    records = tuple(_record(row, server) for row in rows)
    lost = sum(1 for record in records if not record.source_id.startswith("10."))
    if lost:
        warnings += (f"{lost} rows have no DOI",)
    return Page(
        records=records,
        stated=replies.count(message.get("total")),
        next=str(cursor + len(rows)) if cursor is not None and rows else None,
        translation=_understood(message),
        warnings=warnings,
    )


def refuse_altered(page: Page, asked: Mapping[str, str]) -> None:
    """Raise `QueryAlteredError` if the reply names another interval or category than `asked`.

    Replies that do not say what they answer (a DOI, the newest N) pass.
    """
    said = dict(parse_qsl(page.translation or ""))
    for name, value in asked.items():
        if name in said and _plain(said[name]) != _plain(value):
            raise QueryAlteredError(
                f"{_THING} {name}",
                f"asked for {value!r}, answered {said[name]!r}",
                f"correct the {name}; the source does not report a wrong one",
            )


def _plain(value: str) -> str:
    return value.replace("_", " ").replace("/", ":").strip().lower()


def _message(value: Mapping[str, Any]) -> dict[str, Any]:
    messages = value.get("messages")
    if isinstance(messages, list) and messages and isinstance(messages[0], dict):
        return messages[0]
    return messages if isinstance(messages, dict) else {}


def _judge(message: Mapping[str, Any], rows: list[object], has_rows: bool) -> tuple[str, ...]:
    """The warnings that the status calls for; raises when it reports a failure."""
    status = str(message.get("status") or "").strip()
    if rows or status.lower() == "ok":
        return ()
    if _NONE_FOUND.search(status):
        return (status.lower(),)
    if _BROKEN.search(status):
        raise TransientError(_THING, f"the source reports {status!r}", "it is asked again")
    if status:
        raise BadRequestError(_THING, f"the source reports {status!r}", "check the request")
    if not has_rows:
        raise NotDataError(_THING, "the JSON has neither a status nor a collection")
    return ("the reply is empty and gives no status",)


def _understood(message: Mapping[str, Any]) -> str | None:
    said = {k: str(message[k]) for k in ("interval", "category", "funder") if message.get(k)}
    return urlencode(said) or None


def _record(row: object, server: str) -> Record:
    fields: Mapping[str, Any] = row if isinstance(row, dict) else {}
    linked = "preprint_doi" in fields
    doi = str(fields.get("preprint_doi" if linked else "doi") or "").strip().lower()
    payload = _payload(row)
    source = str(fields.get("preprint_platform" if linked else "server") or "").strip().lower()
    return Record(
        source=source if source in SERVERS else server or SERVERS[0],
        source_id=doi if doi.startswith("10.") else hashlib.sha256(payload).hexdigest()[:32],
        version="" if linked else _version(fields.get("version")),
        format="biorxiv-pub-json" if linked else "biorxiv-json",
        payload=payload,
    )


def _version(value: object) -> str:
    digits = str(value if value is not None else "").strip().lower().removeprefix("v")
    number = replies.count(digits)
    return str(number) if number is not None else ""


def _payload(row: object) -> bytes:
    """The row's canonical JSON, so that the same row always has the same bytes."""
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "replace")


# -- RDF subject feeds ----------------------------------------------------------------------------


def _subject_feed(body: bytes, server: str) -> Page:
    """Entries keyed by DOI and version, as the details of the same posting are.

    A feed shows the 30 newest postings: it can wake a poll and can prove nothing.
    """
    if not server:
        server = "medrxiv" if b"medrxiv" in body[:4096].lower() else "biorxiv"
    page = feeds.read(body, server)
    return replace(page, records=tuple(_keyed(record) for record in page.records))


def _keyed(record: Record) -> Record:
    entry = json.loads(record.payload)
    doi = str(entry.get("dc_identifier") or "").strip().lower().removeprefix("doi:").strip()
    version = ""
    for address in (entry.get("link", ""), entry.get("id", "")):
        if match := _NEW_LINK.search(address):
            doi, version = doi or match[1].lower(), match[2]
        elif match := _OLD_LINK.search(address):
            version = version or match[2]
    if not doi.startswith("10."):
        return record
    return replace(record, source_id=doi, version=version)

"""Feeds as files: with an ETag and a Last-Modified, and 304 for who has seen them already."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from service.demo.upstreams.exchange import Answer, Reply, Request, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_MEDIA = {"rdf": "application/rdf+xml; charset=utf-8"}
_RSS = "application/rss+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Feed:
    body: bytes
    etag: str
    media: str


def answers(files: Mapping[str, bytes], last_modified: str) -> Answer:
    """The feeds in `files`, by name ("feed.xml"); `last_modified` is an HTTP date."""
    feeds = {f"/{name}": _feed(name, body) for name, body in files.items()}

    def answer(request: Request) -> Reply:
        feed = feeds.get(request.path)
        if feed is None:
            return not_found(request)
        validators = {"ETag": feed.etag, "Last-Modified": last_modified}
        if _unchanged(request.headers, feed.etag, last_modified):
            return Reply(304, validators, b"")
        return Reply(200, {"Content-Type": feed.media, **validators}, feed.body)

    return answer


def _feed(name: str, body: bytes) -> _Feed:
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    return _Feed(body, etag, _MEDIA.get(name.rpartition(".")[2], _RSS))


def _unchanged(headers: Mapping[str, str], etag: str, last_modified: str) -> bool:
    """RFC 9110: If-None-Match decides when it is sent, else If-Modified-Since."""
    if tags := headers.get("if-none-match"):
        seen = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in seen or etag in seen
    since = _moment(headers.get("if-modified-since", ""))
    changed = _moment(last_modified)
    return since is not None and changed is not None and changed <= since


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None

"""A request and a reply, as plain values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Request:
    """`path` starts with "/" and has no mount point; repeated fields keep their last value."""

    path: str
    query: Mapping[str, str] = field(default_factory=lambda: _NONE)
    form: Mapping[str, str] = field(default_factory=lambda: _NONE)
    headers: Mapping[str, str] = field(default_factory=lambda: _NONE)  # keys lower-case

    def fields(self) -> dict[str, str]:
        """Query and form together, as the upstreams take them; the form wins."""
        return {**self.query, **self.form}


@dataclass(frozen=True, slots=True)
class Reply:
    """`headers` are those beside the length, which the server adds."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Answer = Callable[[Request], Reply]


def reply(body: bytes, media: str, status: int = 200) -> Reply:
    """A reply with a body of the given media type."""
    return Reply(status, {"Content-Type": media}, body)


def json_reply(value: object, status: int = 200) -> Reply:
    """A reply with `value` as JSON."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return reply(body, "application/json;charset=UTF-8", status)


def not_found(request: Request) -> Reply:
    """What every upstream here says to a path that it does not have."""
    return reply(f"Not found: {request.path}\n".encode(), "text/plain; charset=utf-8", 404)


def whole_number(text: str | None, default: int) -> int:
    """`text` as a number not below zero; `default` when it is missing or none."""
    return int(text) if text and text.isascii() and text.isdigit() else default

"""A stand-in for the HTTP client: scripted replies, the same retrying, no network and no waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from service.errors import (
    BadRequestError,
    NotFoundError,
    Retry,
    SourceError,
    ThrottledError,
    TransientError,
)

if TYPE_CHECKING:
    from service.protocols import Response

T = TypeVar("T")


@dataclass(frozen=True)
class FakeReply:
    """One reply, as `service.protocols.Response` describes it."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True)
class Request:
    """One attempt, as the source asked for it."""

    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str]

    def __str__(self) -> str:
        return self.url + (f"?{urlencode(self.params)}" if self.params else "")


Answer = Callable[[Request], FakeReply | bytes]


class FakeHttp:
    """Asks `answer` for every attempt. What `read` raises is retried as the real client does:
    WAIT and SAME up to `tries` attempts, the rest at once. `requests` are all attempts."""

    def __init__(self, answer: Answer, tries: int = 5) -> None:
        self._answer = answer
        self._tries = tries
        self.requests: list[Request] = []

    def fetch(
        self,
        url: str,
        *,
        read: Callable[[Response], T],
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept_status: frozenset[int] = frozenset(),
    ) -> T:
        """See `service.protocols.Http.fetch`."""
        request = Request(url, dict(params or form or {}), dict(headers or {}))
        for attempt in range(1, self._tries + 1):
            self.requests.append(request)
            reply = self._answer(request)
            if isinstance(reply, bytes):
                reply = FakeReply(reply)
            try:
                if not 200 <= reply.status < 300 and reply.status not in accept_status:
                    raise _status_error(url, reply.status)
                return read(reply)
            except SourceError as error:
                if error.retry not in {Retry.WAIT, Retry.SAME} or attempt == self._tries:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")


def scripted(*replies: FakeReply | bytes) -> Answer:
    """An answer that gives `replies` in their order and fails the test when they run out."""
    waiting = list(replies)

    def answer(request: Request) -> FakeReply | bytes:
        assert waiting, f"not scripted: {request}"
        return waiting.pop(0)

    return answer


def _status_error(url: str, status: int) -> SourceError:
    if status in {404, 410}:
        return NotFoundError(url, f"HTTP {status}")
    if status in {429, 503}:
        return ThrottledError(url, f"HTTP {status}")
    return (TransientError if status >= 500 else BadRequestError)(url, f"HTTP {status}")

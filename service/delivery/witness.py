"""What became of each HTTP request that another's code makes through `requests`.

A library that answers "sent" or "not sent" hides what decides everything here: whether a request
was refused, or may have been carried out. The one place where all of `requests` passes is its
adapter; requests outside of `witnessed` are none of ours, and pass untouched.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from requests import sessions
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import PreparedRequest, Response

_MOVED = frozenset({301, 307, 308})  # the other redirects may follow something carried out
_UNCLEAR = frozenset({408, 409})
_UNREACHED = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request. `status` is None without an answer; `reached` is False when no byte of it went
    out; `wait` is the seconds of Retry-After."""

    target: tuple[str | None, str | None]  # method and address: holds secrets, never shown
    status: int | None
    reached: bool = True
    wait: float | None = None

    @property
    def took(self) -> bool:
        """Whether the answer was that it was carried out."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the answer proves that it was not carried out."""
        status = self.status or 0
        return (400 <= status < 500 and status not in _UNCLEAR) or status in _MOVED


@dataclass(slots=True)
class Witness:
    """The requests seen so far. Once `closed`, every further one fails without being made."""

    exchanges: list[Exchange] = field(default_factory=list)
    closed: bool = False

    def allows(self, target: tuple[str | None, str | None]) -> bool:
        """Whether the request may be made: what failed is not asked a second time."""
        failed = any(each.target == target and not each.took for each in self.exchanges)
        return not (self.closed or failed)


_present: ContextVar[Witness | None] = ContextVar("witness", default=None)


@contextmanager
def witnessed() -> Iterator[Witness]:
    """See the requests that are made in this context, until the end of the block."""
    vars(sessions)["HTTPAdapter"] = _Adapter  # for sessions to come: they have no common hook
    witness = Witness()
    token = _present.set(witness)
    try:
        yield witness
    finally:
        witness.closed = True
        _present.reset(token)


class _Adapter(HTTPAdapter):
    """Tells a witness, if there is one, and is else what it always was."""

    def send(  # what follows the request is passed on as it came
        self,
        request: PreparedRequest,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> Response:
        witness, target = _present.get(), (request.method, request.url)
        if witness is None:
            return super().send(request, *args, **kwargs)
        if not witness.allows(target):
            raise RequestException("one attempt is one attempt")
        try:
            response = super().send(request, *args, **kwargs)
        except Exception as error:
            witness.exchanges.append(Exchange(target, None, reached=not _unreached(error)))
            raise
        wait = _seconds(response.headers.get("Retry-After", ""))
        witness.exchanges.append(Exchange(target, response.status_code, wait=wait))
        return response


def _unreached(error: object) -> bool:
    """Whether the error says that there was no connection to write into. `requests` wraps what
    urllib3 wraps."""
    if not isinstance(error, BaseException):
        return False
    if isinstance(error, _UNREACHED):
        return True
    inner = (getattr(error, "reason", None), getattr(error, "original_error", None), *error.args)
    return any(_unreached(each) for each in inner)


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None

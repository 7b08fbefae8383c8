"""The way to a server: one place that sends, waits when told to, and says what went wrong."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from service import __version__
from service.client.errors import NOT_DATA, ClientError
from service.client.keeping import Kept, Memory
from service.errors import InputError
from service.web.api.models import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Params = Mapping[str, str | int | bool | Sequence[str] | None]

_ROOT = "/api/v1"
_CONDITION = "If-None-Match"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Connection:
    """Sends requests with the token. Reads that come too soon wait as the server says, `patience`
    seconds in all for one; what changes something is sent once. For any thread."""

    def __init__(
        self,
        address: str,
        token: str,
        timeout: float,
        patience: float,
        sleep: Callable[[float], None],
    ) -> None:
        token = token.strip()  # a file that holds it may end with a line feed
        self._http = httpx.Client(
            base_url=_checked(address, token) + _ROOT,
            headers=_headers(token),
            timeout=timeout,
        )
        self._patience = patience
        self._sleep = sleep
        self._memory = Memory()

    def close(self) -> None:
        """Close what is open to the server."""
        self._http.close()

    def read(self, path: str, params: Params | None = None) -> bytes:
        """The body at `path`; not fetched again where the server still has the same. Raises
        `ClientError`."""
        request = self._request("GET", path, params=params)
        known = self._memory.get(str(request.url))
        if known is not None:
            request.headers[_CONDITION] = known.etag
        with self._answer(request, waits=True) as answer:
            if known is not None and answer.status_code == HTTPStatus.NOT_MODIFIED:
                return known.body
            body = _body(answer)
        etag = answer.headers.get("etag")
        if etag:
            self._memory.keep(str(request.url), Kept(etag, body))
        return body

    def change(
        self,
        method: str,
        path: str,
        content: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Send what changes something, once, and return the answer. Raises `ClientError`."""
        request = self._request(method, path, json=content, headers=headers)
        with self._answer(request, waits=False) as answer:
            return _body(answer)

    def stream(self, path: str, params: Params | None = None) -> Iterator[bytes]:
        """The body at `path` piece by piece, however long it is. Raises `ClientError`, also in the
        middle, when not all of it came."""
        request = self._request("GET", path, params=params)
        with self._answer(request, waits=True) as answer, _told(answer.request):
            yield from answer.iter_bytes()

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        # None, not {}, leaves a query that is in the path where it is.
        given = {name: value for name, value in (params or {}).items() if value is not None} or None
        try:
            return self._http.build_request(method, path, params=given, json=json, headers=headers)
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            told = f"cannot be sent: {error}"[:300]
            raise InputError(f"{method} {path[:100]}", told, "ask with less text") from None

    @contextmanager
    def _answer(self, request: httpx.Request, *, waits: bool) -> Iterator[httpx.Response]:
        """An answer that is none of failure, its body still to be read."""
        answer = self._sent(request)
        left = self._patience if waits else 0.0
        while (wait := _wait(answer)) is not None and wait <= left:
            answer.close()
            self._sleep(wait)
            left -= wait
            answer = self._sent(request)
        try:
            same = answer.status_code == HTTPStatus.NOT_MODIFIED and _CONDITION in request.headers
            if not (answer.is_success or same):
                raise _failure(answer)
            yield answer
        finally:
            answer.close()

    def _sent(self, request: httpx.Request) -> httpx.Response:
        with _told(request):
            return self._http.send(request, stream=True)


def _checked(address: str, token: str) -> str:
    """The server's address without a slash at its end. Raises `InputError`."""
    refused = InputError("address", "is none of a server", "give one as in https://lab.org")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port  # of which a port that is no number is told here
    except ValueError:
        raise refused from None
    if host is None or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        raise refused
    if parts.username or parts.password:
        raise InputError("address", "holds a password", "give the token as token=...")
    if token and parts.scheme == "http" and host not in _LOOPBACK:
        told = "would send the token where others can read it"
        raise InputError("address", told, "use https://")
    return address.rstrip("/")


def _headers(token: str) -> dict[str, str]:
    """What each request tells. Raises `InputError` without showing the token."""
    if not (token.isascii() and token.isprintable()):
        raise InputError("token", "has characters that none has", "give one, as it was shown")
    told = {"User-Agent": f"litwatch-client/{__version__}", "Accept": "application/json"}
    return told | ({"Authorization": f"Bearer {token}"} if token else {})


def _wait(answer: httpx.Response) -> float | None:
    """How many seconds to wait before asking again; None where that is not for us to decide: what
    is out of order (503) is for the caller to know."""
    told = answer.headers.get("retry-after", "")
    if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS or not told.isdecimal():
        return None
    return max(float(told), 1.0)


def _body(answer: httpx.Response) -> bytes:
    with _told(answer.request):
        return answer.read()


@contextmanager
def _told(request: httpx.Request) -> Iterator[None]:
    """Turn what the network does into our error."""
    try:
        yield
    except httpx.HTTPError as error:
        cause = f"no whole answer came: {str(error) or type(error).__name__}"
        raise ClientError(_named(request), cause, "is the server running?") from None


def _failure(answer: httpx.Response) -> ClientError:
    """What the server says went wrong; or that something else than the API answered."""
    named, body = _named(answer.request), _body(answer)
    try:
        problem = Problem.model_validate_json(body)
    except ValidationError:
        told = f"was answered with {answer.status_code} {answer.reason_phrase}, by something else"
        remedy = "is this the address of a Litwatch server with an API?"
        return ClientError(named, told, remedy, status=answer.status_code, code=NOT_DATA)
    return ClientError(
        named,
        "; ".join([problem.detail, *(f"{each.where}: {each.cause}" for each in problem.faults)]),
        problem.remedy,
        status=answer.status_code,
        code=problem.code,
        at=problem.at,
        instance=problem.instance,
    )


def _named(request: httpx.Request) -> str:
    """The request as errors name it: without what was asked, which may be long."""
    return f"{request.method} {request.url.path}"

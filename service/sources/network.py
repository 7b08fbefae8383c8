"""The only door to the network for fetching: checked addresses and one deadline per attempt.

A host is resolved once, every answer is checked, and the connection goes to a checked address
(not to the name again), so a name that changes its address in between gains nothing. TLS still
asks for the host's name. Each socket operation gets what is left of the attempt's deadline, so a
server that drips a byte now and then cannot hold a connection open for ever.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import httpcore
import httpx

from service.errors import FetchRefusedError
from service.sources.addresses import is_public, is_trusted, refused_address

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    _Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

Resolve = Callable[[str, int], list[str]]
_CONNECT_SECONDS = 10.0  # for one address, so that a dead one leaves time for the next


def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of `host`, as the system's resolver orders them.

    Bounded by the resolver's own time-outs, not by the attempt's deadline. Raises `OSError`.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Deadline(threading.local):
    """When the current attempt of the current thread must be over, on a monotonic clock."""

    at: float | None = None

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """All socket operations of this thread inside the block share `seconds`."""
        self.at = self._monotonic() + seconds
        try:
            yield
        finally:
            self.at = None

    def left(self, at_most: float | None = None) -> float | None:
        """Seconds left, at most `at_most`. Raises `httpcore.TimeoutException` when none are."""
        if self.at is None:
            return at_most
        left = self.at - self._monotonic()
        if left <= 0:
            raise httpcore.TimeoutException("the deadline of the attempt is over")
        return left if at_most is None else min(left, at_most)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the library's signature
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to public addresses, and to any address of a trusted "host" or "host:port"."""

    def __init__(
        self,
        deadline: Deadline,
        trusted: frozenset[str] = frozenset(),
        resolve: Resolve = system_resolve,
        plain: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._deadline = deadline
        self._trusted = trusted
        self._resolve = resolve
        self._plain = plain or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_Option] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address of `host` that answers.

        Raises `FetchRefusedError` before any packet is sent when one of its addresses is not
        public: a name with mixed answers is an attack or a mistake.
        """
        addresses = self._addresses(host, port)
        options = list(socket_options or ())
        limit = _CONNECT_SECONDS if timeout is None else min(timeout, _CONNECT_SECONDS)
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = self._plain.connect_tcp(
                    address, port, self._deadline.left(limit), local_address, options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
            else:
                return _Stream(stream, self._deadline)
        raise fault

    def _addresses(self, host: str, port: int) -> list[str]:
        self._deadline.left()
        try:
            addresses = self._resolve(host, port)
        except (OSError, ValueError) as error:
            raise httpcore.ConnectError(f"the name {host!r} cannot be resolved: {error}") from None
        if not is_trusted(host, port, self._trusted):
            for address in addresses:
                if not is_public(address):
                    raise refused_address(host)
        return addresses

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[_Option] | None = None,
    ) -> httpcore.NetworkStream:
        """Never: no upstream is a local socket."""
        raise FetchRefusedError(path, "local sockets are not fetched from")


@cache
def _tls() -> ssl.SSLContext:
    """Made once: to read the authorities' certificates takes 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: httpcore.Response) -> None:
        self._response = stream

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class Transport(httpx.BaseTransport):
    """One request, one reply, over the guarded backend: no redirects, cookies, proxies or netrc.

    Raises httpcore's exceptions as they are, and `FetchRefusedError`.
    """

    def __init__(self, backend: GuardedBackend, tls: ssl.SSLContext | None = None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or _tls(),
            max_connections=None,  # the client keeps to one request per host
            max_keepalive_connections=10,
            keepalive_expiry=15.0,
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` on a connection of the pool; the caller reads and closes the reply."""
        url = request.url
        reply = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=cast("httpx.SyncByteStream", request.stream),
            )
        )
        return httpx.Response(reply.status, headers=reply.headers, stream=_Body(reply))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

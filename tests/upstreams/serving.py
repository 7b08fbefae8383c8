"""What a simulator of an upstream is, virtual time, and the servers that serve simulators."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Thread
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from service.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.upstreams.faults import Faults
    from tests.upstreams.register import Register


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply; `headers` are those beside the length, which the server adds."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Upstream(Protocol):
    """A simulated upstream."""

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        now: datetime,
    ) -> Answer:
        """Reply to a request at the virtual time `now`.

        `path` begins with "/" and holds no query; it is what follows the base address that the
        product is given (so PubMed's is "/esearch.fcgi", bioRxiv's "/details/biorxiv/...",
        Europe PMC's "/search", arXiv's "/oai" and "/api/query"). `query` is decoded, `headers`
        are lower-case, `body` is raw (a form where the product POSTs one).
        """
        ...


class Killed(BaseException):  # not an Exception: no handler may mend what a kill does
    """The process was killed at this point."""


class VirtualTime:
    """A clock for product and simulators together: sleeping takes no time, but time passes.

    Sleeps side by side overlap. `fuse` counts down with every sleep and request; at zero the
    process "dies": the clock raises `Killed` from then on, until `revive`.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._passed = 0.0
        self._guard = threading.Lock()
        self.fuse: int | None = None
        self.dead = False

    def now(self) -> datetime:
        """Virtual wall time."""
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        """Virtual seconds since the start."""
        return self._passed

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        with self._guard:
            self._passed += seconds

    def until(self, moment: datetime) -> None:
        """Let time pass up to a moment; it never goes back."""
        with self._guard:
            self._passed = max(self._passed, (moment - self._start).total_seconds())

    def burn(self) -> None:
        """One step nearer to the end of the fuse."""
        if self.fuse is not None:
            self.fuse -= 1
            self.dead = self.dead or self.fuse <= 0

    def alive(self) -> None:
        """Raise `Killed` where the process is dead."""
        if self.dead:
            raise Killed

    def revive(self) -> None:
        """Begin anew, without a fuse."""
        self.fuse, self.dead = None, False

    def clock(self) -> Clock:
        """The product's clock. Jitter is fixed: a seed must always lead to the same year."""
        return Clock(self._told_now, self._told_monotonic, self._sleep, lambda: 0.5)

    def _told_now(self) -> datetime:
        self.alive()
        return self.now()

    def _told_monotonic(self) -> float:
        self.alive()
        return self.monotonic()

    def _sleep(self, seconds: float) -> None:
        self.burn()
        self.alive()
        target = self._passed + seconds
        with self._guard:
            self._passed = max(self._passed, target)


class Servers:
    """All upstreams, each host on a loopback address of its own: rules are kept by host.

        with Servers(hosts, time, faults, register) as servers:
            servers.url("ncbi")

    `latency` is the virtual seconds that a reply takes, from and to.
    """

    def __init__(
        self,
        upstreams: Mapping[str, Upstream],
        time: VirtualTime,
        faults: Faults,
        register: Register,
        latency: tuple[float, float] = (0.05, 1.2),
    ) -> None:
        self.upstreams, self.time, self.faults, self.register = upstreams, time, faults, register
        self.latency, self.rng = latency, Random(len(upstreams))
        self._servers = {
            host: _Server(host, f"127.0.0.{number}", self)
            for number, host in enumerate(sorted(upstreams), 2)
        }

    def __enter__(self) -> Self:
        for server in self._servers.values():
            Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.shutdown()
            server.server_close()

    def url(self, host: str) -> str:
        """The base address of a host."""
        address, port = self._servers[host].server_address[:2]
        return f"http://{address!s}:{port}"

    def reply(
        self, host: str, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """The reply to a request, noted with its virtual times; status 0: hang up."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        form = dict(parse_qsl(body.decode("utf-8", "replace"))) if method == "POST" else {}
        path, began = unquote(parts.path), self.time.monotonic()
        self.register.begins(host, path, {**query, **form}, headers, began)
        now = self.time.now()
        kind = self.faults.meet(host, now)
        try:
            answer = self.upstreams[host].answer(method, path, query, headers, body, now)
        except AssertionError as error:  # a request that none of our clients should send
            self.register.broken.append(f"{host} {path}: {error}")
            answer = Answer(400)
        answer = self.faults.spoil(host, kind, answer, now)
        self.time.pass_(self.rng.uniform(*self.latency))
        self.time.burn()
        self.register.ends(host, answer, self.time.monotonic(), self.time.now())
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, address: str, servers: Servers) -> None:
        self.host, self.servers = host, servers
        super().__init__((address, 0), _Exchange)

    def handle_error(self, request: object, client_address: object) -> None:
        """Quiet about a client that hung up; anything else is a defect of ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    wbufsize = -1

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def _respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # given up halfway, its deadline passed: that asks for nothing
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.servers.reply(self.server.host, self.command, self.path, headers, body)
        if not answer.status:
            self.close_connection = True
            return
        cut = "X-Cut" in answer.headers
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
        self.close_connection = self.close_connection or cut

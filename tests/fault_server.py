"""A local HTTP server that misbehaves on order, and a clock that does not wait.

Each path has a script of answers; the last one repeats. The server counts connections, notes when
each request came (on the clock it is given) and how many it was answering at once.
"""

from __future__ import annotations

import gzip
import itertools
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from service.clock import Clock

Answer = Callable[[socket.socket, threading.Event], bool]
"""Writes to the connection; returns whether the connection may be used again."""


@dataclass(frozen=True)
class Seen:
    """One request as the server read it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def values(self) -> dict[str, str]:
        """Query and form together."""
        query = parse_qsl(urlsplit(self.target).query, keep_blank_values=True)
        return dict(query + parse_qsl(self.body.decode("utf-8", "replace")))


class FaultServer:
    """Use `serving()`; `script` says what a path answers."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.requests: list[Seen] = []
        self.connections = 0
        self._spans: list[tuple[float, float]] = []
        self._monotonic = monotonic
        self._scripts: dict[str, list[Answer]] = defaultdict(list)
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def script(self, path: str, *answers: Answer) -> str:
        """Set what `path` answers, one answer a request; returns its address."""
        self._scripts[path] = list(answers)
        return self.url(path)

    def seen(self, path: str) -> list[Seen]:
        return [request for request in self.requests if request.path == path]

    def start(self) -> None:
        self._spawn(self._accept)

    def stop(self) -> None:
        self._stop.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._guard:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)

    def _spawn(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._spawn(lambda held=connection: self._serve(held))

    def _serve(self, connection: socket.socket) -> None:
        with self._guard:
            self._open.add(connection)
        try:
            with connection, connection.makefile("rb") as stream:
                while self._one(connection, stream):
                    pass
        except (OSError, ValueError):
            pass  # the client went away, which is often what a test is about
        finally:
            with self._guard:
                self._open.discard(connection)

    def _one(self, connection: socket.socket, stream) -> bool:
        line = stream.readline()
        if not line.strip():
            return False
        method, target, _ = line.decode("latin-1").split(" ", 2)
        headers = {}
        while (header := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        with self._guard:
            self.requests.append(Seen(method, target, headers, body, self._monotonic()))
            answers = self._scripts[urlsplit(target).path]
            answer = answers.pop(0) if len(answers) > 1 else (answers or [reply(404)])[0]
        began, watched = time.monotonic(), _Watched(connection)
        try:
            return answer(watched, self._stop)  # type: ignore[arg-type]
        finally:
            with self._guard:
                self._spans.append((began, watched.said or time.monotonic()))

    @property
    def most_at_once(self) -> int:
        """How many requests were being answered at once at most, until their last bytes went: who
        has these may ask anew before the server has looked up."""
        with self._guard:
            moments = [
                (at, step) for span in self._spans for at, step in zip(span, (1, -1), strict=True)
            ]
        counts = itertools.accumulate(step for _, step in sorted(moments))
        return max(counts, default=0)


class _Watched:
    """A connection that knows when something was last sent over it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.said: float | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def sendall(self, data: bytes) -> None:
        self.said = time.monotonic()
        self._connection.sendall(data)


@contextmanager
def serving(monotonic: Callable[[], float] = time.monotonic) -> Iterator[FaultServer]:
    server = FaultServer(monotonic)
    server.start()
    try:
        yield server
    finally:
        server.stop()


# -- answers ----------------------------------------------------------------------------------------


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def reply(status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    """A plain answer. Headers given override the right Content-Length."""

    def answer(connection: socket.socket, _: threading.Event) -> bool:
        said = {"Content-Length": str(len(body)), **(headers or {})}
        connection.sendall(_head(status, said) + body)
        return said["Content-Length"] == str(len(body))

    return answer


def redirect(to: str, status: int = 302) -> Answer:
    return reply(status, b"moved", {"Location": to})


def gzipped(body: bytes, cut: int | None = None) -> Answer:
    packed = gzip.compress(body)[:cut]
    return reply(200, packed, {"Content-Encoding": "gzip"})


def after(seconds: float, then: Answer) -> Answer:
    def answer(connection: socket.socket, stop: threading.Event) -> bool:
        stop.wait(seconds)
        return then(connection, stop)

    return answer


def silence(connection: socket.socket, stop: threading.Event) -> bool:
    """Take the request and say nothing."""
    stop.wait(5)
    return False


def hang_up(connection: socket.socket, stop: threading.Event) -> bool:
    """Close without an answer."""
    return False


def reset(body: bytes = b"") -> Answer:
    """Send the start of an answer, then a TCP reset."""

    def answer(connection: socket.socket, _: threading.Event) -> bool:
        if body:
            connection.sendall(_head(200, {"Content-Length": "1000"}) + body)
            time.sleep(0.02)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return answer


def drip(head_too: bool = False, every: float = 0.1) -> Answer:
    """One byte now and then, for ever; the head comes at once unless `head_too`."""

    def answer(connection: socket.socket, stop: threading.Event) -> bool:
        head = _head(200, {"Content-Length": "100000"})
        if not head_too:
            connection.sendall(head)
        for byte in head if head_too else b"x" * 100_000:
            connection.sendall(bytes([byte]))
            if stop.wait(every):
                break
        return False

    return answer


def endless(chunk: bytes = b"x" * 65536) -> Answer:
    """A body without a length that does not end."""

    def answer(connection: socket.socket, stop: threading.Event) -> bool:
        connection.sendall(_head(200, {"Connection": "close"}))
        while not stop.is_set():
            connection.sendall(chunk)
        return False

    return answer


def chunked(*parts: bytes, end: bool = True) -> Answer:
    """A chunked body, without its last chunk unless `end`."""

    def answer(connection: socket.socket, _: threading.Event) -> bool:
        connection.sendall(_head(200, {"Transfer-Encoding": "chunked"}))
        for part in parts:
            connection.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        if end:
            connection.sendall(b"0\r\n\r\n")
        return end

    return answer


# -- time ---------------------------------------------------------------------------------------------


class FakeTime:
    """A clock whose sleeps take no time; `sleeps` are the seconds that were asked for."""

    def __init__(self, start: datetime = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)) -> None:
        self.sleeps: list[float] = []
        self._start = start
        self._passed = 0.0
        self._guard = threading.Lock()

    def monotonic(self) -> float:
        return self._passed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def sleep(self, seconds: float) -> None:
        with self._guard:
            self.sleeps.append(seconds)
            self._passed += seconds

    def clock(self, jitter: float = 0.0) -> Clock:
        return Clock(
            now=self.now, monotonic=self.monotonic, sleep=self.sleep, jitter=lambda: jitter
        )

"""Replies and feeds that would fill the memory or never end: each is over soon, and costs little."""

from __future__ import annotations

import gzip
import json
import ssl
import subprocess
import sys
import tracemalloc
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service.clock import Clock
from service.errors import FetchRefusedError, NotDataError, SourceError, TransientError
from service.sources.body import Limits
from service.sources.feed_limits import excess
from service.sources.http import PoliteClient, user_agent
from tests.fault_server import FaultServer, drip, endless, reply, serving

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Iterator

    from tests.fault_server import Answer

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
MOST_GROWTH = 64 * MIB
_TLS = ssl.create_default_context()


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as running:
        yield running


@contextmanager
def client(deadline: float = 30.0, limits: Limits | None = None) -> Iterator[PoliteClient]:
    """One try, in real time."""
    made = PoliteClient(
        user_agent("lab@example.org"),
        rules={},
        unknown_host=0.0,
        trusted=frozenset({"127.0.0.1"}),
        clock=Clock(sleep=lambda _: None, jitter=lambda: 0.0),
        tries=1,
        deadline=deadline,
        limits=limits,
        tls=_TLS,
    )
    try:
        yield made
    finally:
        made.close()


@dataclass
class Growth:
    """The most bytes that were held at once inside the block, beyond those held before."""

    peak: int = 0


@contextmanager
def growth() -> Iterator[Growth]:
    found = Growth()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield found
        found.peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def fails(server: FaultServer, answer: Answer, deadline: float = 30.0) -> tuple[SourceError, int]:
    """What a fetch of this answer raises, and how many bytes it took."""
    url = server.script("/", answer)
    with client(deadline) as polite, growth() as grown, pytest.raises(SourceError) as caught:
        polite.fetch(url, read=lambda response: response.body)
    return caught.value, grown.peak


# -- bodies that grow -------------------------------------------------------------------------------


def _sent(coding: str, *parts: bytes, times: int = 1) -> Answer:
    """Parts as a body of this coding: the last one again and again."""

    def answer(connection: socket.socket, stop: threading.Event) -> bool:
        connection.sendall(
            f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: {coding}\r\n\r\n".encode()
        )
        for part in parts[:-1]:
            connection.sendall(part)
        for _ in range(times):
            if stop.is_set():
                break
            connection.sendall(parts[-1])
        return False

    return answer


def _zeros() -> tuple[bytes, bytes]:
    """The beginning of a gzip stream, and a piece that inflates to a mebibyte as often as it comes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    begun = packer.compress(b"0") + packer.flush(zlib.Z_FULL_FLUSH)
    return begun, packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)


def _mixed() -> bytes:
    """A gzip member that stays just under the ratio: only the size can stop it."""
    noise = bytes(range(256)) * 20
    return gzip.compress(noise + bytes(400_000))


BOMBS: dict[str, tuple[Answer, type[SourceError]]] = {
    "a gibibyte of zeros": (_sent("gzip", *_zeros(), times=1024), FetchRefusedError),
    "members without number": (_sent("gzip", _mixed(), times=100_000), FetchRefusedError),
    "empty members without number": (
        _sent("gzip", gzip.compress(b"") * 3_000, times=3_000),
        FetchRefusedError,
    ),
    "packed twice": (_sent("gzip, gzip", gzip.compress(gzip.compress(bytes(MIB)))), NotDataError),
    "deflate": (_sent("deflate", zlib.compress(bytes(MIB)), times=64), NotDataError),
    "brotli": (_sent("br", b"\x8b\x7f\x80" * 1000, times=64), NotDataError),
    "zstd": (_sent("zstd", b"\x28\xb5\x2f\xfd" * 1000, times=64), NotDataError),
    "compress": (_sent("compress", b"\x1f\x9d\x90" * 1000, times=64), NotDataError),
    "a coding of their own": (_sent("x" * 5_000, b"x"), NotDataError),
    "zeros after the end": (_sent("gzip", gzip.compress(b"x"), bytes(MIB), times=200), FetchRefusedError),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_fills_the_memory(name: str, server: FaultServer) -> None:
    answer, kind = BOMBS[name]
    error, grown = fails(server, answer)
    assert isinstance(error, kind), error
    assert grown <= MOST_GROWTH


def test_what_is_packed_inside_of_a_body_stays_packed(server: FaultServer) -> None:
    """Only what the header names is inflated, once."""
    inner = gzip.compress(gzip.compress(bytes(MIB)))
    url = server.script("/", reply(200, gzip.compress(inner), {"Content-Encoding": "gzip"}))
    with client() as polite:
        assert polite.fetch(url, read=lambda response: response.body) == inner


def test_only_what_can_be_limited_is_asked_for(server: FaultServer) -> None:
    url = server.script("/", reply(200, b"x"))
    with client() as polite:
        polite.fetch(url, read=lambda response: response.body)
    assert server.requests[0].headers["accept-encoding"] == "gzip"


def test_a_body_without_end_takes_no_more_than_its_limit(server: FaultServer) -> None:
    url = server.script("/", endless())
    with client(limits=Limits(size=16 * MIB)) as polite, growth() as grown:  # noqa: SIM117
        with pytest.raises(FetchRefusedError):
            polite.fetch(url, read=lambda response: response.body)
    assert grown.peak <= 20 * MIB, "the limit, and what a growing buffer keeps in reserve"


# -- heads and drips ----------------------------------------------------------------------------------


def _again(*parts: bytes, pause: float = 0.0) -> Answer:
    """The first part, then the second for ever."""

    def answer(connection: socket.socket, stop: threading.Event) -> bool:
        connection.sendall(parts[0])
        while not stop.wait(pause):
            connection.sendall(parts[1])
        return False

    return answer


_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS: dict[str, Answer] = {
    "headers": _again(_OK, b"X-A: " + b"b" * 1000 + b"\r\n"),
    "one header": _again(_OK + b"X-A: ", b"b" * 4000),
    "a folded header": _again(_OK + b"X-A: b\r\n", b" " + b"b" * 1000 + b"\r\n"),
    "a status line": _again(b"HTTP/1.1 200 ", b"O" * 4000),
    "empty lines": _again(b"\r\n", b"\r\n" * 500),
    "a chunk's size": _again(_CHUNKED, b"0" * 4000),
    "a chunk's extension": _again(_CHUNKED + b"1;", b"a" * 4000),
    "trailers": _again(_CHUNKED + b"1\r\nx\r\n0\r\n", b"X-A: " + b"b" * 1000 + b"\r\n"),
}
SLOW: dict[str, Answer] = {
    "a body": drip(every=0.02),
    "a head": drip(head_too=True, every=0.02),
    "chunks of a byte": _again(_CHUNKED, b"1\r\nx\r\n", pause=0.02),
    "early hints": _again(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", pause=0.02),
    "continue": _again(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a packed body": _again(
        _OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x")[:12], b"\0\0\0\xff\xff", pause=0.02
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
def test_a_head_without_end_is_given_up(name: str, server: FaultServer) -> None:
    error, grown = fails(server, ENDLESS[name], deadline=10.0)
    assert isinstance(error, TransientError)
    assert grown <= 8 * MIB


@pytest.mark.parametrize("name", SLOW)
def test_a_server_that_drips_for_ever_is_left_at_the_deadline(
    name: str, server: FaultServer
) -> None:
    """Each piece comes in time: only a deadline over all of them ends it."""
    error, grown = fails(server, SLOW[name], deadline=0.4)
    assert isinstance(error, TransientError)
    assert grown <= 8 * MIB


# -- feeds ------------------------------------------------------------------------------------------------


def test_no_feed_takes_the_memory_or_the_time_of_all_others() -> None:
    """In a process that may use a minute: without the limits each takes that alone, or gigabytes."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.hostile_feeds"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (done.stderr[-500:], told[-1:])
    assert len(told) > 40
    for name, what, grown, _ in told:
        assert what.isdecimal() or what in {"not-data", "transient", "parse"}, name
        assert grown <= MOST_GROWTH // MIB, name
    refused = [name for name, what, *_ in told if what == "not-data"]
    assert len(refused) >= 18


def test_a_large_honest_feed_is_far_below_every_limit() -> None:
    """Two thousand entries with marked-up abstracts and forty authors each."""
    people = "".join(
        f"<dc:creator>Anne-Sophie Lindqvist-Marchetti {n}</dc:creator>" for n in range(40)
    )
    told = "<p style='a'>Niches <i>hold</i> <sup>2</sup> back.</p>" * 8
    entry = f"<title>T</title><description><![CDATA[{told}]]></description>{people}"
    items = "".join(f"<item><guid>{n}</guid>{entry}</item>" for n in range(1_000))
    feed = f"<rss xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>{items}</channel></rss>"
    assert excess(feed) == ""


@pytest.mark.parametrize(
    "named",
    [
        "<author><name>Ada Lovelace</name><uri>https://a.example.org/" + "x" * 150 + "</uri></author>",
        "<author/><description>" + "ACGT" * 100 + "</description>",
        "<dc:publisher>P</dc:publisher><title>" + "x" * 900 + "</title>",
        "<author>" + ", ".join(f"Ada Lovelace{n}" for n in range(3_000)) + "</author>",
        "<author><![CDATA[ada@example.org (Ada)]]></author><link>" + "a" * 500 + "</link>",
    ],
)  # fmt: skip
def test_long_words_elsewhere_are_no_names(named: str) -> None:
    assert excess(f"<rss><item>{named}</item></rss>") == ""

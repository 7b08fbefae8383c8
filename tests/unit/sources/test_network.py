"""Requests to private addresses: whatever way they are written, nothing is connected to."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import httpcore
import pytest

from service.errors import FetchRefusedError
from service.sources.network import Deadline, GuardedBackend, system_resolve
from tests.fault_server import FaultServer, reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLIC = "130.14.29.110"


@pytest.fixture
def canary() -> Iterator[FaultServer]:
    """Listens where nobody may come."""
    with serving() as server:
        server.script("/", reply(200, b"you should not be here"))
        yield server


class Recorder(httpcore.NetworkBackend):
    """Connects to nothing and notes where it was sent."""

    def __init__(self, *dead: str) -> None:
        self.addresses: list[str] = []
        self.names: list[str | None] = []
        self._dead = dead

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.addresses.append(host)
        if host in self._dead:
            raise httpcore.ConnectError(f"{host} is dead")
        return Stream(self)


class Stream(httpcore.MockStream):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])
        self._recorder = recorder

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        self._recorder.names.append(server_hostname)
        return self


def answers(*lists: list[str]):
    """A resolver that gives another answer each time; the last one repeats."""
    remaining = list(lists)

    def resolve(host: str, port: int) -> list[str]:
        return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    return resolve


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "0",
        "0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "169.254.169.254",
        "fe80::1",
    ],
)
def test_no_spelling_of_a_private_address_is_connected_to(host: str, canary: FaultServer) -> None:
    backend = GuardedBackend(Deadline())
    with pytest.raises((FetchRefusedError, httpcore.ConnectError)) as caught:
        backend.connect_tcp(host, canary.port, timeout=0.2)
    assert isinstance(caught.value, FetchRefusedError) or "cannot be resolved" in str(caught.value)
    time.sleep(0.01)
    assert canary.connections == 0


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        [PUBLIC, "::1"],
        ["64:ff9b::a00:1"],
        ["2002:a00:1::"],
        ["::ffff:10.0.0.1"],
        ["fe80::1%lo"],
        ["nonsense"],
    ],
)
def test_one_private_answer_among_all_refuses_the_name(answer: list[str]) -> None:
    recorder = Recorder()
    backend = GuardedBackend(Deadline(), resolve=answers(answer), plain=recorder)
    with pytest.raises(FetchRefusedError):
        backend.connect_tcp("rebound.example", 80)
    assert recorder.addresses == []


def test_a_name_that_changes_its_address_gains_nothing() -> None:
    """DNS rebinding: the checked answer is the connected one; the next connection asks anew."""
    recorder = Recorder()
    backend = GuardedBackend(Deadline(), resolve=answers([PUBLIC], ["127.0.0.1"]), plain=recorder)
    backend.connect_tcp("rebound.example", 80)
    with pytest.raises(FetchRefusedError):
        backend.connect_tcp("rebound.example", 80)
    assert recorder.addresses == [PUBLIC]


def test_a_refusal_does_not_tell_the_address() -> None:
    backend = GuardedBackend(Deadline(), resolve=answers(["10.20.30.40"]), plain=Recorder())
    with pytest.raises(FetchRefusedError) as caught:
        backend.connect_tcp("intranet.example", 80)
    assert "10.20.30.40" not in str(caught.value)


def test_a_trusted_host_may_be_private(canary: FaultServer) -> None:
    trusted = frozenset({f"localhost:{canary.port}"})
    GuardedBackend(Deadline(), trusted).connect_tcp("localhost", canary.port).close()
    with pytest.raises(FetchRefusedError):
        GuardedBackend(Deadline(), trusted).connect_tcp("localhost", canary.port + 1)


def test_the_next_address_is_tried_when_one_is_dead() -> None:
    recorder = Recorder("8.8.8.8")
    backend = GuardedBackend(Deadline(), resolve=answers(["8.8.8.8", PUBLIC]), plain=recorder)
    backend.connect_tcp("two.example", 80)
    assert recorder.addresses == ["8.8.8.8", PUBLIC]


def test_tls_asks_for_the_name_while_the_address_is_connected_to() -> None:
    recorder = Recorder()
    backend = GuardedBackend(Deadline(), resolve=answers([PUBLIC]), plain=recorder)
    with httpcore.ConnectionPool(network_backend=backend) as pool:
        assert pool.request("GET", "https://eutils.example/").content == b"ok"
    assert recorder.addresses == [PUBLIC]
    assert recorder.names == ["eutils.example"]


@pytest.mark.parametrize("fault", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")])
def test_a_name_that_cannot_be_resolved_is_a_connection_fault(fault: Exception) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise fault

    with pytest.raises(httpcore.ConnectError, match="cannot be resolved"):
        GuardedBackend(Deadline(), resolve=resolve).connect_tcp("nowhere.example", 80)


def test_a_name_without_addresses_is_a_connection_fault() -> None:
    with pytest.raises(httpcore.ConnectError, match="no address"):
        GuardedBackend(Deadline(), resolve=answers([])).connect_tcp("empty.example", 80)


def test_local_sockets_are_refused() -> None:
    with pytest.raises(FetchRefusedError):
        GuardedBackend(Deadline()).connect_unix_socket("/run/docker.sock")


def test_the_system_resolver_gives_each_address_once() -> None:
    assert system_resolve("127.0.0.1", 80) == ["127.0.0.1"]


def test_what_is_left_of_a_deadline_shrinks_and_then_ends() -> None:
    now = [100.0]
    deadline = Deadline(lambda: now[0])
    assert deadline.left(at_most=5.0) == 5.0
    with deadline.within(10.0):
        assert deadline.left() == 10.0
        now[0] = 107.0
        assert deadline.left(at_most=5.0) == pytest.approx(3.0)
        now[0] = 110.0
        with pytest.raises(httpcore.TimeoutException):
            deadline.left()
    assert deadline.left() is None

"""Several processes over one archive ask a host as one would: one at a time, at its distance, and
not before the time that it told any of them. Whoever is killed, and whenever."""

from __future__ import annotations

import itertools
import random
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service.store.lanes import StoredLanes
from tests import databases
from tests.fault_server import after, reply, serving
from tests.lane_visitor import DISTANCE, LEASE, settings, started

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from tests.fault_server import FaultServer
    from tests.lane_visitor import Visitor

OK = after(0.01, reply(200, b"good"))


@pytest.fixture(params=databases.KINDS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty archive."""
    for engine in databases.migrated(request.param, tmp_path):
        yield engine.url.render_as_string(hide_password=False)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as running:
        yield running


@contextmanager
def visitors(archive: str, *urls: str, count: int = 1, how: str = "") -> Iterator[list[Visitor]]:
    """A process for each address; killed at the end."""
    found = [started(settings(archive), url, count, how) for url in urls]
    try:
        yield found
    finally:
        for each in found:
            each.killed()


def waits(server: FaultServer) -> list[float]:
    return [b.at - a.at for a, b in itertools.pairwise(server.requests)]


def keeps_the_rules(server: FaultServer) -> None:
    assert server.most_at_once == 1
    assert min(waits(server)) >= DISTANCE - 1e-3


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


class Gate:
    """An answer that is not given before the gate is open."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.open = self._open.set

    def __call__(self, connection: socket.socket, stop: threading.Event) -> bool:
        self._open.wait(30)
        return OK(connection, stop)


# -- together ---------------------------------------------------------------------------------------


def test_three_processes_ask_as_one_and_all_have_turns(archive: str, server: FaultServer) -> None:
    urls = [server.script(f"/{name}", OK) for name in "abc"]
    with visitors(archive, *urls, count=10) as processes:
        for process in processes:
            process.go()
        told = [[process.told() for _ in range(10)] for process in processes]
    assert told == [[200] * 10] * 3
    keeps_the_rules(server)
    order = "".join(seen.path[1] for seen in server.requests)
    together = order[max(map(order.index, "abc")) : min(map(order.rindex, "abc"))]
    assert all(together.count(name) >= len(together) // 5 for name in "abc"), order


def test_what_one_was_told_all_keep_though_it_was_killed(archive: str, server: FaultServer) -> None:
    asked_to_wait = server.script("/a", reply(429, b"", {"Retry-After": "3"}))
    urls = [server.script(f"/{name}", OK) for name in "bcd"]
    with visitors(archive, asked_to_wait, *urls) as (first, *others):
        first.go()
        assert first.told() == "ThrottledError"
        first.killed()
        for process in others:
            process.go()
        assert [process.told() for process in others] == [200] * 3
    assert server.most_at_once == 1
    rest, *distances = waits(server)
    assert rest >= 3.0 - 1e-3
    assert min(distances) >= 2 * DISTANCE * 0.95 - 1e-3  # at half the rate, for all


def test_processes_that_know_nothing_of_each_other_are_seen_to_break_the_rules(
    tmp_path: Path, server: FaultServer
) -> None:
    """That the measure measures."""
    gate = Gate()
    url = server.script("/a", gate)
    with visitors(f"sqlite:///{tmp_path}/none.db", url, url, how="alone") as processes:
        for process in processes:
            process.go()
        until(lambda: len(server.requests) == 2)
        gate.open()
        assert [process.told() for process in processes] == [200, 200]
    with pytest.raises(AssertionError):
        keeps_the_rules(server)


# -- killed -----------------------------------------------------------------------------------------


def test_a_process_that_is_killed_in_its_turn_keeps_others_out_until_its_lease_is_over(
    archive: str, server: FaultServer
) -> None:
    gate = Gate()
    with visitors(archive, server.script("/a", gate), server.script("/b", OK)) as (first, second):
        first.go()
        until(lambda: server.seen("/a"))
        first.killed()
        gate.open()
        second.go()
        assert second.told() == 200
    assert server.most_at_once == 1
    [wait] = waits(server)
    assert wait >= LEASE - 1.0  # the longest that its request could have lasted


def test_processes_that_are_killed_at_random_break_no_rule(
    archive: str, server: FaultServer
) -> None:
    rng = random.Random(8)
    url = server.script("/a", OK)
    with visitors(archive, *[url] * 8, count=1_000) as processes:
        alive, fresh = processes[:3], processes[3:]
        for process in alive:
            process.go()
        for process in fresh:
            seen = len(server.requests)
            until(lambda wanted=seen + 5: len(server.requests) >= wanted)
            time.sleep(rng.uniform(0.0, 2 * DISTANCE))  # anywhere in a turn, or between two
            alive.pop(rng.randrange(3)).killed()
            process.go()
            alive.append(process)
        seen = len(server.requests)
        until(lambda: len(server.requests) >= seen + 6)
    keeps_the_rules(server)


def test_a_process_suspended_beyond_its_lease_does_not_use_its_turn(
    archive: str, server: FaultServer
) -> None:
    """It wakes while another asks: it waits for that one's end, and for the distance."""
    gate = Gate()
    urls = [server.script("/sleeper", OK), server.script("/b", gate)]
    with (
        visitors(archive, urls[0], how="suspended") as [sleeper],
        visitors(archive, urls[1]) as [other],
    ):
        sleeper.go()
        until(lambda: is_stopped(sleeper.pid))
        other.go()
        until(lambda: server.seen("/b"))
        sleeper.signal(signal.SIGCONT)
        time.sleep(3 * DISTANCE)
        assert server.seen("/sleeper") == []
        gate.open()
        assert [other.told(), sleeper.told()] == [200, 200]
    keeps_the_rules(server)


def is_stopped(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T"


# -- stopped ----------------------------------------------------------------------------------------


def test_a_process_that_is_stopped_while_it_waits_ends_and_leaves_the_queue(
    archive: str, server: FaultServer
) -> None:
    urls = [server.script("/a", reply(429, b"", {"Retry-After": "100"})), server.script("/b", OK)]
    book = StoredLanes(archive, "looking on")
    with visitors(archive, *urls) as (first, second):
        first.go()
        assert first.told() == "ThrottledError"
        second.go()
        until(lambda: book.look("127.0.0.1").queue)
        second.signal(signal.SIGTERM)
        assert second.told() == "stopped"
        assert second.ended() == 0
        lane = book.look("127.0.0.1")
    book.close()
    assert (lane.queue, lane.holder) == ((), "")
    assert 60 < lane.ready_in <= 100
    assert server.seen("/b") == []

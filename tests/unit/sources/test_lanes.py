"""Turns within a process and between several, over a book that is shared in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import Clock
from service.errors import StoreBusyError, StoreError, ThrottledError, TransientError
from service.records.lanes import LaneState
from service.sources.http import PoliteClient
from service.sources.lanes import LATE, Lane, OwnBook
from tests.fault_server import FakeTime, after, reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.protocols import LaneBook
    from tests.fault_server import FaultServer

NAME = "example.org"


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@dataclass
class Desk:
    """One book for several processes, each of its own name. `broken` is what it raises; `slow` is
    how long a change takes."""

    clock: Clock
    broken: list[StoreError | None] = field(default_factory=list)
    slow: float = 0.0
    looks: int = 0
    changes: int = 0

    def __post_init__(self) -> None:
        self.kept = OwnBook(self.clock)

    def as_seen_by(self, me: str) -> LaneBook:
        return _Seen(self, me)

    def state(self) -> LaneState:
        return self.kept.look(NAME)


@dataclass
class _Seen:
    desk: Desk
    me: str

    def look(self, name: str) -> LaneState:
        self.desk.looks += 1
        self._fail()
        return self.desk.kept.look(name)

    def change(self, name: str, step: Callable[[LaneState], Any]) -> Any:
        self.desk.changes += 1
        self._fail()
        told = self.desk.kept.change(name, step)
        if self.desk.slow:
            self.desk.clock.sleep(self.desk.slow)
        return told

    def _fail(self) -> None:
        error = self.desk.broken.pop(0) if self.desk.broken else None
        if error:
            raise error


@pytest.fixture
def desk(time: FakeTime) -> Desk:
    return Desk(time.clock())


def lane(desk: Desk, me: str = "a", **more: Any) -> Lane:
    how = {"max_wait": 300.0, "lease": 60.0, "clock": desk.clock}
    return Lane(NAME, 1.0, desk.as_seen_by(me), **{**how, **more})


def request(lane: Lane, time: FakeTime) -> float:
    """Have a turn, and ask in it; returns when that was."""
    with lane.turn("GET x"):
        at = time.monotonic()
        lane.asked()
    return at


# -- between processes ------------------------------------------------------------------------------


def test_the_distance_holds_between_processes(desk: Desk, time: FakeTime) -> None:
    lanes = [lane(desk, me) for me in "abc"]
    assert [request(each, time) for each in lanes * 2] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


@pytest.mark.parametrize("retry_after", [40.0, 200.0])
def test_what_one_was_told_all_keep(desk: Desk, time: FakeTime, retry_after: float) -> None:
    first = lane(desk)
    request(first, time)
    first.slowed(retry_after)
    del first  # and it may as well be dead
    other = lane(desk, "b")
    assert request(other, time) == retry_after
    assert request(other, time) == retry_after + 2.0  # at half the rate


def test_a_wait_that_is_too_long_is_raised_by_all(desk: Desk, time: FakeTime) -> None:
    lane(desk).slowed(7200.0)
    for _ in range(2):
        with pytest.raises(ThrottledError) as caught:
            request(lane(desk, "b"), time)
        assert caught.value.retry_after == 7200.0
    assert time.sleeps == []
    assert desk.state().queue == ()


def test_a_process_that_dies_with_the_turn_keeps_others_out_until_its_lease_is_over(
    desk: Desk, time: FakeTime
) -> None:
    lane(desk)._taken("GET x")
    assert request(lane(desk, "b"), time) == pytest.approx(60.0 + LATE)


def test_a_process_that_dies_in_the_queue_keeps_others_out_for_seconds(
    desk: Desk, time: FakeTime
) -> None:
    request(lane(desk), time)
    waiting = lane(desk, "b")
    waiting._wait = dying  # type: ignore[method-assign]
    desk.broken = [None, GONE]  # it does not come to say that it leaves
    with pytest.raises(KeyboardInterrupt):
        waiting._taken("GET x")
    assert [each.name for each in desk.state().queue] == ["b"]
    assert request(lane(desk, "c"), time) <= 5.0


def dying(*_: object) -> None:
    raise KeyboardInterrupt


def test_who_is_stopped_while_it_waits_leaves_the_queue(desk: Desk, time: FakeTime) -> None:
    request(lane(desk), time)
    waiting = lane(desk, "b")
    waiting._wait = dying  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        request(waiting, time)
    assert desk.state().queue == ()


def test_who_is_stopped_in_its_turn_gives_it_back(desk: Desk, time: FakeTime) -> None:
    with pytest.raises(KeyboardInterrupt), lane(desk).turn("GET x"):
        raise KeyboardInterrupt
    assert request(lane(desk, "b"), time) == 0.0


def test_a_turn_that_came_late_is_not_used(desk: Desk, time: FakeTime) -> None:
    """Between the taking and the sending the process may have been suspended."""
    desk.slow = LATE + 0.1
    late = lane(desk)

    def quick_from_now_on() -> None:
        desk.slow = 0.0

    given = late._give_back
    late._give_back = lambda turn: (quick_from_now_on(), given(turn))  # type: ignore[assignment, func-returns-value]
    assert late._taken("GET x") == 2
    assert desk.state().turn == 2


def test_a_turn_that_was_lost_is_not_given_back_for_another(desk: Desk, time: FakeTime) -> None:
    slow, quick = lane(desk), lane(desk, "b")
    with slow.turn("GET x"):
        time.sleep(60.0 + LATE)
        taken = quick._taken("GET y")
        slow.asked()
    assert (desk.state().holder, desk.state().turn) == ("b", taken)
    assert desk.state().ready_in == pytest.approx(1.0)  # what it asked late counts all the same


def test_others_turns_are_not_waited_for_without_end(desk: Desk, time: FakeTime) -> None:
    def greedy(seconds: float) -> None:
        time.sleep(seconds)
        desk.kept.change(NAME, lambda state: (taken_by_z(state), None))

    def taken_by_z(state: LaneState) -> LaneState:
        return LaneState(state.ready_in, 1.0, "z", 70.0, state.turn + 1, state.queue)

    greedy(0.0)
    waiting = lane(desk, "b", clock=replace(desk.clock, sleep=greedy))
    with pytest.raises(ThrottledError, match=r"other processes had example\.org's turns"):
        request(waiting, time)
    assert 200 < time.monotonic() <= 300
    assert desk.state().queue == ()


# -- what it costs ----------------------------------------------------------------------------------


def test_one_process_alone_changes_the_book_twice_a_request(desk: Desk, time: FakeTime) -> None:
    alone = lane(desk)
    for _ in range(10):
        request(alone, time)
        alone.eased()
    assert (desk.changes, desk.looks) == (20, 0)
    assert desk.state().queue == ()


def test_a_wait_for_another_process_is_looking_not_writing(desk: Desk, time: FakeTime) -> None:
    """The other's request takes a second and a half."""
    first = lane(desk)
    taken = first._taken("GET x")

    def meanwhile(seconds: float) -> None:
        time.sleep(seconds)
        if time.monotonic() >= 1.5 and desk.state().holder == "a":
            first._give_back(taken)

    clock = replace(desk.clock, sleep=meanwhile)
    request(lane(desk, "b", clock=clock), time)
    ours = desk.changes - 2
    assert ours == 3  # into the queue, the turn taken, the turn given back
    assert 1 <= desk.looks <= 5


def test_a_dead_processs_whole_lease_costs_few_changes(desk: Desk, time: FakeTime) -> None:
    lane(desk)._taken("GET x")
    request(lane(desk, "b"), time)
    assert desk.changes + desk.looks < 60  # over 70 s


# -- when the book fails ----------------------------------------------------------------------------

BUSY = StoreBusyError("archive", "database is locked", "try again in a moment")
GONE = StoreError("archive", "is gone")


def test_a_book_that_others_write_to_is_waited_for(desk: Desk, time: FakeTime) -> None:
    desk.broken = [BUSY] * 5
    assert request(lane(desk), time) == pytest.approx(0.25)
    time.sleep(5.0)
    desk.broken = [None, *[BUSY] * 5]
    assert request(lane(desk, "b"), time) == pytest.approx(5.25)
    assert desk.state().holder == ""


@pytest.mark.parametrize("broken", [[BUSY] * 6, [GONE]])
def test_without_the_book_nothing_is_sent(
    desk: Desk, time: FakeTime, broken: list[StoreError | None]
) -> None:
    desk.broken = list(broken)
    with pytest.raises(TransientError, match=r"whose turn it is at example\.org cannot be told"):
        request(lane(desk), time)
    assert desk.state().turn == 0


def test_a_turn_that_cannot_be_given_back_is_the_next_one_of_its_process(
    desk: Desk, time: FakeTime
) -> None:
    desk.broken = [None, GONE]
    first = lane(desk)
    assert request(first, time) == 0.0  # its reply is good
    assert desk.state().holder == "a"
    assert request(first, time) == 1.0  # at the distance, which is told late but counts from then
    assert desk.state().holder == ""


def test_what_the_book_could_not_be_told_it_is_told_before_the_next_request(
    desk: Desk, time: FakeTime
) -> None:
    first = lane(desk)
    request(first, time)
    desk.broken = [GONE]
    first.slowed(30.0)
    assert desk.state().ready_in < 2.0
    time.sleep(5.0)
    assert request(first, time) == 30.0


def test_after_a_fault_at_the_end_of_a_change_nothing_is_sent_too_early(
    desk: Desk, time: FakeTime
) -> None:
    """The change was made, and is reported as failed."""
    first = lane(desk)
    told = desk.kept.change

    def broken_off(name: str, step: Callable[[LaneState], Any]) -> Any:
        told(name, step)
        desk.kept.change = told  # type: ignore[method-assign]
        raise GONE

    desk.kept.change = broken_off  # type: ignore[method-assign]
    with pytest.raises(TransientError):
        request(first, time)
    assert request(first, time) == 0.0
    assert request(lane(desk, "b"), time) == 1.0


# -- the client -------------------------------------------------------------------------------------


@pytest.fixture
def server(time: FakeTime) -> Iterator[FaultServer]:
    with serving(time.monotonic) as running:
        yield running


def client(desk: Desk, me: str, **more: Any) -> PoliteClient:
    how = {"rules": {}, "unknown_host": 1.0, "trusted": frozenset({"127.0.0.1"})}
    return PoliteClient("t", clock=desk.clock, book=desk.as_seen_by(me), **{**how, **more})


@pytest.mark.parametrize("status", [429, 503])
def test_what_a_host_says_is_known_before_the_turn_is_over(
    desk: Desk, server: FaultServer, status: int
) -> None:
    """Whoever has the next turn, in whatever process, keeps to it."""
    seen: list[tuple[str, float]] = []
    change = desk.kept.change

    def noted(name: str, step: Callable[[LaneState], Any]) -> Any:
        told = change(name, step)
        state = desk.kept.look(name)
        seen.append((state.holder, state.ready_in))
        return told

    desk.kept.change = noted  # type: ignore[method-assign]
    url = server.script("/a", reply(status, b"", {"Retry-After": "60"}))
    polite = client(desk, "a", tries=1)
    with pytest.raises(ThrottledError):
        polite.fetch(url, read=lambda response: response.body)
    polite.close()
    free_at = next(ready_in for holder, ready_in in seen if ready_in > 0 or not holder)
    assert free_at == pytest.approx(60.0, abs=1.0)


def test_a_book_that_is_gone_delays_a_request_and_does_not_lose_it(
    desk: Desk, server: FaultServer, time: FakeTime
) -> None:
    url = server.script("/a", reply(200, b"good"))
    desk.broken = [GONE, GONE]
    polite = client(desk, "a")
    assert polite.fetch(url, read=lambda response: response.body) == b"good"
    polite.close()
    assert len(server.requests) == 1
    assert time.sleeps[:2] == [2.0, 4.0]


def test_two_clients_of_one_book_ask_one_at_a_time_in_real_time() -> None:
    desk = Desk(Clock())
    with serving() as server:
        url = server.script("/a", after(0.005, reply(200, b"good")))
        clients = [client(desk, me, unknown_host=0.0) for me in "ab"]

        def ask(polite: PoliteClient) -> None:
            for _ in range(6):
                polite.fetch(url, read=lambda response: response.body)

        threads = [threading.Thread(target=ask, args=(polite,)) for polite in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        for polite in clients:
            polite.close()
        assert len(server.requests) == 12
        assert server.most_at_once == 1

from __future__ import annotations

import os
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING

import pytest

from service.bootstrap import cores as machine
from service.bootstrap.cores import EncoderInTurn, cores, side_by_side
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32
    from numpy.typing import NDArray


@pytest.fixture(params=[1, 2, 8])
def some_cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    number: int = request.param
    monkeypatch.setattr(machine, "cores", lambda: number)
    return number


def test_the_cores_are_those_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {3, 5})
    assert cores() == 2


def test_where_no_process_is_bound_all_cores_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert cores() == 64
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


def test_what_is_made_side_by_side_comes_in_order(some_cores: int) -> None:
    assert side_by_side(str, list(range(40))) == [str(at) for at in range(40)]
    assert side_by_side(str, []) == []


def test_as_many_are_at_work_as_there_are_cores_up_to_four(some_cores: int) -> None:
    most, busy, turn = 0, 0, threading.Lock()
    together = threading.Barrier(min(some_cores, 4), timeout=30)  # however late a thread starts

    def work(_at: int) -> None:
        nonlocal most, busy
        with turn:
            busy += 1
            most = max(most, busy)
        together.wait()
        with turn:
            busy -= 1

    side_by_side(work, range(20))
    assert most == min(some_cores, 4)


def test_what_holds_where_it_is_asked_holds_in_each(some_cores: int) -> None:
    told = ContextVar("told", default="nothing")
    told.set("the span around it")
    assert set(side_by_side(lambda _at: told.get(), range(6))) == {"the span around it"}


def test_an_error_ends_it_and_what_has_not_begun_never_does(some_cores: int) -> None:
    begun: list[int] = []

    def fail(at: int) -> None:
        begun.append(at)
        time.sleep(0.01)
        raise KeyError(at)

    with pytest.raises(KeyError):
        side_by_side(fail, range(200))
    assert len(begun) < 100


def test_an_encoder_in_turn_is_asked_by_one_thread_at_a_time() -> None:
    class Alone(FakeEncoder):
        def encode(self, texts: Sequence[str], progress: object = None) -> list[NDArray[float32]]:
            assert busy.acquire(blocking=False), "two threads at once"
            time.sleep(0.005)
            busy.release()
            return super().encode(texts)

    busy, plain = threading.Lock(), FakeEncoder(8)
    encoder = EncoderInTurn(Alone(8))
    made: list[list[NDArray[float32]]] = []
    threads = [
        threading.Thread(target=lambda at=at: made.append(encoder.encode([f"text {at}"])))
        for at in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert encoder.info() == plain.info()

"""The ticks: they come, they survive failures, they end."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from service.errors import StoreBusyError
from service.worker import jobs, loop
from service.worker.stopping import Stopped
from tests.fakes import FakeHolding

if TYPE_CHECKING:
    from collections.abc import Callable


class App:
    """What the loop needs of an app."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.made = False
        self.listening: list[bool] = []
        self.holding = FakeHolding()

    def make_parts(self) -> None:
        self.made = True

    def listen(self) -> None:
        self.listening.append(True)

    def hang_up(self) -> None:
        self.listening.append(False)


def raising(error: BaseException) -> Callable[[object], bool]:
    def poll(_app: object) -> bool:
        raise error

    return poll


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StoreBusyError("database", "is locked"), "poll: database: is locked"),
        (ZeroDivisionError("oops"), "poll: unexpected failure"),
        (Stopped(), "poll: stopped"),
    ],
)
def test_a_failing_tick_is_told_and_the_worker_lives(
    error: BaseException, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    loop.tick(raising(error), App())  # type: ignore[arg-type]
    assert told in caplog.text


def test_ticks_come_at_once_and_again_and_the_end_waits_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = App()
    begun = dict.fromkeys(loop.TICKS, 0)
    ended = dict(begun)

    def job(name: str) -> Callable[[object], bool]:
        def work(_app: object) -> bool:
            begun[name] += 1
            if begun["deliver"] == 2:
                app.stop.set()
            time.sleep(0.02)
            ended[name] += 1
            return True

        return work

    for name in loop.TICKS:
        monkeypatch.setattr(jobs, name, job(name))
    loop.run(app, {"poll": 60, "digests": 60, "deliver": 0.1})  # type: ignore[arg-type]
    assert app.made, "parts are made before threads could each make their own"
    assert app.listening == [True, False]
    assert begun["poll"] == begun["digests"] == 1
    assert begun["deliver"] >= 2
    assert begun == ended
    assert app.holding.programs == [jobs.PROGRAM, "over"]
    assert len(app.holding.did) == sum(begun.values())


def test_a_tick_that_takes_long_is_not_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    app, active, most = App(), [0], [0]

    def deliver(_app: object) -> bool:
        active[0] += 1
        most[0] = max(most[0], active[0])
        time.sleep(0.3)
        active[0] -= 1
        return True

    monkeypatch.setattr(jobs, "deliver", deliver)
    threading.Timer(0.7, app.stop.set).start()
    loop.run(app, {"deliver": 0.05})  # type: ignore[arg-type]
    assert most == [1]

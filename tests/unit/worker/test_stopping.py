"""Ending on request, in waits, between batches, and by force."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from service.clock import Clock
from service.records import EncoderInfo
from service.worker.stopping import StoppableEncoder, Stopped, signals, stoppable_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def test_a_wait_ends_at_once_when_the_end_is_asked_for() -> None:
    stop = threading.Event()
    clock = stoppable_clock(Clock(), stop)
    threading.Timer(0.05, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Stopped):
        clock.sleep(30)
    assert time.monotonic() - began < 5


def test_a_wait_that_nobody_ends_is_slept() -> None:
    stoppable_clock(Clock(), threading.Event()).sleep(0.001)


def test_no_handler_of_failures_swallows_the_end() -> None:
    assert not issubclass(Stopped, Exception)


class FourAtATime:
    """An encoder that reports after every fourth text."""

    def __init__(self) -> None:
        self.encoded = 0

    def info(self) -> EncoderInfo:
        return EncoderInfo("four", "1", "t1", 2, "float32")

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Any:
        for start in range(0, len(texts), 4):
            self.encoded += len(texts[start : start + 4])
            if progress:
                progress(len(texts[start : start + 4]))
        return [np.ones((1, 2), dtype=np.float32) for _ in texts]


def test_embedding_ends_between_two_batches() -> None:
    stop, inner = threading.Event(), FourAtATime()
    told: list[int] = []

    def progress(done: int) -> None:
        told.append(done)
        stop.set()

    with pytest.raises(Stopped):
        StoppableEncoder(inner, stop).encode(["text"] * 40, progress)
    assert inner.encoded == 8
    assert told == [4]


def test_embedding_is_as_it_was_otherwise() -> None:
    encoder = StoppableEncoder(FourAtATime(), threading.Event())
    assert len(encoder.encode(["text"] * 5)) == 5
    assert encoder.info().name == "four"


def test_a_signal_asks_for_the_end_and_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = threading.Event()
    with signals(stop, 0):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(5)
    assert signal.getsignal(signal.SIGTERM) is before


BUSY = """
import sys, threading, time
from service.worker import stopping
stopping.GRACE = float(sys.argv[1])
with stopping.signals(threading.Event(), 7):
    threading.Thread(target=time.sleep, args=(60,)).start()
    print("busy", flush=True)
    time.sleep(60)
"""


def busy(grace: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY, str(grace)],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "busy\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once_whatever_threads_do(number: signal.Signals) -> None:
    process = busy(30)
    process.send_signal(number)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(number)
    process.communicate(timeout=10)
    assert process.returncode == 128 + number


def test_a_signal_is_heard_where_the_lock_of_the_wait_is_held() -> None:
    """A wait that begins or ends holds it; whoever interrupts that place must not ask for it."""
    stop = threading.Event()
    with signals(stop, 0):
        with stop._cond:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGTERM)
        assert stop.wait(5)


def test_other_signals_ask_for_no_end() -> None:
    stop = threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with signals(stop, 0):
            signal.raise_signal(signal.SIGUSR1)
            assert not stop.wait(0.1)
    finally:
        signal.signal(signal.SIGUSR1, before)


LOGGING = """
import logging, signal, sys, threading, time
from service.worker import stopping
held = logging.StreamHandler(sys.stderr)
held.acquire() if sys.argv[1] == "held" else None
def reentrant(): raise RuntimeError("reentrant call inside <_io.BufferedWriter>")
if sys.argv[1] == "refuses": logging.shutdown = reentrant
stop = threading.Event()
stop.set()
with stopping.signals(stop, 7):
    signal.raise_signal(signal.SIGTERM)
    time.sleep(60)
"""


@pytest.mark.parametrize("how", ["refuses", "held"])
def test_a_log_that_cannot_be_closed_does_not_hold_up_the_end(how: str) -> None:
    """T35. A signal may come while a line is being written: the stream then refuses to be used, or
    whoever writes keeps it."""
    ended = subprocess.run(
        [sys.executable, "-c", LOGGING, how],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 128 + signal.SIGTERM


def test_work_that_does_not_end_is_left_when_the_grace_is_over() -> None:
    process = busy(0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 7

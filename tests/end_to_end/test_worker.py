"""The worker as processes over one archive: on time, together, ended, killed."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from tests.command_line import MONDAY, Litwatch, replayed, spawned
from tests.fake_slack import FakeSlack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.demo.server import ReplayServer

TICKS = {"poll": 60, "digests": 60, "deliver": 0.5}
LAB = {"name": "lab", "channel": "slack", "destination": "C0123456789", "zone": "UTC"}


class SlowSlack(FakeSlack):
    """Keeps a post for `pause` seconds before it answers."""

    pause = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def post(self, message: dict[str, Any]) -> dict[str, Any]:
        self.asked.set()
        time.sleep(self.pause)
        return super().post(message)


@pytest.fixture
def slack() -> Iterator[SlowSlack]:
    with SlowSlack() as fake:
        yield fake


@pytest.fixture
def lab(tmp_path: Path, upstreams: ReplayServer, slack: SlowSlack) -> Litwatch:
    """An archive whose subscription to Slack was made on the day before its first digest."""
    more = {"subscriptions": [LAB], "slack": {"token": "xoxb-test", "base_url": slack.url}}
    litwatch = Litwatch(replayed(tmp_path, upstreams, **more), standing(MONDAY - timedelta(days=1)))
    assert litwatch("init") == 0
    return replace(litwatch, clock=standing(MONDAY))


def rows(litwatch: Litwatch, statement: str) -> list[tuple[Any, ...]]:
    file = litwatch.settings["database"]["url"].removeprefix("sqlite:///")
    connection = sqlite3.connect(file)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def later(litwatch: Litwatch, **amount: float) -> Litwatch:
    return replace(litwatch, clock=standing(litwatch.clock.now() + timedelta(**amount)))


def no_sources(litwatch: Litwatch) -> None:
    """For tests of the schedule alone."""
    for source in litwatch.settings["sources"].values():
        source["enabled"] = False


# -- on time --------------------------------------------------------------------------------------


def test_a_round_polls_makes_the_digest_and_sends_it_once(lab: Litwatch, slack: SlowSlack) -> None:
    assert lab("run", "--once") == 0
    posts = len(slack.posts)
    assert posts
    assert lab("run", "--once") == 0
    assert len(slack.posts) == posts
    assert rows(lab, "SELECT period FROM digest") == [("UTC:2026-W47",)]


def test_weeks_that_were_missed_come_as_one_digest(lab: Litwatch, slack: SlowSlack) -> None:
    no_sources(lab)
    lab("run", "--once")
    for _ in range(2):
        assert later(lab, days=24)("run", "--once") == 0
    periods = [period for (period,) in rows(lab, "SELECT period FROM digest ORDER BY frozen_at")]
    assert periods == ["UTC:2026-W47", "UTC:2026-W50"]


@pytest.mark.parametrize("day", ["2026-10-25", "2026-03-29"], ids=["twice", "never"])
def test_a_time_that_comes_twice_or_never_gives_one_digest(lab: Litwatch, day: str) -> None:
    no_sources(lab)
    summer = {"weekday": "sunday", "at": "02:30", "zone": "Europe/Berlin"}
    lab.settings["subscriptions"] = [LAB | summer | {"name": "night"}]
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=2)
    for quarter in range(25):
        now = replace(lab, clock=standing(start + timedelta(minutes=15 * quarter)))
        assert now("digest", "send") == 0
    assert len(rows(lab, "SELECT id FROM digest WHERE subscription = 'night'")) == 1


def test_two_workers_make_one_digest_and_send_it_once(lab: Litwatch, slack: SlowSlack) -> None:
    slack.pause = 0.2
    assert lab("poll") == 0
    workers = [spawned(lab, "run", "--once") for _ in range(3)]
    for worker in workers:
        _, err = worker.communicate(timeout=60)
        assert worker.returncode == 0, err
    assert len(rows(lab, "SELECT id FROM digest")) == 1
    [(parts,)] = rows(lab, "SELECT max(parts) FROM delivery")
    assert len(slack.posts) == parts
    assert {state for (state,) in rows(lab, "SELECT state FROM delivery")} == {"sent"}


# -- ended ----------------------------------------------------------------------------------------


class Hanging(ThreadingHTTPServer):
    """Takes a request and answers after `seconds`, with nothing of use."""

    daemon_threads = True

    def __init__(self, seconds: float) -> None:
        self.seconds, self.asked, self.over = seconds, threading.Event(), threading.Event()
        super().__init__(("127.0.0.1", 0), _Hanging)

    def handle_error(self, *_: object) -> None:
        """The client has gone: that is the point."""


class _Hanging(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Hanging)
        server.asked.set()
        server.over.wait(server.seconds)
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    with Hanging(60) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def ended(litwatch: Litwatch, event: threading.Event, hook: str = "") -> tuple[int, str, float]:
    """Start the worker, send SIGTERM once `event` is set: status, log, seconds to the end."""
    litwatch.settings["log"] = {"level": "info"}
    hook = f"from service.worker import loop; loop.run.__defaults__ = ({TICKS},)\n{hook}"
    worker = spawned(litwatch, "run", hook=hook)
    assert event.wait(30), worker.communicate(timeout=1)
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=40)
    return worker.returncode, err, time.monotonic() - began


def test_a_source_that_waits_between_tries_does_not_delay_the_end(
    lab: Litwatch, hanging: Hanging
) -> None:
    hanging.seconds = 0.1
    no_sources(lab)
    address = {"base_url": f"http://127.0.0.1:{hanging.server_port}", "enabled": True}
    lab.settings["sources"]["biorxiv"] = address
    lab.settings["http"]["tries"] = 10
    status, log, seconds = ended(lab, hanging.asked)
    assert (status, seconds < 10) == (0, True), log
    assert "Traceback" not in log
    assert "poll: stopped" in log
    assert rows(lab, "SELECT failures FROM source") == [(0,)]
    held = rows(lab, "SELECT name, holder FROM claim ORDER BY name")
    assert ("poll biorxiv", None) in held
    assert {holder for _, holder in held} == {None}
    assert rows(lab, "SELECT * FROM worker") == []


def test_a_source_that_hangs_is_left_when_the_grace_is_over(
    lab: Litwatch, hanging: Hanging
) -> None:
    no_sources(lab)
    address = {"base_url": f"http://127.0.0.1:{hanging.server_port}", "enabled": True}
    lab.settings["sources"]["biorxiv"] = address
    hook = "from service.worker import stopping; stopping.GRACE = 1.0"
    status, log, seconds = ended(lab, hanging.asked, hook)
    assert (status, seconds < 15) == (0, True), log
    assert "still busy" in log


def test_a_delivery_under_way_is_brought_to_its_end(lab: Litwatch, slack: SlowSlack) -> None:
    assert lab("poll") == 0
    slack.pause = 1.5
    status, log, _ = ended(lab, slack.asked)
    assert status == 0, log
    states = Counter(state for (state,) in rows(lab, "SELECT state FROM delivery"))
    assert states["sent"] == len(slack.posts) == 1
    assert set(states) <= {"sent", "ready"}


SLOW_MODEL = """
import time, pathlib
import numpy as np
from service.embedding.encoder import SentenceTransformerEncoder as E
from service.records import EncoderInfo
def encode(self, texts, progress):
    pathlib.Path({mark!r}).touch()
    for _ in texts:
        time.sleep(0.5)
        progress(1)
    return [np.ones((1, 2), dtype="f4") for _ in texts]
E.info = lambda self: EncoderInfo("slow", "1", "t1", 2, "float32")
E.encode = encode
"""


def test_embedding_ends_between_batches(lab: Litwatch, tmp_path: Path) -> None:
    assert lab("poll") == 0
    mark, event = tmp_path / "embedding", threading.Event()

    def watch() -> None:
        while not mark.exists():
            time.sleep(0.02)
        event.set()

    threading.Thread(target=watch, daemon=True).start()
    status, log, seconds = ended(lab, event, SLOW_MODEL.format(mark=str(mark)))
    assert (status, seconds < 10) == (0, True), log
    assert "Traceback" not in log


# -- killed ---------------------------------------------------------------------------------------

KILLS = 2


def works(litwatch: Litwatch) -> set[tuple[Any, ...]]:
    return set(rows(litwatch, "SELECT DISTINCT source, source_id, version FROM record"))


@pytest.mark.slow
def test_a_worker_killed_anywhere_loses_nothing_and_repeats_nothing(
    tmp_path: Path, upstreams: ReplayServer
) -> None:
    """SIGKILL at seeded moments of poll -> digest -> deliver, then rounds as a restart makes."""
    reference, seconds = _uninterrupted(tmp_path / "reference", upstreams)
    dice = random.Random(20261116)
    for number in range(KILLS):
        # Evenly over the round, with a random shift: no moment is left out for long.
        moment = seconds * (0.15 + 0.85 * (number + dice.random()) / KILLS)
        _killed(tmp_path / f"killed-{number}", upstreams, moment, reference)


def _fresh(folder: Path, upstreams: ReplayServer, slack: FakeSlack) -> Litwatch:
    folder.mkdir()
    more = {"subscriptions": [LAB], "slack": {"token": "xoxb-test", "base_url": slack.url}}
    litwatch = Litwatch(replayed(folder, upstreams, **more), standing(MONDAY - timedelta(days=1)))
    assert litwatch("init") == 0
    return replace(litwatch, clock=standing(MONDAY))


def _uninterrupted(folder: Path, upstreams: ReplayServer) -> tuple[set[tuple[Any, ...]], float]:
    with SlowSlack() as slack:
        slack.pause = 0.3
        litwatch = _fresh(folder, upstreams, slack)
        began = time.monotonic()
        worker = spawned(litwatch, "run", "--once")
        _, err = worker.communicate(timeout=60)
        seconds = time.monotonic() - began
        assert worker.returncode == 0, err
        assert slack.posts
    return works(litwatch), seconds


def _killed(
    folder: Path, upstreams: ReplayServer, moment: float, reference: set[tuple[Any, ...]]
) -> None:
    with SlowSlack() as slack:
        slack.pause = 0.3
        litwatch = _fresh(folder, upstreams, slack)
        worker = spawned(litwatch, "run", "--once")
        time.sleep(moment)
        worker.kill()
        worker.communicate(timeout=30)
        time.sleep(0.4)  # a post that Slack had taken is shown, whoever asked
        slack.pause = 0.0
        for hours in (3, 4):  # claims and leases of the dead have run out
            assert later(litwatch, hours=hours)("run", "--once") == 0, f"killed at {moment:.2f} s"
        told = f"killed at {moment:.2f} s"
        assert works(litwatch) >= reference, told
        digests = rows(litwatch, "SELECT window_lo, window_hi FROM digest")
        assert len(digests) == 1, told
        parts = rows(litwatch, "SELECT part, state FROM delivery ORDER BY part")
        assert {state for _, state in parts} == {"sent"}, f"{told}: {parts}"
        assert len(slack.posts) == len(parts), told
    shutil.rmtree(folder)

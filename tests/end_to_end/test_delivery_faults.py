"""The database fails, or a worker is suspended, at every point of freezing and delivering."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from service.clock import Clock
from service.delivery.sending import deliver
from service.delivery.slack import SlackChannel
from service.digest.render import SlackRenderer
from service.errors import StoreError
from service.records import DeliveryState
from service.store import Store, StoredOutbox
from tests import databases
from tests.offices import LEASE as LONG_LEASE
from tests.offices import ROOM, Office, TimedSlack, seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    Act = Callable[[Connection], None]

WORKS = 10  # a digest of two parts
SENT = DeliveryState.SENT


@pytest.fixture
def slack() -> Iterator[TimedSlack]:
    with TimedSlack() as server:
        yield server


def work(office: Office) -> None:
    """What a worker does when it starts: make the digest that is due, empty the outbox."""
    if not office.lines():
        office.freeze(SlackRenderer(), ROOM, works=WORKS)
    office.round()


def restarted(office: Office) -> None:
    """Work again, later and later: leases run out, looks come due."""
    for seconds in (0, 121, 31, 301, 301):
        office.time.pass_time(seconds=seconds)
        work(office)


@contextmanager
def nth(engine: Engine, number: int, act: Act) -> Iterator[list[int]]:
    """Do `act` before the `number`-th statement or commit; yields how many there were."""
    done = [0]

    def step(connection: Connection, *_: Any) -> None:
        done[0] += 1
        if done[0] == number:
            act(connection)

    for name in ("before_cursor_execute", "commit"):
        event.listen(engine, name, step)
    try:
        yield done
    finally:
        for name in ("before_cursor_execute", "commit"):
            event.remove(engine, name, step)


@contextmanager
def nth_commit_unanswered(engine: Engine, number: int) -> Iterator[list[int]]:
    """The `number`-th commit is done, and reported as failed."""
    done, commit = [0], engine.dialect.do_commit

    def committed(connection: Any) -> None:
        commit(connection)
        done[0] += 1
        if done[0] == number:
            raise sqlite3.OperationalError("the answer was lost")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.dialect, "do_commit", committed)
        yield done


def failing(_: Connection) -> None:
    raise OperationalError("statement", {}, sqlite3.OperationalError("disk I/O error"))


@contextmanager
def nth_terminated(engine: Engine, number: int) -> Iterator[list[int]]:
    """The server ends the connection before the `number`-th call, as an administrator may."""
    ended: list[Any] = []

    def terminate(connection: Connection) -> None:
        ended.append(connection.connection.dbapi_connection)
        process = ended[0].info.backend_pid
        with engine.connect() as other:
            other.execute(text(f"SELECT pg_terminate_backend({process}, 5000)"))

    with nth(engine, number, terminate) as done:
        yield done
    for connection in ended:
        connection.close()  # the pool has let go of it


def survives(
    kind: str,
    folder: Path,
    slack: TimedSlack,
    fault: Callable[[Engine, int], AbstractContextManager[list[int]]],
) -> int:
    """Break one run at its first, second, ... call until one runs through; each must end, after
    a restart, as a run without a fault does. Returns how many calls there are."""
    for number in count(1):
        slack.posts.clear()
        for engine in databases.migrated(kind, folder):
            office = Office(engine)
            slack.time = office.time
            office.channels["slack"] = SlackChannel("xoxb-test", base_url=slack.url, timeout=3)
            calls, broken = broken_run(office, fault(engine, number))
            restarted(office)
            told = f"call {number}: {office.lines()}"
            assert office.states() == [SENT, SENT], told
            assert seen(slack) == [line.id for line in office.lines()], told
            assert slack.posts[1]["thread_ts"] == slack.posts[0]["ts"], told
        assert broken == (calls >= number), "a fault that nobody sees shows nothing"
        if not broken:
            return calls
    raise AssertionError("never came through")


def broken_run(office: Office, fault: AbstractContextManager[list[int]]) -> tuple[int, bool]:
    """One run under a fault: how many calls it made, and whether it ended in an error."""
    with fault as calls:
        try:
            work(office)
        except StoreError:
            return calls[0], True
    return calls[0], False


def test_whichever_call_to_the_database_fails_all_is_sent_once(
    tmp_path: Path, slack: TimedSlack
) -> None:
    """T32, T50."""
    calls = survives("sqlite", tmp_path, slack, lambda engine, n: nth(engine, n, failing))
    assert calls > 30, "freezing and delivering take more calls than that"


def test_whichever_commit_is_not_answered_all_is_sent_once(
    tmp_path: Path, slack: TimedSlack
) -> None:
    """T32. It is committed all the same: what was not believed is found on the next round."""
    commits = survives("sqlite", tmp_path, slack, nth_commit_unanswered)
    assert commits > 6


@pytest.mark.slow
def test_whenever_the_server_ends_the_connection_all_is_sent_once(
    tmp_path: Path, slack: TimedSlack
) -> None:
    """T29."""
    calls = survives("postgresql", tmp_path, slack, nth_terminated)
    assert calls > 30


# -- suspended workers ----------------------------------------------------------------------------

_SUSPENDED = """
import os, signal, sys
from datetime import timedelta
from service.delivery.sending import deliver
from service.delivery.slack import SlackChannel
from service.store import Store, StoredOutbox, engine

class Suspended(StoredOutbox):
    def claim(self, now):
        taken = super().claim(now)
        if taken is not None:
            os.kill(os.getpid(), signal.SIGSTOP)
        return taken

url, slack = sys.argv[1:]
outbox = Suspended(Store(engine.create(url)), "sleeper", {"slack": timedelta(seconds=LEASE)})
done = deliver(outbox, {"slack": SlackChannel("xoxb-test", base_url=slack)})
print(*(change.state for _, change in done))
"""
LEASE = 2.0  # seconds of real time


@pytest.fixture(params=databases.KINDS)
def office(request: pytest.FixtureRequest, tmp_path: Path, slack: TimedSlack) -> Iterator[Office]:
    """One digest of one part to be sent, at the real time."""
    for engine in databases.migrated(request.param, tmp_path):
        made = Office(engine)
        made.time.at = Clock().now()
        slack.time = made.time
        made.channels["slack"] = SlackChannel("xoxb-test", base_url=slack.url, timeout=3)
        made.freeze(SlackRenderer(), ROOM)
        yield made


@pytest.fixture
def suspended(office: Office, slack: TimedSlack) -> Iterator[subprocess.Popen[str]]:
    """A worker that has claimed the delivery, and was stopped there and then (SIGSTOP)."""
    url = office.engine.url.render_as_string(hide_password=False)
    worker = subprocess.Popen(
        [sys.executable, "-c", _SUSPENDED.replace("LEASE", str(LEASE)), url, slack.url],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    _, status = os.waitpid(worker.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    yield worker
    worker.kill()
    worker.communicate()


def went_on(worker: subprocess.Popen[str]) -> list[str]:
    """Let a suspended worker go on to its end; what it thinks its deliveries came to."""
    worker.send_signal(signal.SIGCONT)
    out, _ = worker.communicate(timeout=30)
    return out.split()


def test_a_worker_suspended_past_its_lease_sends_nothing_any_more(
    office: Office, slack: TimedSlack, suspended: subprocess.Popen[str]
) -> None:
    """T40. Others have looked, found nothing, and sent it; the sleeper wakes, and must not."""
    assert office.round(after=3600) == [DeliveryState.UNKNOWN]
    assert office.round(after=31) == [DeliveryState.RETRY, SENT]
    before = office.lines()
    assert went_on(suspended) == ["retry"]
    assert office.lines() == before
    assert len(slack.posts) == 1
    assert office.events()[-1].startswith("too late, not applied: not sent")


def test_a_worker_suspended_for_half_its_lease_gives_its_delivery_back(
    office: Office, slack: TimedSlack, suspended: subprocess.Popen[str]
) -> None:
    """T40. A call that began now could outlast the lease; as nothing went out, nothing is in
    doubt, and the next worker sends it."""
    time.sleep(LEASE / 2)
    assert went_on(suspended) == ["retry"]
    assert not slack.posts
    assert office.round(after=60) == [SENT]
    [line] = office.lines()
    assert (len(slack.posts), line.attempt, line.resends) == (1, 2, 0)


def test_a_worker_suspended_for_a_moment_goes_on(
    office: Office, slack: TimedSlack, suspended: subprocess.Popen[str]
) -> None:
    assert went_on(suspended) == ["sent"]
    assert len(slack.posts) == 1
    assert office.round(after=3600) == []


def test_a_jump_of_the_clock_between_claiming_and_sending_sends_nothing_late(
    office: Office, slack: TimedSlack
) -> None:
    """T45, T43. An hour forward looks like an hour's suspension; backward like no time at all."""
    start, jumps = office.time.at, iter([0, 0, 3600])  # at tidying, at claiming, and then

    class Jumping(Store):
        def now(self) -> datetime:
            office.time.pass_time(seconds=next(jumps, 0))
            return office.time.at

    outbox = StoredOutbox(Jumping(office.engine), "one", {"slack": LONG_LEASE})
    [(_, change)] = deliver(outbox, office.channels)
    assert (change.state, slack.posts) == (DeliveryState.RETRY, [])
    office.time.at = start - timedelta(hours=1)
    assert office.round() == []
    office.time.at = start
    assert office.round(after=7200) == [SENT]
    assert len(slack.posts) == 1

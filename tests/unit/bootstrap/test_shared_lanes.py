"""Which book of lanes a process has, and by what time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.bootstrap import App, build
from service.clock import Clock, going, standing
from service.config import Settings
from service.errors import SchemaError, StoreBusyError, ThrottledError, TransientError
from service.records.lanes import LaneState
from service.store import lanes as stored_lanes
from tests import databases
from tests.fault_server import FakeTime, reply, serving
from tests.lane_visitor import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.fault_server import FaultServer

NAME = "example.org"
RESTING = LaneState(ready_in=100.0)


@pytest.fixture
def wired(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Makes the app of another process over the same archive."""
    made: list[App] = []

    def wire(clock: Clock | None = None, **more: Any) -> App:
        told = settings(f"sqlite:///{tmp_path}/litwatch.db")
        told["http"] |= more
        made.append(build(Settings.model_validate(told), clock))
        return made[-1]

    yield wire
    for app in made:
        app.close()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[None]:
    """The archive is there."""
    for engine in databases.migrated("sqlite", tmp_path):
        engine.dispose()
        yield


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as running:
        yield running


def rest(app: App, name: str = NAME) -> float:
    return app.lanes.look(name).ready_in


def fetched(app: App, url: str) -> object:
    return app.http.fetch(url, read=lambda response: response.body)


# -- which book -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("archive")
def test_what_one_process_is_told_another_knows(
    wired: Callable[..., App], server: FaultServer
) -> None:
    url = server.script("/a", reply(429, b"", {"Retry-After": "7000"}))
    with pytest.raises(ThrottledError):
        fetched(wired(), url)
    with pytest.raises(ThrottledError, match="asked us to wait"):
        fetched(wired(), server.script("/b", reply()))
    assert len(server.requests) == 1


def test_without_an_archive_a_process_keeps_a_book_of_its_own(
    wired: Callable[..., App], server: FaultServer, tmp_path: Path
) -> None:
    app = wired()
    assert fetched(app, server.script("/a", reply(200, b"good"))) == b"good"
    assert rest(app, "127.0.0.1") > -60
    assert wired().lanes.look("127.0.0.1") == LaneState()
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_is_made_later_is_used_from_then_on(wired: Callable[..., App]) -> None:
    app, other = wired(), wired()
    app.lanes.change(NAME, lambda _: (RESTING, None))
    assert rest(other) <= 0
    app.upgrade()
    app.lanes.change(NAME, lambda _: (RESTING, None))
    assert rest(other) > 90


@pytest.mark.usefixtures("archive")
def test_processes_are_told_apart(wired: Callable[..., App]) -> None:
    first, second = wired(), wired()
    assert first.lanes.me == first.owner
    assert first.lanes.me != second.lanes.me


# -- an archive that cannot be used -----------------------------------------------------------------


@pytest.mark.usefixtures("archive")
def test_where_the_archive_is_locked_nothing_is_sent(
    wired: Callable[..., App], server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_lanes, "_BUSY_MS", 20)
    app = wired()
    url = server.script("/a", reply(200, b"good"))
    with app.store.writing(), pytest.raises(TransientError, match="cannot be told") as caught:
        fetched(app, url)
    assert isinstance(caught.value.__cause__, StoreBusyError)
    assert server.requests == []
    assert fetched(app, url) == b"good"


@pytest.mark.usefixtures("archive")
def test_where_the_archive_is_broken_nothing_is_sent(
    wired: Callable[..., App], server: FaultServer, tmp_path: Path
) -> None:
    for file in tmp_path.iterdir():
        file.write_bytes(b"not a database" * 1000)
    with pytest.raises(TransientError, match="cannot be told") as caught:
        fetched(wired(), server.script("/a", reply()))
    assert not isinstance(caught.value.__cause__, SchemaError)
    assert server.requests == []


# -- time -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("archive")
def test_a_clock_that_was_put_in_beats_the_databases(wired: Callable[..., App]) -> None:
    time = FakeTime()
    first, second = wired(time.clock()), wired(time.clock())
    first.lanes.change(NAME, lambda _: (RESTING, None))
    time.sleep(40.0)
    assert rest(second) == 60.0


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("clock", [standing, going])
def test_a_wait_ends_where_the_clock_stands_too(
    wired: Callable[..., App], clock: Callable[..., Clock]
) -> None:
    time = FakeTime()
    app = wired(replace(clock(time.now()), monotonic=time.monotonic))
    app.lanes.change(NAME, lambda _: (RESTING, None))
    time.sleep(60.0)
    assert rest(app) == pytest.approx(40.0, abs=5.0)


@pytest.mark.usefixtures("archive")
def test_a_clock_that_jumps_takes_the_lanes_with_it(wired: Callable[..., App]) -> None:
    time, standing_still = FakeTime(), 0.0
    app = wired(replace(time.clock(), monotonic=lambda: standing_still))
    app.lanes.change(NAME, lambda _: (RESTING, None))
    time.sleep(timedelta(days=7).total_seconds())
    assert rest(app) < 0

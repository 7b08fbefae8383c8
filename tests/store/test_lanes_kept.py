"""Hosts' turns in the archive: what one process writes all see, by the database's time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text, update

from service.clock import Clock
from service.errors import SchemaError, StoreBusyError
from service.records.lanes import LaneState, Queued
from service.sources import pacing
from service.store import dialect
from service.store import engine as engines
from service.store import lanes as lanes_module
from service.store.lanes import StoredLanes
from service.store.schema_work import LaneRow
from tests import databases
from tests.fault_server import FakeTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service.store import Store

NAME = "example.org"
FULL = LaneState(3.5, 2.0, "a", 70.0, 4, (Queued("b", 12.25), Queued("c d", 9.0)))

Open = "Callable[..., StoredLanes]"


@pytest.fixture
def book(store: Store) -> Iterator[Open]:
    """Makes books over the archive, each as another process would."""
    yield from opening(store)


@pytest.fixture
def sqlite_book(sqlite_store: Store) -> Iterator[Open]:
    yield from opening(sqlite_store)


def opening(store: Store) -> Iterator[Open]:
    url = store.engine.url.render_as_string(hide_password=False)
    opened: list[StoredLanes] = []

    def open_one(me: str = "a", now: Callable[[], datetime] | None = None) -> StoredLanes:
        opened.append(StoredLanes(url, me, now))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


def put(book: StoredLanes, state: LaneState, name: str = NAME) -> None:
    book.change(name, lambda _: (state, None))


def taken(book: StoredLanes) -> int | None:
    def take(state: LaneState) -> tuple[LaneState, int | None]:
        after, wait = pacing.take(state, book.me, 1.0, 70.0)
        return after, after.turn if wait is None else None

    return book.change(NAME, take)


# -- what is kept -----------------------------------------------------------------------------------


def test_a_lane_that_nobody_has_seen_is_free(book: Open) -> None:
    first = book()
    assert first.look(NAME) == LaneState()
    before = first.change(NAME, lambda state: (state, state))
    assert (before.holder, before.queue, before.turn, before.slowdown) == ("", (), 0, 1.0)
    assert before.ready_in <= 0


def test_all_see_what_one_has_written_as_time_passes(book: Open) -> None:
    time = FakeTime()
    put(book("a", time.now), FULL)
    other = book("b", time.now)
    assert other.look(NAME) == FULL
    time.sleep(1.5)
    assert other.look(NAME) == FULL.after(1.5)
    assert other.change(NAME, lambda state: (state, state)) == FULL.after(1.5)
    assert other.look("elsewhere.org") == LaneState()


@pytest.mark.parametrize("seconds", [0.0, 1e-6, 0.34, 59.999999, 86_400.0])
def test_a_rest_is_kept_to_the_microsecond(book: Open, seconds: float) -> None:
    time = FakeTime()
    put(book("a", time.now), LaneState(ready_in=seconds))
    assert book("b", time.now).look(NAME).ready_in == pytest.approx(seconds, abs=1e-6)


def test_what_a_step_makes_counts_from_when_it_was_made(book: Open) -> None:
    """A step that takes its time (a process that is put to sleep in it) makes no rest shorter."""
    time = FakeTime()
    first = book("a", time.now)

    def slow(_: LaneState) -> tuple[LaneState, None]:
        time.sleep(5.0)
        return LaneState(ready_in=3.0), None

    first.change(NAME, slow)
    assert first.look(NAME).ready_in == 3.0


def test_a_step_that_fails_changes_nothing(book: Open) -> None:
    time = FakeTime()
    first = book("a", time.now)
    put(first, FULL)
    with pytest.raises(ZeroDivisionError):
        first.change(NAME, lambda state: (LaneState(), 1 / int(state.turn - 4)))
    assert first.look(NAME) == FULL


def test_what_does_not_change_is_not_written(book: Open, store: Store) -> None:
    first = book()
    put(first, FULL)
    before = changed_at(store)
    first.change(NAME, lambda state: (state, None))
    first.look(NAME)
    assert changed_at(store) == before


def changed_at(store: Store) -> datetime:
    with store.engine.connect() as connection:
        return connection.execute(select(LaneRow.changed_at)).scalar_one()


@pytest.mark.parametrize("name", ["xn--bcher-kva.example", "host\x00name", "a" * 300, "'; --"])
def test_any_name_is_a_lane_of_its_own(book: Open, name: str) -> None:
    time = FakeTime()
    first = book("a", time.now)
    put(first, LaneState(ready_in=9.0), name)
    assert first.look(name).ready_in == 9.0
    assert first.look(NAME) == LaneState()


# -- one at a time ----------------------------------------------------------------------------------


def test_of_many_who_ask_at_once_one_has_the_turn(book: Open) -> None:
    books = [book(f"process-{number}") for number in range(6)]
    start, had = threading.Barrier(6), []

    def ask(each: StoredLanes) -> None:
        start.wait(timeout=30)
        if taken(each) is not None:
            had.append(each.me)

    threads = [threading.Thread(target=ask, args=(each,)) for each in books]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    state = books[0].look(NAME)
    assert had == [state.holder]
    assert {each.name for each in state.queue} == {each.me for each in books} - {state.holder}


def test_no_change_is_lost_where_many_are_made_at_once(book: Open) -> None:
    books = [book(f"process-{number}") for number in range(4)]

    def count(each: StoredLanes) -> None:
        for _ in range(10):
            each.change(NAME, lambda state: (LaneState(turn=state.turn + 1), None))

    threads = [threading.Thread(target=count, args=(each,)) for each in books]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert books[0].look(NAME).turn == 40


# -- time -------------------------------------------------------------------------------------------


def test_lanes_are_kept_by_the_databases_clock(
    book: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process whose own clock is wrong neither waits for ever nor asks too early."""
    put(book("a"), LaneState(ready_in=100.0))
    wrong = Clock(now=lambda: datetime.now(UTC) + timedelta(days=3))
    if store.engine.dialect.name == "postgresql":
        monkeypatch.setattr(dialect, "Clock", lambda: wrong)
    assert 0 < book("b").look(NAME).ready_in <= 100.0


def test_a_clock_that_was_set_back_leaves_a_lane_as_it_was_then(book: Open) -> None:
    """A rest is neither forgotten nor an hour longer; and time goes on from there."""
    time = FakeTime()
    first = book("a", time.now)
    put(first, FULL)
    early = FakeTime(time.now() - timedelta(hours=1))
    second = book("b", early.now)
    assert second.look(NAME) == FULL
    second.change(NAME, lambda state: (state, None))
    early.sleep(2.0)
    assert second.look(NAME) == FULL.after(2.0)


def test_a_turn_that_is_over_by_the_databases_clock_is_free(book: Open, store: Store) -> None:
    assert taken(book("a")) == 1
    assert taken(book("b")) is None
    past = datetime.now(UTC) - timedelta(minutes=5)
    with store.engine.execution_options(litwatch_write=True).begin() as connection:
        moved = {"held_until": past, "ready_at": past, "changed_at": past}
        connection.execute(update(LaneRow).values(moved))
    assert taken(book("b")) == 2


# -- the database -----------------------------------------------------------------------------------


def test_turns_wait_for_no_disk_and_the_archive_does(
    book: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PRAGMAS", databases.SHIPPED)
    store.engine.dispose()  # what comes now opens anew
    asked, ours, archives = (
        ("PRAGMA synchronous", 1, 2)
        if store.engine.dialect.name == "sqlite"
        else ("SELECT current_setting('synchronous_commit'), 1", "off", "off")  # as the tests' is
    )
    for engine, wanted in ((book().engine, ours), (store.engine, archives)):
        with engine.connect() as connection:
            assert connection.execute(text(asked)).scalar_one() == wanted


def test_an_archive_that_another_holds_is_busy_and_not_waited_for_long(
    sqlite_book: Open, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "_BUSY_MS", 50)
    waiting = sqlite_book()
    with sqlite_store.writing(), pytest.raises(StoreBusyError):
        put(waiting, FULL)
    put(waiting, FULL)
    with sqlite_store.writing():
        assert waiting.look(NAME).turn == FULL.turn  # looking waits for nobody


def test_an_archive_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "litwatch.db"
    absent = StoredLanes(f"sqlite:///{file}", "a")
    for use in (absent.look, lambda name: put(absent, FULL, name)):
        with pytest.raises(SchemaError, match="does not exist"):
            use(NAME)
    assert not file.exists()


def test_an_archive_without_lanes_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'litwatch.db'}"
    engine = engines.create(url)
    with engine.connect() as connection:
        connection.execute(select(func.count()))
    older = StoredLanes(url, "a")
    with pytest.raises(SchemaError):
        older.look(NAME)
    older.close()
    engine.dispose()

"""What a process holds, and the signs of life that keep it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import ClaimLostError, StoreBusyError
from service.store import Store
from service.store.holding import Holding
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records.workers import Worker

LEASE = timedelta(minutes=2)
PROGRAM = "litwatch 1.0"


class Time:
    """The clock of the database."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def timed(store: Store, time: Time) -> Store:
    return Store(store.engine, time.now)


@pytest.fixture
def mine(timed: Store) -> Iterator[Holding]:
    holding = Holding(timed, "mine", lease=LEASE)
    yield holding
    holding.close()


@pytest.fixture
def other(timed: Store) -> Iterator[Holding]:
    holding = Holding(timed, "other", lease=LEASE)
    yield holding
    holding.close()


def workers(store: Store) -> list[Worker]:
    with store.reading() as tx:
        return tx.workers.list()


def lives() -> bool:
    return any(thread.name == "signs of life" for thread in threading.enumerate())


def test_work_is_held_while_it_lasts_and_then_free(mine: Holding, other: Holding) -> None:
    with mine.held("digest lab") as fence:
        assert fence is not None
        with mine.store.writing() as tx:
            fence(tx)
        with other.held("digest lab") as none:
            assert none is None
        with other.held("digest other") as some:
            assert some is not None
    with other.held("digest lab") as now:
        assert now is not None


def test_work_that_fails_is_free_at_once(mine: Holding, other: Holding) -> None:
    with pytest.raises(ZeroDivisionError), mine.held("digest lab"):
        raise ZeroDivisionError
    assert other.take("digest lab") is not None


def test_a_sign_of_life_extends_what_is_held(mine: Holding, other: Holding, time: Time) -> None:
    claim = mine.take("poll pubmed")
    assert claim is not None
    for _ in range(5):
        time.at += LEASE / 2
        mine.beat()
        assert other.take("poll pubmed") is None
    mine.release(claim)
    time.at += LEASE / 2
    mine.beat()
    assert other.take("poll pubmed") is not None


def test_who_slept_for_longer_than_its_lease_finds_out_what_it_lost(
    mine: Holding, other: Holding, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    with mine.held("poll pubmed") as fence, mine.held("poll arxiv") as kept:
        time.at += 2 * LEASE
        assert other.take("poll pubmed") is not None
        mine.beat()
        assert "poll pubmed: another worker has taken it over" in caplog.text
        assert "arxiv" not in caplog.text, "nobody has taken it, so it is held on"
        assert fence is not None
        assert kept is not None
        with mine.store.writing() as tx:
            kept(tx)
            with pytest.raises(ClaimLostError):
                fence(tx)
    assert other.take("poll arxiv") is not None
    with mine.store.reading() as tx:
        assert {claim.holder for claim in tx.claims.held()} == {"other"}


def test_signs_come_by_themselves_while_something_is_held_and_no_longer(
    timed: Store, time: Time
) -> None:
    assert not lives()
    holding = Holding(timed, "mine", lease=LEASE, beat=0.01)
    with holding.held("poll pubmed"):
        time.at += LEASE / 2
        while _until(timed) < time.at + LEASE:
            assert lives()
    thread = holding._thread
    if thread is not None:
        thread.join(10)
    assert not lives()


def _until(store: Store) -> datetime:
    with store.reading() as tx:
        [claim] = tx.claims.held()
        return claim.held_until


def test_a_sign_that_does_not_get_through_is_no_end(
    timed: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    holding = Holding(timed, "mine", lease=LEASE, beat=0.01)
    tried = threading.Semaphore(0)
    say = holding._say_so

    def refused() -> None:
        tried.release()
        raise StoreBusyError("db", "is locked")

    monkeypatch.setattr(holding, "_say_so", refused)
    with holding.held("poll pubmed"):
        for _ in range(2):
            assert tried.acquire(timeout=10)
        monkeypatch.setattr(holding, "_say_so", say)
    holding.close()
    assert "no sign of life could be left: db: is locked" in caplog.text


def test_what_cannot_be_released_is_told_and_ends_with_its_lease(
    mine: Holding,
    other: Holding,
    time: Time,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    claim = mine.take("poll pubmed")
    assert claim is not None
    with monkeypatch.context() as patch:
        patch.setattr(mine.store, "_now", _broken)
        mine.release(claim)
    assert "poll pubmed is not released: db: is locked" in caplog.text
    time.at += LEASE
    mine.beat()
    time.at += timedelta(seconds=1)
    assert other.take("poll pubmed") is not None


def _broken() -> datetime:
    raise StoreBusyError("db", "is locked")


def test_a_worker_tells_what_it_does_and_says_farewell(mine: Holding, time: Time) -> None:
    with mine.working(PROGRAM):
        [seen] = workers(mine.store)
        assert (seen.name, seen.program, seen.doing, seen.since) == ("mine", PROGRAM, "", None)
        assert seen.started_at == seen.seen_at == NOW
        time.at += timedelta(minutes=1)
        with mine.doing("poll"):
            time.at += timedelta(minutes=1)
            with mine.doing("deliver"):
                mine.beat()
                [seen] = workers(mine.store)
        assert (seen.doing, seen.since) == ("deliver, poll", NOW + timedelta(minutes=1))
        assert (seen.started_at, seen.seen_at) == (NOW, NOW + timedelta(minutes=2))
        mine.beat()
        [seen] = workers(mine.store)
        assert (seen.doing, seen.since) == ("", None)
    assert workers(mine.store) == []


def test_a_job_outside_of_a_worker_is_not_told(mine: Holding) -> None:
    with mine.doing("poll"):
        mine.beat()
    assert workers(mine.store) == []


def test_a_worker_that_died_is_remembered_for_days_and_then_forgotten(
    mine: Holding, other: Holding, time: Time
) -> None:
    with other.working(PROGRAM):
        other.close()  # as a kill would: no farewell
        with other.store.writing() as tx:
            tx.workers.seen(workers(other.store)[0])
        time.at += timedelta(days=2)
        with mine.working(PROGRAM):
            assert [each.name for each in workers(mine.store)] == ["other", "mine"]
            time.at += timedelta(days=2)
            mine.beat()
            assert [each.name for each in workers(mine.store)] == ["mine"]

"""Alarms are kept from when they begin until they end, and told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from service.records import Alarm, Severity

if TYPE_CHECKING:
    from service.store import Store
    from service.store.alarms import KeptAlarm

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
LEASE = timedelta(minutes=5)
DISK = Alarm("disk", Severity.WARNING, "the disk", "is nearly full", "make room")
LATE = Alarm("digest-late:Lab", Severity.CRITICAL, "digest", "is late", "look")


def stock(store: Store, *holding: Alarm, at: datetime = NOW) -> None:
    with store.writing() as tx:
        tx.alarms.take_stock(holding, at)


def claim(store: Store, at: datetime = NOW) -> list[KeptAlarm]:
    with store.writing() as tx:
        return tx.alarms.claim(at, LEASE)


def tell(store: Store, at: datetime = NOW) -> list[str]:
    claimed = claim(store, at)
    with store.writing() as tx:
        tx.alarms.told(claimed, at)
    return [each.alarm.key for each in claimed]


def test_a_condition_that_lasts_is_one_alarm_told_once(store: Store) -> None:
    for hour in range(3):
        stock(store, DISK, LATE, at=NOW + timedelta(hours=hour))
        assert len(tell(store, NOW + timedelta(hours=hour))) == (2 if hour == 0 else 0)
    with store.reading() as tx:
        assert {each.began_at for each in tx.alarms.open()} == {NOW}


def test_one_that_is_over_is_told_once_and_may_begin_anew(store: Store) -> None:
    stock(store, DISK)
    assert tell(store) == ["disk"]
    stock(store, at=NOW + LEASE)
    assert [each.ended_at for each in claim(store, NOW + LEASE)] == [NOW + LEASE]
    assert tell(store, NOW + 3 * LEASE) == ["disk"]  # the first teller died
    assert tell(store, NOW + 9 * LEASE) == []
    stock(store, DISK, at=NOW + 10 * LEASE)
    assert tell(store, NOW + 10 * LEASE) == ["disk"]
    with store.reading() as tx:
        assert len(tx.alarms.latest(10)) == 2


def test_one_that_came_and_went_untold_is_not_told(store: Store) -> None:
    stock(store, DISK)
    stock(store)
    assert tell(store) == []


def test_one_that_becomes_critical_is_told_again(store: Store) -> None:
    stock(store, DISK)
    tell(store)
    stock(store, replace(DISK, severity=Severity.CRITICAL, cause="is full"))
    assert tell(store) == ["disk"]
    stock(store, DISK)  # less so again: that is no news
    assert tell(store) == []


def test_what_became_critical_while_it_was_told_is_told_as_that(store: Store) -> None:
    stock(store, DISK)
    claimed = claim(store)
    stock(store, replace(DISK, severity=Severity.CRITICAL))
    with store.writing() as tx:
        tx.alarms.told(claimed, NOW)
    assert tell(store, NOW + 2 * LEASE) == ["disk"]


def test_what_one_worker_tells_another_does_not(store: Store) -> None:
    stock(store, DISK)
    assert claim(store)
    assert claim(store, NOW + LEASE / 2) == []


def test_what_could_not_be_told_waits_as_long_as_asked(store: Store) -> None:
    stock(store, DISK)
    claimed = claim(store)
    with store.writing() as tx:
        tx.alarms.untold(claimed, NOW + timedelta(hours=1))
    assert claim(store, NOW + timedelta(minutes=59)) == []
    assert tell(store, NOW + timedelta(minutes=61)) == ["disk"]

"""Claims: one holder at a time, whoever dies, sleeps or hurries."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import ClaimLostError, StoreError
from tests.papers import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from service.records.workers import Claim
    from service.store import Store

LEASE = timedelta(minutes=2)
LATER = NOW + 2 * LEASE


def take(
    store: Store, holder: str = "a", now: datetime = NOW, name: str = "poll pubmed"
) -> Claim | None:
    with store.writing() as tx:
        return tx.claims.take(name, holder, now, now + LEASE)


def taken(store: Store, holder: str = "a", now: datetime = NOW, name: str = "x") -> Claim:
    claim = take(store, holder, now, name)
    assert claim is not None
    return claim


def release(store: Store, claim: Claim) -> None:
    with store.writing() as tx:
        tx.claims.release(claim, NOW)


def stands(store: Store, claim: Claim) -> bool:
    try:
        with store.writing() as tx:
            tx.claims.fence(claim)
    except ClaimLostError:
        return False
    return True


def test_what_one_holds_no_other_takes_nor_the_same_again(store: Store) -> None:
    claim = taken(store)
    assert take(store, "b", name="x") is None
    assert take(store, "a", name="x") is None, "two threads of one process are two as well"
    assert take(store, "b", name="y") is not None
    release(store, claim)
    assert take(store, "b", name="x") is not None


def test_what_a_dead_worker_held_is_free_when_its_lease_is_over(store: Store) -> None:
    taken(store)
    assert take(store, "b", NOW + LEASE, "x") is None
    assert take(store, "b", NOW + LEASE + timedelta(seconds=1), "x") is not None


def test_a_claim_that_is_extended_is_not_free(store: Store) -> None:
    claim = taken(store)
    with store.writing() as tx:
        assert tx.claims.extend([claim], LATER) == []
    assert take(store, "b", NOW + LEASE + timedelta(seconds=1), "x") is None


def test_tokens_rise_so_that_a_late_holder_is_known_by_its_own(store: Store) -> None:
    late = taken(store, "a")
    again = taken(store, "a", LATER)  # by its name alone it could not be told from itself
    assert again.token > late.token
    assert (stands(store, late), stands(store, again)) == (False, True)
    with store.writing() as tx:
        assert tx.claims.extend([late, again], LATER + LEASE) == [late]
    release(store, late)
    assert stands(store, again)


def test_a_lease_that_ran_out_stands_until_somebody_takes_it(store: Store) -> None:
    """Nothing was done by others meanwhile, so nothing is lost by going on."""
    claim = taken(store)
    assert stands(store, claim)
    taken(store, "b", LATER)
    assert not stands(store, claim)


def test_a_claim_that_was_released_stands_no_more(store: Store) -> None:
    claim = taken(store)
    release(store, claim)
    assert not stands(store, claim)


def test_of_many_one_takes(store: Store) -> None:
    ready = threading.Barrier(4)

    def one(holder: str) -> bool:
        ready.wait()
        return take(store, holder) is not None

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, "abcd")) == [False, False, False, True]


def test_nobody_takes_what_is_being_written_under_though_its_lease_is_over(store: Store) -> None:
    """Between the fence and the commit; on SQLite nobody else writes then at all."""
    claim = taken(store)
    if store.engine.dialect.name == "sqlite":
        with store.writing() as tx:
            tx.claims.fence(claim)
            assert tx.claims.held() == [claim]
        return
    with store.writing() as tx:
        tx.claims.fence(claim)
        with store.writing() as other:
            assert other.claims.take("x", "b", LATER, LATER + LEASE) is None
    assert take(store, "b", LATER, "x") is not None


def test_what_is_held_is_listed_and_what_nobody_has_held_for_long_is_forgotten(
    store: Store,
) -> None:
    old, held = taken(store, "a", name="old"), taken(store, "b", LATER, "young")
    release(store, old)
    with store.writing() as tx:
        assert tx.claims.held() == [held]
        tx.claims.forget(NOW)
    assert taken(store, "c", LATER, "old").token == old.token + 1, "nobody held it: not for long"
    with store.writing() as tx:
        tx.claims.forget(LATER + 2 * LEASE)
    assert taken(store, "c", LATER, "old").token == 1
    assert not stands(store, held)


def test_a_transaction_that_a_suspended_process_left_open_is_ended_by_the_server(
    store: Store,
) -> None:
    """Else what it has locked would be locked until it wakes."""
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no server")
    with store.writing() as tx:
        connection = tx.claims._connection
        [told] = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").one()
        assert told == "2min"
    with store.reading() as tx:  # holds no locks, and may be read slowly
        connection = tx.claims._connection
        [told] = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").one()
        assert told == "0"
    with pytest.raises(StoreError):
        _suspended(store)


def _suspended(store: Store) -> None:
    with store.writing() as tx:
        connection = tx.claims._connection
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 1")
        threading.Event().wait(0.2)
        tx.claims.held()

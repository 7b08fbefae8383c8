from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from service.records import Delivery, DeliveryState, RenderedPart, Subscription
from tests.factories import digest_content
from tests.papers import NOW

if TYPE_CHECKING:
    from service.store import Store

WEEKLY = Subscription("stroma-weekly", ("stroma",), "slack", "C1")
LEASES = {"slack": timedelta(seconds=60)}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def outbox(store: Store) -> Store:
    """An archive with one digest of three parts to send."""
    return with_digest(store, "d", 3)


def with_digest(store: Store, key: str, parts: int, now: datetime = NOW) -> Store:
    made = digest_content(digest_id=key, period=f"UTC:2026-W{10 + len(key)}", sections=())
    pieces = [RenderedPart(f"{key}{n}", n, parts, b"bytes") for n in range(1, parts + 1)]
    with store.writing() as tx:
        tx.subscriptions.sync([WEEKLY], NOW)
        empty = type(made)(**{**_fields(made), "sections": ()})
        assert tx.digests.freeze(empty, WEEKLY, pieces, revision=1, window=(0, 0), now=now)
    return store


def _fields(made: object) -> dict[str, object]:
    return {name: getattr(made, name) for name in made.__dataclass_fields__}  # type: ignore[attr-defined]


def claim(store: Store, owner: str = "a", now: datetime = NOW) -> Delivery | None:
    with store.writing() as tx:
        return tx.deliveries.claim(owner, now, LEASES)


def claimed(store: Store, owner: str = "a", now: datetime = NOW) -> Delivery:
    found = claim(store, owner, now)
    assert found is not None
    return found


def look(store: Store, owner: str = "a", now: datetime = NOW) -> Delivery | None:
    with store.writing() as tx:
        return tx.deliveries.claim_unknown(owner, now, LEASES)


def finish(
    store: Store,
    delivery: Delivery,
    state: DeliveryState,
    *,
    not_before: datetime | None = None,
    provider_id: str | None = None,
    resend: bool = False,
    now: datetime = NOW,
) -> bool:
    with store.writing() as tx:
        return tx.deliveries.finish(
            delivery,
            state=state,
            not_before=not_before,
            detail=f"said {state}",
            provider_id=provider_id,
            remedy="",
            resend=resend,
            now=now,
        )


def get(store: Store, identity: str) -> Delivery:
    with store.reading() as tx:
        return tx.deliveries.get(identity)


def test_a_claim_is_an_attempt_with_a_lease(outbox: Store) -> None:
    one = claimed(outbox)
    assert (one.id, one.state, one.attempt) == ("d1", DeliveryState.SENDING, 1)
    assert (one.started_at, one.thread) == (NOW, None)
    with outbox.reading() as tx:
        assert tx.deliveries.events("d1")[-1] == (NOW, "ready", "sending", "claimed by a")


def test_what_is_claimed_cannot_be_claimed_again(outbox: Store) -> None:
    claimed(outbox)
    assert claim(outbox, "b") is None


def test_only_channels_that_the_worker_serves_are_claimed(outbox: Store) -> None:
    with outbox.writing() as tx:
        assert tx.deliveries.claim("a", NOW, {"email": MINUTE}) is None
        assert tx.deliveries.claim("a", NOW, {}) is None


def test_nothing_is_claimed_before_its_time(outbox: Store) -> None:
    finish(outbox, claimed(outbox), DeliveryState.RETRY, not_before=NOW + MINUTE)
    assert claim(outbox, now=NOW + MINUTE - timedelta(seconds=1)) is None
    again = claimed(outbox, now=NOW + MINUTE)
    assert (again.id, again.attempt) == ("d1", 2)


def test_later_parts_wait_for_the_thread_of_the_first(outbox: Store) -> None:
    first = claimed(outbox)
    assert claim(outbox, "b") is None
    finish(outbox, first, DeliveryState.SENT, provider_id="171.5")
    second, third = claimed(outbox, "b"), claimed(outbox, "b")
    assert [(d.id, d.thread) for d in (second, third)] == [("d2", "171.5"), ("d3", "171.5")]


def test_a_sent_part_is_done(outbox: Store) -> None:
    assert finish(outbox, claimed(outbox), DeliveryState.SENT, provider_id="171.5")
    one = get(outbox, "d1")
    assert one.state is DeliveryState.SENT
    with outbox.reading() as tx:
        [line] = [line for line in tx.deliveries.lines() if line.id == "d1"]
    assert (line.provider_id, line.last_error) == ("171.5", None)
    assert (line.subscription, line.period) == ("stroma-weekly", "UTC:2026-W11")


def test_a_late_result_of_an_earlier_attempt_is_only_noted(outbox: Store) -> None:
    zombie = claimed(outbox, "zombie")
    finish(outbox, zombie, DeliveryState.RETRY, not_before=NOW)
    present = claimed(outbox, "b")
    assert not finish(outbox, zombie, DeliveryState.DEAD)
    assert get(outbox, "d1") == present
    with outbox.reading() as tx:
        *_, (_, old, new, why) = tx.deliveries.events("d1")
    assert (old, new, why) == ("sending", "dead", "too late, not applied: said dead")


def test_a_result_is_recorded_once(outbox: Store) -> None:
    one = claimed(outbox)
    assert finish(outbox, one, DeliveryState.SENT)
    assert not finish(outbox, one, DeliveryState.RETRY, not_before=NOW)
    assert get(outbox, "d1").state is DeliveryState.SENT


def test_a_lease_that_ran_out_is_found_and_never_claimed(outbox: Store) -> None:
    claimed(outbox)
    with outbox.reading() as tx:
        assert tx.deliveries.expired(NOW + MINUTE) == []
        late = NOW + MINUTE + timedelta(seconds=1)
        assert [delivery.id for delivery in tx.deliveries.expired(late)] == ["d1"]
    assert claim(outbox, "b", NOW + timedelta(days=1)) is None


def test_an_unknown_one_is_looked_for_when_it_is_time(outbox: Store) -> None:
    finish(outbox, claimed(outbox), DeliveryState.UNKNOWN, not_before=NOW + MINUTE)
    assert look(outbox) is None
    one = look(outbox, now=NOW + MINUTE)
    assert one is not None
    assert (one.id, one.state, one.attempt, one.started_at) == (
        "d1",
        DeliveryState.UNKNOWN,
        1,
        NOW,
    )
    assert look(outbox, "b", NOW + MINUTE) is None
    assert look(outbox, "b", NOW + 3 * MINUTE) == one  # the first looker went silent


def test_an_unknown_one_that_waits_for_a_person_is_left_alone(outbox: Store) -> None:
    finish(outbox, claimed(outbox), DeliveryState.UNKNOWN, not_before=None)
    assert look(outbox, now=NOW + timedelta(days=9)) is None
    assert claim(outbox, now=NOW + timedelta(days=9)) is None


def test_an_unknown_one_found_absent_is_sent_again_and_counted(outbox: Store) -> None:
    finish(outbox, claimed(outbox), DeliveryState.UNKNOWN, not_before=NOW)
    looked = look(outbox)
    assert looked is not None
    assert finish(outbox, looked, DeliveryState.RETRY, not_before=NOW, resend=True)
    again = claimed(outbox)
    assert (again.attempt, again.resends) == (2, 1)


def test_parts_without_a_thread_to_come_are_orphans(outbox: Store) -> None:
    with outbox.reading() as tx:
        assert tx.deliveries.orphans() == []
    finish(outbox, claimed(outbox), DeliveryState.DEAD)
    with outbox.reading() as tx:
        orphans = tx.deliveries.orphans()
    assert sorted(delivery.id for delivery in orphans) == ["d2", "d3"]
    for orphan in orphans:
        assert finish(outbox, orphan, DeliveryState.CANCELLED)
    with outbox.reading() as tx:
        assert tx.deliveries.orphans() == []


def test_the_longest_waiting_is_claimed_first(store: Store) -> None:
    with_digest(store, "late", 1, NOW - MINUTE)
    with_digest(store, "early", 1, NOW - 2 * MINUTE)
    assert [claimed(store).id, claimed(store).id] == ["early1", "late1"]


def test_two_workers_never_get_the_same_delivery(store: Store) -> None:
    for number in range(1, 13):
        with_digest(store, "d" * number, 1)
    ready = threading.Barrier(3)

    def work(owner: str) -> list[str]:
        ready.wait()
        got = []
        while one := claim(store, owner):
            got.append(one.id)
        return got

    with ThreadPoolExecutor(3) as pool:
        got = [identity for ids in pool.map(work, "abc") for identity in ids]
    assert sorted(got) == sorted("d" * number + "1" for number in range(1, 13))


def test_two_workers_never_look_for_the_same_delivery(store: Store) -> None:
    for number in range(1, 7):
        with_digest(store, "d" * number, 1)
        finish(store, claimed(store), DeliveryState.UNKNOWN, not_before=NOW)
    ready = threading.Barrier(2)

    def work(owner: str) -> list[str]:
        ready.wait()
        got = []
        while one := look(store, owner):
            got.append(one.id)
        return got

    with ThreadPoolExecutor(2) as pool:
        got = [identity for ids in pool.map(work, "ab") for identity in ids]
    assert len(got) == len(set(got)) == 6

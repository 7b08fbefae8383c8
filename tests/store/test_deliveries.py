from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import InputError
from service.records import Delivery, DeliveryState, RenderedPart, StopReason, Subscription
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
    plain: bool = False,
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
            plain=plain,
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


# -- whether a claim still stands


def holds(store: Store, delivery: Delivery, after: float) -> bool:
    with store.reading() as tx:
        return tx.deliveries.holds(delivery, NOW + timedelta(seconds=after))


def test_a_claim_stands_for_the_first_half_of_its_lease(outbox: Store) -> None:
    """T40, T41. A call ends within half a lease, so one that begins then ends within it."""
    one = claimed(outbox)
    assert holds(outbox, one, 0)
    assert holds(outbox, one, 29.9)
    assert not holds(outbox, one, 30)


def test_a_claim_that_another_has_decided_about_stands_no_more(outbox: Store) -> None:
    one = claimed(outbox)
    finish(outbox, one, DeliveryState.UNKNOWN, not_before=NOW)
    assert not holds(outbox, one, 0)


def test_a_claim_that_another_has_made_anew_stands_for_that_one_alone(outbox: Store) -> None:
    """T40. The attempt number is the fence: state and time look alike."""
    zombie = claimed(outbox)
    finish(outbox, zombie, DeliveryState.RETRY, not_before=NOW)
    present = claimed(outbox, "b")
    assert not holds(outbox, zombie, 0)
    assert not finish(outbox, zombie, DeliveryState.SENT)
    assert holds(outbox, present, 0)
    assert finish(outbox, present, DeliveryState.SENT)


def test_a_claim_of_a_delivery_that_is_gone_stands_no_more(outbox: Store) -> None:
    assert not holds(outbox, replace(claimed(outbox), id="d9"), 0)


# -- what is kept with a delivery


def test_when_it_was_first_due_outlasts_every_attempt(outbox: Store) -> None:
    assert get(outbox, "d1").created_at == NOW
    finish(outbox, claimed(outbox, now=NOW + MINUTE), DeliveryState.RETRY, not_before=NOW + MINUTE)
    again = claimed(outbox, now=NOW + 2 * MINUTE)
    assert (again.created_at, again.started_at) == (NOW, NOW + 2 * MINUTE)


def test_once_plain_is_always_plain(outbox: Store) -> None:
    """T58. What the channel refused it refuses again: also after a restart, also by hand."""
    assert not get(outbox, "d1").plain
    finish(outbox, claimed(outbox), DeliveryState.RETRY, not_before=NOW, plain=True)
    again = claimed(outbox)
    assert again.plain
    finish(outbox, again, DeliveryState.RETRY, not_before=NOW, plain=False)
    assert get(outbox, "d1").plain


# -- threads


def test_a_first_part_without_a_known_message_leaves_the_others_without_a_thread(
    outbox: Store,
) -> None:
    finish(outbox, claimed(outbox), DeliveryState.SENT, provider_id=None)
    assert claim(outbox, "b") is None
    with outbox.reading() as tx:
        assert [delivery.id for delivery in tx.deliveries.orphans()] == ["d2", "d3"]


def test_parts_that_were_cancelled_wait_for_their_thread_again(outbox: Store) -> None:
    finish(outbox, claimed(outbox), DeliveryState.DEAD)
    for identity in ("d2", "d3"):
        finish(outbox, get(outbox, identity), DeliveryState.CANCELLED)
    later = NOW + timedelta(days=9)
    with outbox.writing() as tx:
        assert tx.deliveries.revive(tx.deliveries.get("d1"), "part 1 comes", later) == 2
        assert tx.deliveries.revive(tx.deliveries.get("d1"), "part 1 comes", later) == 0
        assert tx.deliveries.events("d3")[-1] == (later, "cancelled", "ready", "part 1 comes")
    second = get(outbox, "d2")
    assert (second.state, second.created_at) == (DeliveryState.READY, later)


# -- subscriptions that were stopped


def stop(store: Store, reason: StopReason = StopReason.UNSUBSCRIBED) -> None:
    with store.writing() as tx:
        tx.stops.stop("stroma-weekly", reason, "by link", NOW)


def test_nothing_is_claimed_for_a_subscription_that_was_stopped(outbox: Store) -> None:
    stop(outbox)
    assert claim(outbox) is None
    with outbox.reading() as tx:
        found = [(delivery.id, reason) for delivery, reason in tx.deliveries.stopped()]
    assert found == [("d1", "unsubscribed"), ("d2", "unsubscribed"), ("d3", "unsubscribed")]


def test_of_two_reasons_both_are_told(outbox: Store) -> None:
    stop(outbox, StopReason.BOUNCED)
    stop(outbox)
    with outbox.reading() as tx:
        assert {reason for _, reason in tx.deliveries.stopped()} == {"bounced, unsubscribed"}


def test_a_stop_that_has_ended_stops_nothing(outbox: Store) -> None:
    stop(outbox)
    with outbox.writing() as tx:
        tx.stops.resume("stroma-weekly", NOW)
        assert tx.deliveries.stopped() == []
    assert claimed(outbox).id == "d1"


@pytest.mark.parametrize("state", [DeliveryState.UNKNOWN, DeliveryState.DEAD, DeliveryState.SENT])
def test_a_stop_leaves_what_does_not_wait_as_it_is(outbox: Store, state: DeliveryState) -> None:
    """What may have arrived is found out all the same: a look sends nothing."""
    finish(outbox, claimed(outbox), state, not_before=NOW, provider_id="171.5")
    stop(outbox)
    with outbox.reading() as tx:
        assert "d1" not in [delivery.id for delivery, _ in tx.deliveries.stopped()]
    assert (look(outbox) is not None) is (state is DeliveryState.UNKNOWN)


# -- what goes elsewhere


BACKED = Subscription("stroma-weekly", ("stroma",), "slack", "C1", fallback="ana@example.org")


def backed(store: Store, **changes: object) -> None:
    with store.writing() as tx:
        tx.subscriptions.sync([replace(BACKED, **changes)], NOW)  # type: ignore[arg-type]


def refused(store: Store) -> list[tuple[str, str]]:
    with store.reading() as tx:
        return [(each.delivery_id, each.fallback) for each in tx.deliveries.refused()]


def test_a_digest_whose_first_part_is_dead_goes_to_the_fallback(outbox: Store) -> None:
    """T57."""
    backed(outbox)
    assert refused(outbox) == []
    finish(outbox, claimed(outbox), DeliveryState.DEAD)
    assert refused(outbox) == [("d1", "ana@example.org")]
    with outbox.reading() as tx:
        [one] = tx.deliveries.refused()
    assert (one.channel, one.destination, one.cause) == ("slack", "C1", "said dead")


def test_a_digest_goes_to_the_fallback_once(outbox: Store) -> None:
    backed(outbox)
    finish(outbox, claimed(outbox), DeliveryState.DEAD)
    part = RenderedPart("m1", 1, 1, b"mail")

    def write(store: Store) -> bool:
        with store.writing() as tx:
            return tx.deliveries.write(
                "d", "email", "ana@example.org", [part], detail="instead", now=NOW
            )

    assert write(outbox)
    assert refused(outbox) == []
    assert not write(outbox)
    with outbox.reading() as tx:
        assert tx.deliveries.events("m1") == [(NOW, "", "ready", "instead")]
        assert tx.digests.window_end("stroma-weekly") is not None, "it counts as arriving"


def test_a_dead_fallback_has_no_fallback(store: Store) -> None:
    backed(store, channel="email", destination="ana@example.org")
    made = digest_content(digest_id="m", period="UTC:2026-W11")
    mail = RenderedPart("m1", 1, 1, b"mail")
    to_ana = Subscription("stroma-weekly", ("stroma",), "email", "ana@example.org")
    with store.writing() as tx:
        empty = type(made)(**{**_fields(made), "sections": ()})
        tx.digests.freeze(empty, to_ana, [mail], revision=1, window=(0, 0), now=NOW)
        one = tx.deliveries.claim("a", NOW, {"email": MINUTE})
    assert one is not None
    finish(store, one, DeliveryState.DEAD)
    assert refused(store) == []


@pytest.mark.parametrize("how", ["none", "off", "stopped", "later part", "in doubt"])
def test_what_has_no_call_for_a_fallback_gets_none(outbox: Store, how: str) -> None:
    backed(outbox, fallback="" if how == "none" else "ana@example.org", active=how != "off")
    first = claimed(outbox)
    if how == "later part":
        finish(outbox, first, DeliveryState.SENT, provider_id="171.5")
        finish(outbox, claimed(outbox), DeliveryState.DEAD)
    else:
        finish(outbox, first, DeliveryState.UNKNOWN if how == "in doubt" else DeliveryState.DEAD)
    if how == "stopped":
        stop(outbox)
    assert refused(outbox) == []


def test_an_old_digest_goes_nowhere_once_a_newer_one_was_made(store: Store) -> None:
    with_digest(store, "d", 1)
    finish(store, claimed(store), DeliveryState.DEAD)
    with_digest(store, "dd", 1, NOW + MINUTE)
    backed(store)
    assert refused(store) == []


# -- what people are shown


def test_the_beginning_of_an_id_is_enough(store: Store) -> None:
    with_digest(store, "abc", 1)
    with_digest(store, "abcdef", 1)
    with store.reading() as tx:
        assert tx.deliveries.find("abcd") == "abcdef1"
        assert tx.deliveries.find("abc1") == "abc1"
        for wrong, told in (
            ("abc", "several"),
            ("x", "not exist"),
            ("", "not exist"),
            ("a%", "not exist"),
        ):
            with pytest.raises(InputError, match=told):
                tx.deliveries.find(wrong)


def test_an_id_that_begins_another_is_itself(store: Store) -> None:
    with store.writing() as tx:
        tx.subscriptions.sync([WEEKLY], NOW)
    with_digest(store, "d", 12)
    with store.reading() as tx:
        assert tx.deliveries.find("d1") == "d1"


def test_those_in_doubt_come_first_then_the_dead_then_the_newest(store: Store) -> None:
    for number in range(1, 5):
        with_digest(store, "d" * number, 1, NOW + number * MINUTE)
    finish(store, claimed(store, now=NOW + MINUTE), DeliveryState.UNKNOWN)
    finish(store, claimed(store, now=NOW + 2 * MINUTE), DeliveryState.DEAD)
    with store.reading() as tx:
        assert [line.id for line in tx.deliveries.lines()] == ["d1", "dd1", "dddd1", "ddd1"]
        assert [line.id for line in tx.deliveries.lines(limit=1)] == ["d1"]
        dead = tx.deliveries.lines(states=[DeliveryState.DEAD])
        assert [line.id for line in dead] == ["dd1"]
        assert tx.deliveries.line("ddd1").state is DeliveryState.READY
        counts = tx.deliveries.counts()
    assert counts == {DeliveryState.DEAD: 1, DeliveryState.READY: 2, DeliveryState.UNKNOWN: 1}


def test_a_digest_that_came_in_part_says_what_is_missing(outbox: Store) -> None:
    """T60."""
    finish(outbox, claimed(outbox), DeliveryState.SENT, provider_id="171.5")
    with outbox.reading() as tx:
        assert tx.deliveries.partial() == []
    finish(outbox, claimed(outbox), DeliveryState.DEAD)
    with outbox.reading() as tx:
        [part] = tx.deliveries.partial()
    assert (part.subscription, part.missing) == ("stroma-weekly", (2,))


def test_a_digest_that_never_began_to_arrive_is_not_partial(outbox: Store) -> None:
    finish(outbox, claimed(outbox), DeliveryState.DEAD)
    finish(outbox, get(outbox, "d2"), DeliveryState.CANCELLED)
    with outbox.reading() as tx:
        assert tx.deliveries.partial() == []


def test_a_note_is_an_event_and_nothing_else(outbox: Store) -> None:
    with outbox.writing() as tx:
        tx.deliveries.note(tx.deliveries.get("d1"), "goes by mail", NOW)
        assert tx.deliveries.events("d1")[-1] == (NOW, "ready", "ready", "goes by mail")
        assert tx.deliveries.get("d1").state is DeliveryState.READY


def test_what_a_provider_names_is_found_by_its_place(outbox: Store) -> None:
    assert finish(outbox, claimed(outbox), DeliveryState.SENT, provider_id="1763.1")
    with outbox.reading() as tx:
        found = tx.deliveries.posted("slack", "C1", "1763.1")
        assert found is not None
        assert found.id == "d1"
        assert tx.deliveries.posted("slack", "C2", "1763.1") is None
        assert tx.deliveries.posted("slack", "C1", "1763.2") is None

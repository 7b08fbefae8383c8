"""Mails that came back, counted; and the subscriptions that they end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import StoreError
from service.records import Bounce, RenderedPart, StopReason, Subscription
from tests.factories import digest_content
from tests.papers import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from service.store import Store

ANA, REI = "ana@example.org", "rei@example.org"
LINES = [
    Subscription("Ana", ("stroma",), "email", ANA),
    Subscription("Anas second", ("stroma",), "email", "Ana@Example.org"),
    Subscription("Lab", ("stroma",), "slack", "C1", fallback=ANA),
    Subscription("Off", ("stroma",), "email", ANA, active=False),
    Subscription("Rei", ("stroma",), "email", REI),
]
LATER = NOW + timedelta(days=7)


@pytest.fixture
def lab(store: Store) -> Store:
    """Each subscription has sent two digests; those of "Lab" also to the fallback address."""
    with store.writing() as tx:
        tx.subscriptions.sync(LINES, NOW)
        for line in LINES:
            for week in (1, 2):
                content = replace(
                    digest_content(digest_id=f"{line.name}{week}", period=f"UTC:2026-W{week}"),
                    subscription=line.name,
                    sections=(),
                )
                part = [RenderedPart(f"{line.name}-{week}", 1, 1, b"bytes")]
                tx.digests.freeze(content, line, part, revision=1, window=(0, 0), now=NOW)
                if line.fallback:
                    instead = [RenderedPart(f"{line.name}-{week}-mail", 1, 1, b"bytes")]
                    tx.deliveries.write(
                        content.digest_id, "email", line.fallback, instead, detail="", now=NOW
                    )
    return store


def back(delivery: str, address: str = ANA, *, hard: bool = True, status: str = "5.2.1") -> Bounce:
    return Bounce(delivery, address, hard, status, f"550 {status} no")


def add(
    lab: Store, bounce: Bounce, now: datetime = NOW, *, proof: bool = False
) -> list[str] | None:
    with lab.writing() as tx:
        return tx.bounces.add(bounce, now, proof=proof)


def stopped(lab: Store) -> set[str]:
    with lab.reading() as tx:
        return set(tx.stops.active())


def test_an_address_is_given_up_at_the_second_delivery_that_came_back_for_good(lab: Store) -> None:
    """T75."""
    assert add(lab, back("Ana-1")) == []
    assert add(lab, back("Ana-2")) == ["Ana", "Anas second"]
    assert stopped(lab) == {"Ana", "Anas second"}
    with lab.reading() as tx:
        stop = tx.stops.active()["Ana"]
    assert (stop.reason, stop.at) == (StopReason.BOUNCED, NOW)
    assert stop.detail == f"{ANA}: 550 5.2.1 no"


def test_one_that_proves_that_there_is_no_such_address_is_enough(lab: Store) -> None:
    """T75."""
    assert add(lab, back("Ana-1"), proof=True) == ["Ana", "Anas second"]


def test_the_same_mail_is_kept_once(lab: Store) -> None:
    """T75. Servers, workers and people may give it again."""
    told = [add(lab, back("Ana-1")) for _ in range(4)]
    assert told == [[], None, None, None]
    assert stopped(lab) == set()


def test_a_delivery_may_come_back_for_now_and_then_for_good(lab: Store) -> None:
    assert add(lab, back("Ana-1", hard=False, status="4.4.1")) == []
    assert add(lab, back("Ana-1")) == []
    with lab.reading() as tx:
        assert [line.hard for line in tx.bounces.lines()] == [True, False]


def test_what_came_back_for_now_ends_nothing(lab: Store) -> None:
    """T67, T75."""
    for delivery in ("Ana-1", "Ana-2", "Anas second-1", "Anas second-2"):
        assert add(lab, back(delivery, hard=False, status="5.2.2"), proof=True) == []
    assert add(lab, back("Ana-1")) == [], "those do not count for the others"
    assert stopped(lab) == set()


def test_addresses_are_counted_apart_and_in_any_case(lab: Store) -> None:
    assert add(lab, back("Rei-1", REI)) == []
    assert add(lab, back("Ana-1", ANA.upper())) == []
    assert add(lab, back("Anas second-1", "Ana@Example.org")) == ["Ana", "Anas second"]
    assert stopped(lab) == {"Ana", "Anas second"}


def test_a_channel_that_works_is_not_ended_by_a_fallback_that_it_does_not_use(lab: Store) -> None:
    add(lab, back("Ana-1"), proof=True)
    assert "Lab" not in stopped(lab)


def test_a_fallback_that_came_back_ends_its_subscription(lab: Store) -> None:
    """Its channel refuses, and its fallback does: what it is sent would be lost each week."""
    assert add(lab, back("Lab-1-mail"), proof=True) == ["Ana", "Anas second", "Lab"]


def test_what_is_stopped_already_is_not_stopped_again(lab: Store) -> None:
    add(lab, back("Ana-1"), proof=True)
    assert add(lab, back("Ana-2"), LATER, proof=True) == []
    with lab.reading() as tx:
        assert len(tx.stops.history("Ana")) == 1


def test_a_readers_own_wish_stands_beside(lab: Store) -> None:
    with lab.writing() as tx:
        tx.stops.stop("Ana", StopReason.UNSUBSCRIBED, "", NOW)
    assert add(lab, back("Ana-1"), proof=True) == ["Ana", "Anas second"]


def test_after_a_resumption_counting_begins_anew(lab: Store) -> None:
    add(lab, back("Ana-1"))
    add(lab, back("Ana-2"))
    with lab.writing() as tx:
        tx.stops.resume("Ana", NOW + timedelta(days=1))
        tx.stops.resume("Anas second", NOW + timedelta(days=1))
    assert add(lab, back("Ana-2"), LATER) is None, "the same mail, once more"
    assert add(lab, back("Anas second-1"), LATER) == []
    assert add(lab, back("Anas second-2"), LATER) == ["Ana", "Anas second"]


def test_what_came_back_long_ago_is_forgotten(lab: Store) -> None:
    add(lab, back("Ana-1"))
    assert add(lab, back("Ana-2"), NOW + timedelta(days=91)) == []
    assert add(lab, back("Anas second-1"), NOW + timedelta(days=100)) == ["Ana", "Anas second"]


def test_a_new_address_is_not_ended_by_the_old_one(lab: Store) -> None:
    moved = [replace(LINES[0], destination="new@example.org")]
    with lab.writing() as tx:
        tx.subscriptions.sync(moved, NOW)
    assert add(lab, back("Ana-1"), proof=True) == []
    assert stopped(lab) == set()


def test_two_at_a_time_are_counted_as_two(lab: Store) -> None:
    """Of two transactions side by side, the later must see the earlier's."""
    start = threading.Barrier(4)

    def one(delivery: str) -> list[str] | None:
        start.wait(timeout=30)
        return add(lab, back(delivery))

    deliveries = ["Ana-1", "Ana-2", "Anas second-1", "Anas second-2"]
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(one, deliveries))
    assert sorted(told, key=str).count([]) == 3
    assert ["Ana", "Anas second"] in told


def test_a_delivery_that_does_not_exist_is_refused(lab: Store) -> None:
    with pytest.raises(StoreError):
        add(lab, back("nobody"))


def test_a_delivery_knows_its_address_where_it_went_by_mail(lab: Store) -> None:
    with lab.reading() as tx:
        assert tx.bounces.destination("Ana-1") == ANA
        assert tx.bounces.destination("Lab-1") is None, "that went to Slack"
        assert tx.bounces.destination("Lab-1-mail") == ANA
        assert tx.bounces.destination("nobody") is None


def test_the_list_is_newest_first_with_what_each_was_about(lab: Store) -> None:
    add(lab, back("Rei-2", REI, hard=False, status="4.4.1"))
    add(lab, back("Ana-1", ANA.upper()), LATER, proof=True)
    with lab.reading() as tx:
        newest, oldest = tx.bounces.lines()
        assert tx.bounces.lines(limit=1) == [newest]
    assert (newest.at, newest.subscription, newest.period) == (LATER, "Ana", "UTC:2026-W1")
    assert (newest.address, newest.hard, newest.status) == (ANA, True, "5.2.1")
    assert (newest.delivery_id, newest.detail) == ("Ana-1", "550 5.2.1 no")
    assert (newest.stopped, oldest.stopped) == (True, False)

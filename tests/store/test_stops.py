from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import StoreError
from service.records import Stop, StopReason, Subscription
from tests.papers import NOW

if TYPE_CHECKING:
    from service.store import Store

BY_READER, BOUNCED = StopReason.UNSUBSCRIBED, StopReason.BOUNCED
LATER = NOW + timedelta(days=3)


@pytest.fixture
def lab(store: Store) -> Store:
    """Two subscriptions, neither stopped."""
    subscriptions = [
        Subscription(name, ("stroma",), "email", f"{name}@example.org") for name in ("ida", "rei")
    ]
    with store.writing() as tx:
        tx.subscriptions.sync(subscriptions, NOW)
    return store


def _active(lab: Store) -> dict[str, Stop]:
    with lab.reading() as tx:
        return tx.stops.active()


def test_a_stop_holds_until_it_is_ended(lab: Store) -> None:
    with lab.writing() as tx:
        assert tx.stops.stop("ida", BY_READER, "by the link in a mail", NOW)
    assert _active(lab) == {"ida": Stop("ida", BY_READER, NOW, "by the link in a mail")}
    with lab.writing() as tx:
        assert tx.stops.resume("ida", LATER)
    assert _active(lab) == {}


def test_stopping_again_changes_nothing(lab: Store) -> None:
    """T77. A mail program may send its one-click POST as often as it likes."""
    with lab.writing() as tx:
        told = [tx.stops.stop("ida", BY_READER, f"press {n}", NOW) for n in range(5)]
    assert told == [True, False, False, False, False]
    assert _active(lab)["ida"].detail == "press 0"
    with lab.reading() as tx:
        assert len(tx.stops.history("ida")) == 1


def test_what_is_not_stopped_cannot_be_resumed(lab: Store) -> None:
    with lab.writing() as tx:
        tx.stops.stop("rei", BY_READER, "", NOW)
        assert not tx.stops.resume("ida", LATER)
        assert not tx.stops.resume("nobody", LATER)
    assert list(_active(lab)) == ["rei"]


def test_a_readers_wish_outlasts_the_repair_of_their_mail_box(lab: Store) -> None:
    with lab.writing() as tx:
        assert tx.stops.stop("ida", BOUNCED, "550", NOW)
        assert tx.stops.stop("ida", BY_READER, "", LATER)
    assert _active(lab)["ida"].reason == BY_READER
    with lab.writing() as tx:
        assert tx.stops.resume("ida", LATER, BOUNCED)
        assert not tx.stops.resume("ida", LATER, BOUNCED)
    assert _active(lab)["ida"].reason == BY_READER


def test_the_wish_is_told_first_whatever_came_first(lab: Store) -> None:
    with lab.writing() as tx:
        tx.stops.stop("ida", BY_READER, "", NOW)
        tx.stops.stop("ida", BOUNCED, "550", LATER)
    assert _active(lab)["ida"].reason == BY_READER


def test_resuming_ends_every_reason(lab: Store) -> None:
    with lab.writing() as tx:
        tx.stops.stop("ida", BOUNCED, "550", NOW)
        tx.stops.stop("ida", BY_READER, "", NOW)
        assert tx.stops.resume("ida", LATER)
    assert _active(lab) == {}


def test_the_history_is_kept(lab: Store) -> None:
    with lab.writing() as tx:
        tx.stops.stop("ida", BY_READER, "first", NOW)
        tx.stops.resume("ida", LATER)
        tx.stops.stop("ida", BOUNCED, "second", LATER)
    with lab.reading() as tx:
        history = tx.stops.history("ida")
    assert [(stop.detail, stop.at, ended) for stop, ended in history] == [
        ("second", LATER, None),
        ("first", NOW, LATER),
    ]


def test_a_subscription_that_does_not_exist_cannot_be_stopped(lab: Store) -> None:
    with pytest.raises(StoreError), lab.writing() as tx:
        tx.stops.stop("nobody", BY_READER, "", NOW)

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import InputError
from service.records import StopReason, Subscription
from service.records.findings import CONFIGURATION
from tests.papers import NOW

if TYPE_CHECKING:
    from service.store import Store

WEEKLY = Subscription("weekly", ("stroma", "neutrophils"), "file", "stroma.html", zone="Asia/Tokyo")
LATER = NOW + timedelta(days=3)


def test_a_subscription_comes_back_as_it_was_configured(store: Store) -> None:
    with store.writing() as tx:
        tx.subscriptions.sync([WEEKLY], NOW)
    with store.reading() as tx:
        assert tx.subscriptions.get("weekly") == (WEEKLY, NOW)
        assert tx.subscriptions.active() == [(WEEKLY, NOW)]


def test_the_configuration_is_the_master(store: Store) -> None:
    changed, other = replace(WEEKLY, weekday=3, cap=5), replace(WEEKLY, name="other")
    with store.writing() as tx:
        tx.subscriptions.sync([WEEKLY, other], NOW)
        tx.subscriptions.sync([changed], LATER)
    with store.reading() as tx:
        assert tx.subscriptions.active() == [(changed, NOW)]
        assert tx.subscriptions.get("other") == (replace(other, active=False), NOW)


def test_one_that_returns_keeps_when_it_was_first_seen(store: Store) -> None:
    with store.writing() as tx:
        for wanted in ([WEEKLY], [], [WEEKLY]):
            tx.subscriptions.sync(wanted, LATER if not wanted else NOW)
    with store.reading() as tx:
        assert tx.subscriptions.active() == [(WEEKLY, NOW)]


def test_one_that_is_configured_inactive_is_inactive(store: Store) -> None:
    with store.writing() as tx:
        tx.subscriptions.sync([replace(WEEKLY, active=False)], NOW)
        assert tx.subscriptions.active() == []


def test_a_strange_name_is_refused_with_those_that_exist(store: Store) -> None:
    with store.reading() as tx, pytest.raises(InputError, match="none is configured"):
        tx.subscriptions.get("weekly")
    with store.writing() as tx:
        tx.subscriptions.sync([WEEKLY], NOW)
        with pytest.raises(InputError, match="there are: weekly"):
            tx.subscriptions.get("monthly")


# -- stopped ones ---------------------------------------------------------------------------------

MAIL = Subscription("Ida", ("stroma",), "email", "ida@example.org")
SLACK = Subscription("Lab", ("stroma",), "slack", "C0123456789", fallback="ida@example.org")


def _stopped(store: Store, subscription: Subscription, *moved: Subscription) -> bool:
    """Whether a stopped subscription is still left out after it was configured anew."""
    with store.writing() as tx:
        tx.subscriptions.sync([subscription], NOW)
        tx.stops.stop(subscription.name, StopReason.UNSUBSCRIBED, "", NOW)
        assert tx.subscriptions.active() == []
        for changed in moved:
            tx.subscriptions.sync([changed], NOW + timedelta(days=1))
        told = tx.stops.history(subscription.name)
        assert len(told) == 1, "the history must be kept"
        sent = bool(tx.subscriptions.active())
        assert sent == (told[0][1] is not None)
        return not sent


def test_a_stopped_subscription_is_not_active_but_still_there(store: Store) -> None:
    assert _stopped(store, MAIL, MAIL)
    with store.reading() as tx:
        assert tx.subscriptions.get("Ida")[0].active
        assert [one.name for one, _ in tx.subscriptions.all()] == ["Ida"]
        with pytest.raises(InputError, match="there are: Ida"):
            tx.subscriptions.get("Ada")


def test_a_stop_of_one_leaves_the_others(store: Store) -> None:
    with store.writing() as tx:
        tx.subscriptions.sync([MAIL, SLACK], NOW)
        tx.stops.stop("Ida", StopReason.BOUNCED, "550", NOW)
        assert [one.name for one, _ in tx.subscriptions.active()] == ["Lab"]
        tx.stops.resume("Ida", NOW)
        assert [one.name for one, _ in tx.subscriptions.active()] == ["Ida", "Lab"]


@pytest.mark.parametrize(
    "changes",
    [
        {"destination": "rei@example.org"},
        {"channel": "slack", "destination": "C0123456789"},
    ],
)
def test_one_that_leads_elsewhere_is_no_longer_stopped(
    store: Store, changes: dict[str, str]
) -> None:
    """The new address did not unsubscribe."""
    assert not _stopped(store, MAIL, replace(MAIL, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"destination": "Ida@Example.ORG"},
        {"fallback": "rei@example.org"},
        {"weekday": 4, "at": "12:00", "topics": ("neutrophils",), "cap": 3},
        {"active": False},
    ],
)
def test_one_that_leads_to_the_same_reader_stays_stopped(
    store: Store, changes: dict[str, Any]
) -> None:
    assert _stopped(store, MAIL, replace(MAIL, **changes), MAIL)


def test_leaving_the_configuration_for_a_while_does_not_resume(store: Store) -> None:
    assert _stopped(store, MAIL, SLACK, MAIL)


def test_what_a_fallback_reader_stopped_ends_with_another_fallback(store: Store) -> None:
    assert not _stopped(store, SLACK, replace(SLACK, fallback="rei@example.org"))


# -- those of people -------------------------------------------------------------------------------


def test_one_that_a_person_made_outlives_the_configuration(store: Store) -> None:
    own = replace(WEEKLY, name="own", cap=3)
    with store.writing() as tx:
        tx.subscriptions.sync([WEEKLY], NOW)
        tx.subscriptions.keep(own, "Ida", LATER)
        tx.subscriptions.sync([], LATER)
    with store.reading() as tx:
        assert tx.subscriptions.active() == [(own, LATER)]
        assert tx.subscriptions.authors() == {"own": "Ida", "weekly": CONFIGURATION}


def test_one_that_a_person_changes_keeps_when_it_was_made(store: Store) -> None:
    with store.writing() as tx:
        tx.subscriptions.keep(WEEKLY, "Ida", NOW)
        tx.subscriptions.keep(replace(WEEKLY, cap=3), "Ida", LATER)
        assert tx.subscriptions.get("weekly") == (replace(WEEKLY, cap=3), NOW)


def test_one_that_a_person_leads_elsewhere_is_stopped_no_longer(store: Store) -> None:
    with store.writing() as tx:
        tx.subscriptions.keep(WEEKLY, "Ida", NOW)
        tx.stops.stop("weekly", StopReason.BOUNCED, "no such address", NOW)
        tx.subscriptions.keep(replace(WEEKLY, cap=3), "Ida", LATER)
        assert tx.stops.active()
        tx.subscriptions.keep(replace(WEEKLY, destination="new.html"), "Ida", LATER)
        assert not tx.stops.active()

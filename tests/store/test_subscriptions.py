from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import InputError
from service.records import Subscription
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

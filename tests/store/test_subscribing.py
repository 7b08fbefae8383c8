"""Subscriptions as they stand, and those that people make; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import subscribing
from service.errors import InputError
from service.records import StopReason, Subscription
from service.records.findings import CONFIGURATION, SavedSearch
from service.records.queries import Mode
from tests.papers import NOW

if TYPE_CHECKING:
    from service.store import Store, Unit

WEEKLY = Subscription("weekly", ("stroma",), "file", "a.html", weekday=1, zone="Asia/Tokyo")
CHANNELS = {"file", "email"}


@pytest.fixture(autouse=True)
def topic(store: Store) -> None:
    with store.writing() as tx:
        tx.topics.save("stroma", "slug = 'stroma'", "Ida", "", NOW)


def _keep(tx: Unit, one: Subscription = WEEKLY, author: str = "Ida", *, anew: bool = True) -> None:
    subscribing.keep(tx, one, channels=CHANNELS, author=author, now=NOW, anew=anew)


def _told(store: Store) -> list[tuple[str, str, list[str]]]:
    with store.reading() as tx:
        return [
            (each.subscription.name, each.author, [f"{at:%a %d %H:%M}" for at in each.runs])
            for each in subscribing.coming(tx, NOW)
        ]


def test_the_next_runs_are_by_the_clock_of_the_subscription(store: Store) -> None:
    with store.writing() as tx:
        _keep(tx)
    runs = ["Tue 17 08:00", "Tue 24 08:00", "Tue 01 08:00", "Tue 08 08:00"]
    assert _told(store) == [("weekly", "Ida", runs)]
    with store.reading() as tx:
        found = subscribing.coming_of(tx, "weekly", NOW)
    assert found.next_run == found.runs[0]
    assert str(found.runs[0].tzinfo) == "Asia/Tokyo"


def test_a_run_keeps_its_hour_when_the_clocks_go_back(store: Store) -> None:
    with store.writing() as tx:
        _keep(tx, replace(WEEKLY, zone="Europe/Berlin"))
        runs = subscribing.coming_of(tx, "weekly", NOW - timedelta(days=40)).runs
    assert {f"{at:%H:%M}" for at in runs} == {"08:00"}
    assert len({at.utcoffset() for at in runs}) == 2


@pytest.mark.parametrize("how", ["stopped", "off"])
def test_what_is_not_sent_has_no_next_run(store: Store, how: str) -> None:
    with store.writing() as tx:
        _keep(tx)
        if how == "stopped":
            tx.stops.stop("weekly", StopReason.BOUNCED, "no such address", NOW)
        else:
            subscribing.end(tx, "weekly", NOW)
    assert _told(store) == [("weekly", "Ida", [])]


def test_those_of_the_configuration_are_known_as_such(store: Store) -> None:
    with store.writing() as tx:
        tx.subscriptions.sync([replace(WEEKLY, name="lab")], NOW)
        _keep(tx)
        found = {each.subscription.name: each.configured for each in subscribing.coming(tx, NOW)}
    assert found == {"lab": True, "weekly": False}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"topics": ()}, "is about nothing"),
        ({"topics": ("nosuch",)}, "topic 'nosuch': does not exist"),
        ({"searches": ("nosuch",)}, "saved search 'nosuch': does not exist"),
        ({"searches": ("likes",)}, "cannot be part of a digest"),
        ({"channel": "slack"}, "channel 'slack': is not configured"),
        ({"name": "lab"}, "stands in the configuration"),
        ({"name": "taken"}, "is there already, made by Ada"),
    ],
)
def test_what_could_not_be_sent_is_refused_and_nothing_written(
    store: Store, changes: dict[str, Any], told: str
) -> None:
    with store.writing() as tx:
        tx.subscriptions.sync([replace(WEEKLY, name="lab")], NOW)
        _keep(tx, replace(WEEKLY, name="taken"), "Ada")
        tx.searches.save(SavedSearch("likes", "like:1", Mode.HYBRID, "Ida", NOW), replace=False)
    before = _told(store)
    with store.writing() as tx, pytest.raises(InputError, match=told):
        _keep(tx, replace(WEEKLY, **changes))
    assert _told(store) == before


def test_one_that_is_changed_keeps_its_author(store: Store) -> None:
    with store.writing() as tx:
        _keep(tx)
        _keep(tx, replace(WEEKLY, cap=3), "Ada", anew=False)
        assert tx.subscriptions.get("weekly")[0].cap == 3
        assert tx.subscriptions.authors() == {"weekly": "Ida"}


def test_only_a_person_s_own_is_ended_here(store: Store) -> None:
    with store.writing() as tx:
        tx.subscriptions.sync([replace(WEEKLY, name="lab")], NOW)
        for name, told in (("lab", "stands in the configuration"), ("nosuch", "does not exist")):
            with pytest.raises(InputError, match=told):
                subscribing.end(tx, name, NOW)
        assert tx.subscriptions.authors() == {"lab": CONFIGURATION}
        assert [one.name for one, _ in tx.subscriptions.active()] == ["lab"]

"""What becomes an alarm, and what mends itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.alarms import Machine, alarms
from service.needs import Needs, Overdue, Unasked
from service.records import Alarm, DeliveryState, Severity, Stop, StopReason, Subscription
from service.records.workers import Worker
from service.store.delivery_lists import DeliveryLine
from service.store.sources import SourceState

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
DAY = timedelta(days=1)
GIB = 1 << 30


def state(**changes: Any) -> SourceState:
    values: dict[str, Any] = {
        "name": "pubmed",
        "last_attempt_at": NOW,
        "last_success_at": NOW - 2 * DAY,
        "failures": 5,
        "error_code": "throttled",
        "error": "asked to wait",
        "not_before": None,
    }
    return SourceState(**(values | changes))


def line(**changes: Any) -> DeliveryLine:
    values: dict[str, Any] = {
        "id": "0123456789",
        "digest_id": "d",
        "subscription": "Lab",
        "period": "UTC:2026-W47",
        "channel": "slack",
        "destination": "C01",
        "part": 1,
        "parts": 1,
        "state": DeliveryState.UNKNOWN,
        "attempt": 1,
        "resends": 0,
        "not_before": None,
        "lease_until": None,
        "created_at": NOW,
        "provider_id": None,
        "last_error": "no answer",
        "remedy": "look whether it is there",
    }
    return DeliveryLine(**(values | changes))


NO_NEEDS, ANY = Needs(), Machine()


def held(needs: Needs = NO_NEEDS, machine: Machine = ANY, *found: Alarm) -> list[Alarm]:
    return list(alarms(needs, machine, found, {"pubmed"}, NOW))


def test_nothing_that_needs_a_person_is_no_alarm() -> None:
    assert held() == []
    assert not Needs()


def test_an_alarm_names_the_host_that_failed_and_not_all_that_was_asked() -> None:
    error = "GET http://eutils.example.org/esearch.fcgi?term=%28cancer%5Btiab%5D: HTTP 503: down"
    (alarm,) = held(Needs(failing=(state(error=error),)))
    assert alarm.cause.endswith(" (UTC): eutils.example.org: HTTP 503: down")


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({}, Severity.WARNING),
        ({"last_success_at": NOW - 4 * DAY}, Severity.CRITICAL),
        ({"last_success_at": None}, Severity.CRITICAL),
        ({"failures": 2}, None),
        ({"last_success_at": NOW - timedelta(hours=20)}, None),
        ({"name": "feed that is not enabled any more"}, None),
    ],
)
def test_a_source_that_stays_away_is_an_alarm(
    changes: dict[str, Any], severity: Severity | None
) -> None:
    found = held(Needs(failing=(state(**changes),)))
    assert [each.severity for each in found] == ([severity] if severity else [])
    assert all("asked to wait" in each.cause and each.remedy for each in found)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"not_before": NOW + timedelta(minutes=5)}, False),
        ({"state": DeliveryState.DEAD, "remedy": None}, True),
        ({"state": DeliveryState.DEAD, "not_before": NOW}, True),
    ],
)
def test_a_delivery_is_an_alarm_when_nothing_happens_by_itself(
    changes: dict[str, Any], told: bool
) -> None:
    found = held(Needs(urgent=(line(**changes),)))
    assert bool(found) == told
    assert all(each.severity is Severity.CRITICAL and each.remedy for each in found)


def test_each_part_that_needs_a_person_is_an_alarm_of_its_own() -> None:
    found = held(Needs(urgent=(line(id="a", parts=2), line(id="b", part=2, parts=2))))
    assert len({each.key for each in found}) == 2
    assert "part 2 of 2" in found[1].thing


def test_a_digest_that_nobody_made_is_critical_and_comes_first() -> None:
    bounced = Stop("Lab", StopReason.BOUNCED, NOW, "no such user")
    needs = Needs(
        overdue=(Overdue("Lab", NOW - timedelta(hours=4)),),
        bounced=(bounced,),
        unconfigured=(Subscription("Chat", ("stroma",), "slack", "C01"),),
        unasked=(Unasked("old", "is gone", ["Lab"]),),
    )
    found = held(needs)
    assert [each.severity for each in found] == [Severity.CRITICAL] + [Severity.WARNING] * 3
    assert found[0].key == "digest-late:Lab"
    assert all(each.cause and each.remedy and each.thing for each in found)


@pytest.mark.parametrize(
    ("machine", "severity"),
    [
        (Machine(free=50 * GIB, size=100 * GIB), None),
        (Machine(free=2 * GIB, size=100 * GIB), None),
        (Machine(free=GIB // 2, size=100 * GIB), Severity.WARNING),
        (Machine(free=GIB // 2, size=4 * GIB), None),
        (Machine(free=100 << 20, size=4 * GIB), Severity.CRITICAL),
        (Machine(), None),
    ],
)
def test_a_disk_that_fills_is_told_in_time(machine: Machine, severity: Severity | None) -> None:
    assert [each.severity for each in held(Needs(), machine)] == ([severity] if severity else [])


def test_a_missing_model_is_told_with_what_it_means() -> None:
    (found,) = held(Needs(), Machine(model="model 'x': is not there"))
    assert "by words only" in found.remedy


def test_what_an_audit_finds_is_among_them_once() -> None:
    one = Alarm("audit:zero:pubmed", Severity.CRITICAL, "pubmed", "0 records", "look")
    assert held(Needs(), Machine(), one, one) == [one]


@pytest.mark.parametrize(
    ("ago", "told"),
    [(timedelta(minutes=9), 0), (timedelta(minutes=10), 1), (timedelta(hours=23), 1), (DAY, 0)],
)
def test_a_worker_that_has_not_said_goodbye_is_told_for_a_day(ago: timedelta, told: int) -> None:
    silent = Worker("host:1:ab", "litwatch 1", NOW - DAY, NOW - ago, "poll", NOW - ago)
    found = held(NO_NEEDS, Machine(silent=(silent,)))
    assert [each.key for each in found] == ["worker-gone:host:1:ab"] * told
    assert all(each.severity is Severity.WARNING for each in found)
    assert all("at poll, and has not said goodbye" in each.cause for each in found)

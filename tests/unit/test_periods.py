from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InputError
from service.periods import Period, due, label, latest, next_due
from service.records import Subscription

LAB = Subscription("Lab", ("stroma",), "file", "out", weekday=0, at="08:00", zone="Europe/Berlin")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC")
TIMES = ("00:00", "01:30", "02:30", "08:00")
# The Sundays on which clocks change in these zones (Sao Paulo's last ones).
CHANGES = ("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01")
CHANGES += ("2018-11-04", "2018-02-18", "2019-02-17")


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def keys(
    subscription: Subscription, start: datetime, ticks: list[timedelta], last: str | None = None
) -> list[str]:
    """Every key that a worker sends for when it looks at these intervals, as the worker would."""
    sent = []
    now = start
    for wait in ticks:
        now += wait
        period = due(subscription, now, last, LONG_AGO)
        if period:
            last = period.key
            sent.append(last)
    return sent


# -- which period ---------------------------------------------------------------------------------


def test_a_period_is_due_from_its_send_time_on() -> None:
    last = "Europe/Berlin:2026-W47"
    assert due(LAB, at("2026-11-23 07:59:59", LAB.zone), last, LONG_AGO) is None
    expected = Period("Europe/Berlin:2026-W48", at("2026-11-23 08:00", LAB.zone))
    assert due(LAB, at("2026-11-23 08:00", LAB.zone), last, LONG_AGO) == expected
    assert due(LAB, at("2026-11-29 23:00", LAB.zone), last, LONG_AGO) == expected
    assert due(LAB, at("2026-11-29 23:00", LAB.zone), expected.key, LONG_AGO) is None


def test_missed_weeks_merge_into_the_latest() -> None:
    """Down for five weeks: one digest, and nothing after it until the next send time."""
    now = at("2026-11-25 12:00")
    period = due(LAB, now, "Europe/Berlin:2026-W43", LONG_AGO)
    assert period
    assert period.key == "Europe/Berlin:2026-W48"
    assert due(LAB, now, period.key, LONG_AGO) is None


def test_a_digest_missed_on_monday_morning_comes_late() -> None:
    period = due(LAB, at("2026-11-25 10:00"), "Europe/Berlin:2026-W47", LONG_AGO)
    assert period
    assert period.due_at == at("2026-11-23 08:00", LAB.zone)


@pytest.mark.parametrize(
    ("created", "first"),
    [
        ("2026-11-23 07:59", "2026-11-23 08:00"),
        ("2026-11-23 08:00", "2026-11-30 08:00"),
        ("2026-11-23 09:00", "2026-11-30 08:00"),
        ("2026-11-26 09:00", "2026-11-30 08:00"),
    ],
)
def test_the_first_digest_comes_at_the_first_send_time_after_creation(
    created: str, first: str
) -> None:
    created_at, first_at = at(created, LAB.zone), at(first, LAB.zone)
    assert due(LAB, created_at, None, created_at) is None
    assert due(LAB, first_at - timedelta(seconds=1), None, created_at) is None
    period = due(LAB, first_at, None, created_at)
    assert period
    assert period.due_at == first_at


def test_a_forced_digest_does_not_use_up_the_next_one() -> None:
    """Created on Thursday, forced at once: Monday's digest still comes."""
    now = at("2026-11-26 09:00", LAB.zone)
    forced = latest(LAB, now)
    assert forced.key == "Europe/Berlin:2026-W48"
    period = due(LAB, at("2026-11-30 08:00", LAB.zone), forced.key, now)
    assert period
    assert period.key == "Europe/Berlin:2026-W49"


def test_the_year_that_ends_in_week_53() -> None:
    thursday = replace(LAB, weekday=3)
    sent = keys(thursday, at("2026-12-20 00:00"), [timedelta(days=1)] * 30, "x:2026-W51")
    assert sent == [
        f"Europe/Berlin:{week}" for week in ("2026-W52", "2026-W53", "2027-W01", "2027-W02")
    ]


# -- clocks and changes ---------------------------------------------------------------------------


def test_a_gap_moves_the_send_time_to_its_end() -> None:
    """02:30 does not exist in Berlin on 29 March 2026; 03:00 summer time is the first instant."""
    sunday = replace(LAB, weekday=6, at="02:30")
    assert latest(sunday, at("2026-03-30 00:00")).due_at == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_half_hour_gap_and_one_at_midnight() -> None:
    howe = replace(LAB, weekday=6, at="02:10", zone="Australia/Lord_Howe")
    assert latest(howe, at("2026-10-05 12:00")).due_at == at("2026-10-04 02:30", howe.zone)
    paulo = replace(LAB, weekday=6, at="00:00", zone="America/Sao_Paulo")
    assert latest(paulo, at("2018-11-05 12:00")).due_at == at("2018-11-04 01:00", paulo.zone)


def test_a_day_that_a_zone_left_out_is_sent_after_it() -> None:
    """Samoa had no 30 December 2011."""
    friday = replace(LAB, weekday=4, zone="Pacific/Apia")
    period = latest(friday, at("2011-12-31 12:00"))
    assert period == Period("Pacific/Apia:2011-W52", at("2011-12-31 00:00", friday.zone))


def test_an_ambiguous_time_is_its_first() -> None:
    sunday = replace(LAB, weekday=6, at="02:30")
    period = latest(sunday, at("2026-10-25 03:00", LAB.zone))
    assert period.due_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    hour_later = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 again
    assert due(sunday, hour_later, period.key, LONG_AGO) is None


@pytest.mark.parametrize("now", ["1970-01-01 00:00", "2026-11-22 10:00", "2026-10-14 10:00"])
def test_a_clock_that_goes_back_opens_no_period_again(now: str) -> None:
    assert due(LAB, at(now), "Europe/Berlin:2026-W48", LONG_AGO) is None
    assert due(LAB, at("1970-01-01 00:00"), None, at("2026-11-01 00:00")) is None


def test_a_changed_weekday_gives_no_second_digest_in_its_week() -> None:
    """Sent on Monday, moved to Friday: next on Friday of the next week. Back again: no repeat."""
    friday = replace(LAB, weekday=4)
    monday_sent = "Europe/Berlin:2026-W48"
    assert due(friday, at("2026-11-27 12:00"), monday_sent, LONG_AGO) is None
    assert next_due(friday, at("2026-11-25 12:00"), monday_sent).due_at == at(
        "2026-12-04 08:00", LAB.zone
    )
    assert due(LAB, at("2026-11-28 12:00"), monday_sent, LONG_AGO) is None


def test_a_weekday_moved_forward_is_sent_at_once() -> None:
    """Moved on Wednesday from Friday to Monday: this week's is due now, once."""
    period = due(LAB, at("2026-11-25 12:00"), "Europe/Berlin:2026-W47", LONG_AGO)
    assert period
    assert period.key.endswith("2026-W48")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_a_changed_zone_gives_no_second_digest_in_its_week(zone: str) -> None:
    moved = replace(LAB, zone=zone)
    for hour in range(7 * 24):
        now = at("2026-11-23 08:00", LAB.zone) + timedelta(hours=hour)
        period = due(moved, now, "Europe/Berlin:2026-W48", LONG_AGO)
        assert period is None or period.key == f"{zone}:2026-W49"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("change", CHANGES)
def test_each_week_around_a_clock_change_has_one_digest(zone: str, change: str) -> None:
    """Looked at every half hour, around the weekend and on Monday, for each time of day."""
    start = at(f"{change} 00:00") - timedelta(days=8)
    for weekday in (0, 5, 6):
        for time in TIMES:
            subscription = replace(LAB, zone=zone, at=time, weekday=weekday)
            before = latest(subscription, start).key
            sent = keys(subscription, start, [timedelta(minutes=30)] * (16 * 48), before)
            weeks = [_monday(key) for key in (before, *sent)]
            assert weeks == [weeks[0] + n * timedelta(days=7) for n in range(len(weeks))]
            assert len(sent) in {2, 3}


@settings(deadline=None, max_examples=150)
@given(
    zone=st.sampled_from(ZONES),
    time=st.sampled_from(TIMES),
    weekday=st.integers(0, 6),
    start=st.datetimes(datetime(2017, 1, 1), datetime(2030, 1, 1)),
    waits=st.lists(
        st.one_of(
            st.timedeltas(timedelta(seconds=1), timedelta(hours=6)),
            st.timedeltas(timedelta(hours=6), timedelta(days=40)),
            st.timedeltas(timedelta(days=-3), timedelta(0)),
        ),
        max_size=60,
    ),
)
def test_no_week_twice_and_none_left_over_whatever_the_downtime(
    zone: str, time: str, weekday: int, start: datetime, waits: list[timedelta]
) -> None:
    subscription = replace(LAB, zone=zone, at=time, weekday=weekday)
    now = start.replace(tzinfo=UTC)
    sent = keys(subscription, now, waits, latest(subscription, now).key)
    weeks = [_monday(key) for key in sent]
    assert weeks == sorted(set(weeks))
    end = now + sum(waits, timedelta())
    furthest = max([latest(subscription, now).key, *sent], key=_monday)
    assert _monday(latest(subscription, end).key) <= _monday(furthest)


@settings(deadline=None, max_examples=150)
@given(
    zone=st.sampled_from(ZONES),
    time=st.sampled_from(TIMES),
    weekday=st.integers(0, 6),
    moment=st.datetimes(datetime(2017, 1, 1), datetime(2030, 1, 1)),
)
def test_the_next_period_follows_the_latest(
    zone: str, time: str, weekday: int, moment: datetime
) -> None:
    subscription = replace(LAB, zone=zone, at=time, weekday=weekday)
    now = moment.replace(tzinfo=UTC)
    held, coming = latest(subscription, now), next_due(subscription, now)
    assert held.due_at <= now < coming.due_at
    assert _monday(coming.key) - _monday(held.key) == timedelta(days=7)
    assert latest(subscription, coming.due_at) == coming
    assert next_due(subscription, coming.due_at).due_at > coming.due_at
    local = coming.due_at.astimezone(ZoneInfo(zone))
    exists = local.strftime("%H:%M") == time
    gap = now.astimezone(ZoneInfo(zone)).utcoffset() != local.utcoffset()
    assert exists or gap
    assert local.weekday() == weekday


def _monday(key: str) -> date:
    year, _, week = key.rpartition(":")[2].partition("-W")
    return date.fromisocalendar(int(year), int(week), 1)


# -- labels and faults ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "sent", "told"),
    [
        ("Europe/Berlin:2026-W47", "2026-11-16T07:00", "16 Nov 2026, week 47"),
        ("Europe/Berlin:2026-W47", "2026-11-15T23:30", "16 Nov 2026, week 47"),
        ("UTC:2026-W53", "2026-12-28T08:00", "28 Dec 2026, week 53"),
        ("America/Argentina/Salta:2027-W01", "2027-01-04T02:00", "3 Jan 2027, week 1"),
    ],
)
def test_a_label_is_the_day_of_sending_in_the_readers_zone(key: str, sent: str, told: str) -> None:
    assert label(key, at(sent)) == told


@pytest.mark.parametrize("key", ["", "2026-W47", "UTC:2026-W54", "UTC:2025-W53", "UTC:2026-47"])
def test_a_key_that_is_no_week_is_refused(key: str) -> None:
    with pytest.raises(InputError, match="is no week"):
        label(key, LONG_AGO)


def test_a_subscription_that_cannot_be_timed_is_told_by_name() -> None:
    with pytest.raises(InputError, match="subscription 'Lab': zone 'Mars/Base' is not known"):
        latest(replace(LAB, zone="Mars/Base"), LONG_AGO)
    with pytest.raises(InputError, match="subscription 'Lab': '8 am' is no time"):
        latest(replace(LAB, at="8 am"), LONG_AGO)

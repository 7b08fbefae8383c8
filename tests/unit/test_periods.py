from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InputError
from service.periods import Period, coming, due, label, latest, next_due, notice, opens_month
from service.periods import moment as instant
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


# -- the first digest of a month ------------------------------------------------------------------


def opens(subscription: Subscription, key: str, since: str | None, now: str) -> bool:
    """Both times by the subscription's clock."""
    zone = subscription.zone
    last = None if since is None else at(since, zone)
    return opens_month(subscription, key, since=last, now=at(now, zone))


@pytest.mark.parametrize(
    ("since", "week", "now", "first"),
    [
        ("2026-11-23 08:00", 49, "2026-11-30 08:00", False),
        ("2026-11-30 08:00", 50, "2026-12-07 08:00", True),
        ("2026-12-07 08:00", 51, "2026-12-14 08:00", False),
        (None, 48, "2026-11-25 12:00", True),  # the first of all
        ("2026-10-26 08:00", 50, "2026-12-07 08:00", True),  # a month was missed
        ("2026-10-26 08:00", 48, "2026-11-23 08:00", True),  # and only some weeks of one
        ("2026-11-23 08:00", 49, "2026-12-02 10:00", True),  # due in November, late
        ("2026-12-02 10:00", 50, "2026-12-07 08:00", False),  # so this one is not
        ("2026-11-24 08:00", 50, "2026-11-28 09:00", True),  # looked at before it is due
        ("2026-11-24 08:00", 49, "2026-11-28 09:00", False),
    ],
)
def test_one_digest_opens_a_month(since: str | None, week: int, now: str, *, first: bool) -> None:
    assert opens(LAB, f"Europe/Berlin:2026-W{week}", since, now) is first


def test_a_year_that_turns_opens_its_january_and_the_same_month_a_year_later_opens_too() -> None:
    assert opens(LAB, "Europe/Berlin:2027-W01", "2026-12-28 08:00", "2027-01-04 08:00")
    assert opens(LAB, "Europe/Berlin:2027-W47", "2026-11-23 08:00", "2027-11-22 08:00")


@pytest.mark.parametrize(
    ("zone", "weekday", "time", "first"),
    [("Pacific/Honolulu", 0, "10:00", False), ("Pacific/Auckland", 1, "09:00", True)],
)
def test_the_month_is_that_of_the_subscriptions_own_clock(
    zone: str, weekday: int, time: str, *, first: bool
) -> None:
    """One moment: 30 November in Hawaii, 1 December in New Zealand."""
    now = at("2026-11-30 20:00")
    own = replace(LAB, zone=zone, weekday=weekday, at=time)
    key = f"{zone}:2026-W49"
    assert latest(own, now) == Period(key, now)
    assert opens_month(own, key, since=now - timedelta(weeks=1), now=now) is first


def test_another_weekday_costs_no_month() -> None:
    """Sent on Monday the 30th; from then on on Thursdays, and the 3rd is of the week that was."""
    thursdays = replace(LAB, weekday=3)
    assert opens(thursdays, "Europe/Berlin:2026-W50", "2026-11-30 08:00", "2026-12-10 08:00")


@settings(max_examples=60)
@given(
    st.sampled_from(ZONES),
    st.integers(0, 6),
    st.sampled_from(TIMES),
    st.lists(st.integers(1, 24 * 60), min_size=1, max_size=60),
)
def test_of_the_digests_of_a_month_the_first_opens_it_and_no_other(
    zone: str, weekday: int, time: str, waits: list[int]
) -> None:
    """However irregularly a worker looks, from hours to two months apart."""
    own = replace(LAB, zone=zone, weekday=weekday, at=time)
    now, last, since = at("2026-08-30 05:00"), None, None
    months: dict[tuple[int, int], list[bool]] = {}
    for hours in waits:
        now += timedelta(hours=hours)
        if period := due(own, now, last, LONG_AGO):
            here = now.astimezone(ZoneInfo(zone))
            opening = opens_month(own, period.key, since=since, now=now)
            months.setdefault((here.year, here.month), []).append(opening)
            last, since = period.key, now
    assert months
    for found in months.values():
        assert found == [True, *[False] * (len(found) - 1)]


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


# -- what a reader is told, and what a person names -----------------------------------------------


def told(now: str, since: str = "2026-11-09 08:00", created: datetime = LONG_AGO) -> str:
    """The notice of week 47's digest, made `now` by Berlin's clock."""
    last = at(since, LAB.zone) if since else None
    key = "Europe/Berlin:2026-W47"
    return notice(LAB, key, created_at=created, since=last, now=at(now, LAB.zone))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-16 07:00", ""),
        ("2026-11-16 10:59", ""),
        ("2026-11-16 11:00", "Sent 3 hours late: it was due on Monday, 16 Nov, at 08:00."),
        ("2026-11-17 19:59", "Sent 36 hours late: it was due on Monday, 16 Nov, at 08:00."),
        ("2026-11-17 20:00", "Sent 2 days late: it was due on Monday, 16 Nov, at 08:00."),
        ("2026-11-20 08:00", "Sent 4 days late: it was due on Monday, 16 Nov, at 08:00."),
    ],
)
def test_a_late_digest_says_when_it_was_due(now: str, expected: str) -> None:
    """T46."""
    assert told(now) == expected


def test_what_was_due_before_the_subscription_was_made_is_not_late() -> None:
    assert told("2026-11-18 12:00", since="", created=at("2026-11-16 08:00", LAB.zone)) == ""
    assert told("2026-11-18 12:00", since="", created=at("2026-11-16 07:59", LAB.zone))


def test_a_digest_that_stands_for_several_weeks_says_so() -> None:
    """T46."""
    assert told("2026-11-16 08:00", since="2026-11-02 08:00") == (
        "It covers the 2 weeks since 2 Nov."
    )
    both = told("2026-11-18 08:00", since="2026-10-12 08:00")
    assert both.startswith("Sent 2 days late: ")
    assert both.endswith(" It covers the 5 weeks since 12 Oct.")
    assert told("2026-11-16 08:00", since="2026-11-20 08:00") == "", "a clock was set back"


def test_a_time_is_told_as_it_was_by_the_readers_clock() -> None:
    """02:30 did not exist on that Sunday."""
    sunday, key = replace(LAB, weekday=6, at="02:30"), "Europe/Berlin:2026-W13"
    now = at("2026-03-29 12:00", LAB.zone)
    found = notice(sunday, key, created_at=LONG_AGO, since=None, now=now)
    assert found == "Sent 9 hours late: it was due on Sunday, 29 Mar, at 03:00."


NOW = at("2026-11-18 12:00", LAB.zone)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-16", "2026-11-16 08:00"),
        ("2026-11-17 21:30", "2026-11-17 21:30"),
        ("2026-11-17T21:30:15", "2026-11-17 21:30:15"),
        ("yesterday", "2026-11-17 08:00"),
        ("Last Monday", "2026-11-16 08:00"),
        ("last wednesday", "2026-11-11 08:00"),
        ("last thursday", "2026-11-12 08:00"),
        (" 2026-11-18 ", "2026-11-18 08:00"),
    ],
)
def test_a_time_is_read_by_the_subscriptions_clock(text: str, expected: str) -> None:
    assert instant(text, LAB, NOW) == at(expected, LAB.zone)


def test_a_time_with_an_offset_of_its_own_is_that_instant() -> None:
    assert instant("2026-11-16T08:00Z", LAB, NOW) == at("2026-11-16 08:00")
    assert instant("2026-11-16 08:00-05:00", LAB, NOW) == at("2026-11-16 13:00")


def test_today_before_the_send_time_is_now() -> None:
    early = at("2026-11-18 06:00", LAB.zone)
    assert instant("2026-11-18", LAB, early) == early


def test_a_time_in_a_gap_is_its_end() -> None:
    assert instant("2026-03-29 02:30", LAB, NOW) == datetime(2026, 3, 29, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "last", "last week", "monday", "2026-13-01", "16.11."]
)
def test_a_time_that_is_none_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InputError, match=r"is none that is known \(write it like 2026-11-16"):
        instant(text, LAB, NOW)


@pytest.mark.parametrize("text", ["2026-11-19", "2026-11-18 12:01", "9999-12-31", "2027-01-01T00Z"])
def test_a_time_to_come_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is still to come"):
        instant(text, LAB, NOW)


def test_the_first_and_the_last_instants_of_the_calendar_do_no_harm() -> None:
    for text in ("0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00"):
        with pytest.raises(InputError):
            instant(text, LAB, NOW)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, "2026-W47"),
        ("2026-W46", "2026-W47"),
        ("2026-W47", "2026-W48"),
        ("2026-W52", "2026-W53"),
    ],
)
def test_a_digest_made_between_two_send_times_is_that_weeks_or_the_next(
    last: str | None, expected: str
) -> None:
    for now in ("2026-11-16 07:00", "2026-11-16 08:00", "2026-11-22 23:59"):
        key = f"UTC:{last}" if last else None
        assert coming(LAB, at(now, LAB.zone), key).key == f"Europe/Berlin:{expected}"

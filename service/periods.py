"""The weekly schedule: which digest is due. Pure; the time zone tables are its only knowledge.

A period is an ISO week in the subscription's zone, and each has exactly one send time. Periods
are compared as (ISO year, week): neither a clock that goes back nor a changed zone or weekday
opens one again. Windows of works do not hang on these times (they run on the ingest sequence from
digest to digest), so a week without its digest loses nothing: the next digest reaches back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from service.errors import InputError

if TYPE_CHECKING:
    from service.records import Subscription

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_IN_TIME = timedelta(hours=3)  # polling, embedding and ranking come first: that is not being late
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Period:
    """One week of one subscription: key ("Europe/Berlin:2026-W47") and send time (UTC)."""

    key: str
    due_at: datetime


def due(
    subscription: Subscription, now: datetime, last_key: str | None, created_at: datetime
) -> Period | None:
    """The period to send now, or None.

    It is the latest whose send time has passed: weeks that were missed merge into it. `last_key`
    is the subscription's last period (None: it has none); the first is the first send time after
    `created_at`.
    """
    period = latest(subscription, now)
    if last_key is not None:
        return period if _week(period.key) > _week(last_key) else None
    return period if period.due_at > created_at else None


def latest(subscription: Subscription, now: datetime) -> Period:
    """The latest period whose send time has passed, sent or not (what a forced digest is for)."""
    monday = _monday(subscription, now)
    period = _period(subscription, monday)
    return period if period.due_at <= now else _period(subscription, monday - _WEEK)


def next_due(subscription: Subscription, now: datetime, last_key: str | None = None) -> Period:
    """The first period to be sent after `now`, weeks up to `last_key` left out."""
    monday = _monday(subscription, now) - _WEEK
    if last_key is not None:
        monday = max(monday, date.fromisocalendar(*_week(last_key), 1) + _WEEK)
    period = _period(subscription, monday)
    while period.due_at <= now:
        monday += _WEEK
        period = _period(subscription, monday)
    return period


def coming(subscription: Subscription, at: datetime, last_key: str | None) -> Period:
    """The period of a digest that were made at `at`, due or not: that of the week, or the next
    one where the week has had its digest."""
    period = _period(subscription, _monday(subscription, at))
    if last_key is None or _week(period.key) > _week(last_key):
        return period
    return next_due(subscription, at, last_key)


def notice(
    subscription: Subscription,
    period_key: str,
    *,
    created_at: datetime,
    since: datetime | None,
    now: datetime,
) -> str:
    """What a reader is to know of a digest that is not as usual: that it comes late, and that it
    stands for several weeks; "" for any other.

    `since` is when the window's last digest was frozen, None for the first digest. What was due
    before the subscription was made is not late.
    """
    monday = date.fromisocalendar(*_week(period_key), 1)
    due_at, told = _period(subscription, monday).due_at, []
    if created_at < due_at <= now - _IN_TIME:
        due = due_at.astimezone(_zone(subscription))
        day = f"{_DAYS[due.weekday()].capitalize()}, {due.day} {_month(due.date())}"
        told.append(f"Sent {_amount(now - due_at)} late: it was due on {day}, at {due:%H:%M}.")
    if since is not None:
        weeks = (monday - _monday(subscription, since)) // _WEEK
        if weeks > 1:
            begin = since.astimezone(_zone(subscription)).date()
            told.append(f"It covers the {weeks} weeks since {begin.day} {_month(begin)}.")
    return " ".join(told)


def opens_month(
    subscription: Subscription, period_key: str, *, since: datetime | None, now: datetime
) -> bool:
    """Whether a digest made `now` is the first of its calendar month, by the subscription's clock.

    `since` is when the last digest was frozen, None for the first of all, which opens its month. A
    late digest is of the month in which it is made; one that is not due yet, of that in which it
    will be. So each month with a digest has exactly one that opens it, however weeks are missed.
    """
    if since is None:
        return True
    monday, zone = date.fromisocalendar(*_week(period_key), 1), _zone(subscription)
    made = max(now, _period(subscription, monday).due_at).astimezone(zone)
    last = since.astimezone(zone)
    return (made.year, made.month) > (last.year, last.month)


def moment(text: str, subscription: Subscription, now: datetime) -> datetime:
    """The instant (UTC) that a person names: "2026-11-16 08:00" by the subscription's clock, or
    with an offset of its own; a date alone, "yesterday" and "last monday" are that day's send time.

    Raises `InputError` for anything else, and for what is still to come.
    """
    zone = _zone(subscription)
    today = now.astimezone(zone).date()
    try:
        day = _day(text, today)
        if day is not None:
            found = _instant(datetime.combine(day, _time(subscription)), zone)
            found = min(found, now) if day == today else found
        else:
            read = datetime.fromisoformat(text.strip())
            found = read.astimezone(UTC) if read.tzinfo else _instant(read, zone)
    except (ValueError, OverflowError):
        remedy = 'write it like 2026-11-16, "2026-11-16 08:00" or "last monday"'
        raise InputError(f"time {text!r}", "is none that is known", remedy) from None
    if found > now:
        raise InputError(f"time {text!r}", "is still to come", "name one that has passed")
    return found


def label(period_key: str, at: datetime) -> str:
    """A digest's date as people read it, in the period's zone: "16 Nov 2026, week 47".

    Not the week's own dates: a digest tells what came in before it.
    """
    week = _week(period_key)[1]  # first, because it refuses a key that is none
    day = at.astimezone(ZoneInfo(period_key.rpartition(":")[0])).date()
    return f"{day.day} {_month(day)} {day.year}, week {week}"


def _month(day: date) -> str:
    return _MONTHS[day.month - 1]  # not strftime: that follows the locale


def _amount(late: timedelta) -> str:
    count, unit = round(late / timedelta(hours=1)), "hour"
    if late >= 1.5 * _DAY:
        count, unit = round(late / _DAY), "day"
    return f"{count} {unit}s"  # never one: it is three hours, or two days, at the least


def _day(text: str, today: date) -> date | None:
    """The day that a text names without a time of day; None when it names none."""
    word = text.strip().lower()
    weekday = word.removeprefix("last ")
    if weekday != word and weekday in _DAYS:
        return today - timedelta(days=(today.weekday() - _DAYS.index(weekday) - 1) % 7 + 1)
    if word == "yesterday":
        return today - _DAY
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _monday(subscription: Subscription, now: datetime) -> date:
    today = now.astimezone(_zone(subscription)).date()
    return today - timedelta(days=today.weekday())


def _period(subscription: Subscription, monday: date) -> Period:
    day = monday + timedelta(days=subscription.weekday)
    year, week, _ = monday.isocalendar()
    due_at = _instant(datetime.combine(day, _time(subscription)), _zone(subscription))
    return Period(f"{subscription.zone}:{year}-W{week:02}", due_at)


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local time: the first of two, or the end of the gap it falls into."""
    instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    # In a gap, fold=1 reads the later offset and fold=0 the earlier: the change lies between.
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    after = instant
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _zone(subscription: Subscription) -> ZoneInfo:
    try:
        return ZoneInfo(subscription.zone)
    except (KeyError, ValueError, OSError):
        told = f"zone {subscription.zone!r} is not known here"
        raise InputError(
            f"subscription {subscription.name!r}", told, 'name one like "Europe/Berlin"'
        ) from None


def _time(subscription: Subscription) -> time:
    try:
        return time.fromisoformat(subscription.at)
    except ValueError:
        told = f"{subscription.at!r} is no time of day"
        raise InputError(
            f"subscription {subscription.name!r}", told, 'write it like "08:00"'
        ) from None


def _week(key: str) -> tuple[int, int]:
    found = re.fullmatch(r"[^:]+:(\d{4})-W(\d{2})", key)
    try:
        if found:
            year, week = int(found[1]), int(found[2])
            date.fromisocalendar(year, week, 1)
            return year, week
    except ValueError:
        pass
    raise InputError(f"period {key!r}", "is no week", 'write it like "Europe/Berlin:2026-W47"')

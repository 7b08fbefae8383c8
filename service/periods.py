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

_WEEK = timedelta(days=7)
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


def label(period_key: str, at: datetime) -> str:
    """A digest's date as people read it, in the period's zone: "16 Nov 2026, week 47".

    Not the week's own dates: a digest tells what came in before it.
    """
    week = _week(period_key)[1]  # first, because it refuses a key that is none
    day = at.astimezone(ZoneInfo(period_key.rpartition(":")[0])).date()
    return f"{day.day} {_month(day)} {day.year}, week {week}"


def _month(day: date) -> str:
    return _MONTHS[day.month - 1]  # not strftime: that follows the locale


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

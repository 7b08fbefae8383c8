"""Keeping alarms, and telling the operator of them.

A module beside the pipeline, with the same rules: what holds is decided in `alarms`, and the bytes
are made in `digest.notices`. An alarm is told at least once: one whose sending is in doubt is sent
again, for a notice that comes twice does no harm and one that is lost does.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from service.digest.notices import Notice, notice
from service.records import Delivery, DeliveryState, Outcome, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.digest.email import Letterhead
    from service.protocols import Channel
    from service.records import Alarm
    from service.store import Store
    from service.store.alarms import KeptAlarm

log = logging.getLogger(__name__)

_LEASE = timedelta(minutes=5)
_AGAIN = timedelta(minutes=15)  # after a sending that failed


@dataclass(frozen=True, slots=True)
class Operator:
    """Where the operator is told: a channel, its destination, and what a mail is headed with."""

    channel: Channel
    destination: str
    head: Letterhead | None = None


def take_stock(store: Store, holding: Sequence[Alarm], now: datetime) -> None:
    """Keep what holds now. What is new is logged, too: there may be no other channel."""
    with store.writing() as tx:
        begun = tx.alarms.take_stock(holding, now)
    for alarm in begun:
        level = logging.ERROR if alarm.severity is Severity.CRITICAL else logging.WARNING
        log.log(level, "alarm: %s %s; %s", alarm.thing, alarm.cause, alarm.remedy)


def tell(store: Store, operator: Operator, now: datetime) -> int:
    """Tell what is to be told, in one notice; returns how many alarms that were. Where it cannot be
    sent it is tried again later."""
    with store.writing() as tx:
        claimed = tx.alarms.claim(now, _LEASE)
    if not claimed:
        return 0
    outcome = send(operator, composed(claimed, now))
    with store.writing() as tx:
        if outcome.state is DeliveryState.SENT:
            tx.alarms.told(claimed, now)
            return len(claimed)
        tx.alarms.untold(claimed, now + _AGAIN)
    log.error("the operator could not be told of %d alarms: %s", len(claimed), outcome.detail)
    return 0


def composed(claimed: Sequence[KeptAlarm], now: datetime) -> Notice:
    """What is told of these alarms: those that began, the critical first, then what is over."""
    begun = [each for each in claimed if each.ended_at is None]
    over = [each for each in claimed if each.ended_at is not None]
    begun.sort(key=lambda each: each.alarm.severity is not Severity.CRITICAL)
    lines = [line for each in begun for line in _lines(each.alarm)]
    # Several things can have been wrong with one and the same source.
    lines += dict.fromkeys(f"Over: {each.alarm.thing} {_since(each)}" for each in over)
    print_of = [(each.id, each.alarm.severity, each.ended_at is None) for each in claimed]
    identity = uuid5(NAMESPACE_URL, f"litwatch:alarm:{print_of}:{now:%Y-%m-%dT%H:%M}")
    return Notice(str(identity), _title(begun, over), tuple(lines), now)


def _title(begun: Sequence[KeptAlarm], over: Sequence[KeptAlarm]) -> str:
    first = (begun or over)[0].alarm
    rest = len(begun) + len(over) - 1
    more = f" (and {rest} more)" if rest else ""
    if not begun:
        return f"Litwatch: over: {first.thing}{more}"
    mark = "Litwatch, critical" if first.severity is Severity.CRITICAL else "Litwatch"
    return f"{mark}: {first.thing} {first.cause}"[:160] + more


def _lines(alarm: Alarm) -> list[str]:
    mark = "Critical: " if alarm.severity is Severity.CRITICAL else ""
    return [f"{mark}{alarm.thing} {alarm.cause}", f"   {alarm.remedy}"]


def _since(each: KeptAlarm) -> str:
    return f"(since {each.began_at:%Y-%m-%d %H:%M} UTC)"


def send(operator: Operator, told: Notice) -> Outcome:
    """Send one notice, once. Raises `DeliveryError` where it cannot even be made."""
    channel = operator.channel
    payload = notice(told, channel.name, operator.destination, operator.head)
    return channel.send(
        Delivery(
            id=told.id,
            digest_id=told.id,
            channel=channel.name,
            destination=operator.destination,
            part=1,
            parts=1,
            payload=payload,
            sha256=hashlib.sha256(payload).hexdigest(),
            state=DeliveryState.SENDING,
            attempt=1,
            started_at=told.at,
            created_at=told.at,
        )
    )

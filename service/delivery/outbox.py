"""What becomes of a delivery after one call. Pure: the store applies what is decided here.

A `SENDING` delivery was sent; an `UNKNOWN` one was looked at (`Channel.reconcile`). A look must
leave `started_at` as it is: waiting is counted from the attempt that may have arrived.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service.records import DeliveryState

if TYPE_CHECKING:
    from datetime import datetime

    from service.records import Delivery, Outcome


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a channel is. `looks` are the seconds after an attempt at which absence must
    have been seen, the last one before it is sent again; `resends` is how often that may be.
    `give_up` is counted from when a delivery was first due."""

    looks: tuple[float, ...]
    resends: int = 1
    first_wait: float = 300.0
    longest_wait: float = 4000.0
    give_up: timedelta = timedelta(days=5)


_POLICIES = {
    "slack": Policy(looks=(30.0, 300.0)),
    "email": Policy(looks=(300.0,)),
    "file": Policy(looks=(0.0,), resends=1000),  # writing the same file again does no harm
    "atom": Policy(looks=(0.0,), resends=1000),  # nor does an entry that the feed has
    "apprise": Policy(looks=(0.0,), resends=0),  # a person must look, at once
}


def policy_of(channel: str) -> Policy:
    """The policy of a channel by its name; a stranger is treated as carefully as Slack."""
    return _POLICIES.get(channel, _POLICIES["slack"])


@dataclass(frozen=True, slots=True)
class Transition:
    """What to write. `not_before` is when to act again; None: nothing happens by itself any more.

    `resend` says that this sends something again that may have arrived: count it. `plain` says
    that from now on it goes as text alone.
    """

    state: DeliveryState
    not_before: datetime | None
    detail: str
    provider_id: str | None = None
    remedy: str = ""
    resend: bool = False
    plain: bool = False


def next_state(delivery: Delivery, outcome: Outcome, now: datetime, policy: Policy) -> Transition:
    """The next state after a sending or a look; giving up counts from when it was first due."""
    told = Transition(
        outcome.state,
        None,
        outcome.detail,
        outcome.provider_id,
        outcome.remedy,
        plain=outcome.plain,
    )
    if outcome.state in {DeliveryState.SENT, DeliveryState.DEAD}:
        return told
    if delivery.state is DeliveryState.UNKNOWN:
        return _after_look(delivery, told, outcome, now, policy)
    if outcome.state is DeliveryState.UNKNOWN:
        return replace(told, not_before=_after(now, max(policy.looks[0], outcome.wait or 0.0)))
    if delivery.created_at is not None and now - delivery.created_at >= policy.give_up:
        remedy = outcome.remedy or "mend the cause and send it again"
        detail = f"given up after {policy.give_up.days} days: {outcome.detail}"
        return replace(told, state=DeliveryState.DEAD, detail=detail, remedy=remedy)
    wait = _scheduled(delivery.attempt, policy) if outcome.wait is None else max(outcome.wait, 1.0)
    return replace(told, not_before=_after(now, wait))


def expired(now: datetime, policy: Policy) -> Transition:
    """What becomes of a delivery whose sender went silent: it may have arrived."""
    detail = "the worker that was sending it went silent"
    return Transition(DeliveryState.UNKNOWN, _after(now, policy.looks[0]), detail)


def orphaned() -> Transition:
    """What becomes of a later part that has no thread to go into."""
    return Transition(DeliveryState.CANCELLED, None, "part 1 did not arrive, so it has no thread")


def stopped(reason: str) -> Transition:
    """What becomes of a delivery that waits for a subscription that was stopped."""
    detail = f"the subscription is stopped: {reason}"
    return Transition(DeliveryState.CANCELLED, None, detail)


def _after_look(
    delivery: Delivery, told: Transition, outcome: Outcome, now: datetime, policy: Policy
) -> Transition:
    waited = (now - delivery.started_at).total_seconds() if delivery.started_at else float("inf")
    unknown = replace(told, state=DeliveryState.UNKNOWN)
    if outcome.state is DeliveryState.UNKNOWN:
        if outcome.remedy:
            return unknown
        if waited >= policy.give_up.total_seconds():
            return replace(unknown, remedy="find out by hand whether it arrived")
        again = max(outcome.wait or 0.0, min(max(waited, policy.looks[0]), policy.longest_wait))
        return replace(unknown, not_before=_after(now, again))
    later = next((look - waited for look in policy.looks if look > waited), None)
    if later is not None:
        return replace(unknown, not_before=_after(now, later))
    if delivery.resends >= policy.resends:
        remedy = "it was sent twice without an answer: find out by hand whether it arrived"
        return replace(unknown, remedy=remedy)
    detail = f"{outcome.detail}: sent again"
    return replace(told, state=DeliveryState.RETRY, not_before=now, detail=detail, resend=True)


def _scheduled(attempt: int, policy: Policy) -> float:
    doubled = policy.first_wait * 2.0 ** min(max(attempt - 1, 0), 30)
    return min(doubled, policy.longest_wait)


def _after(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)

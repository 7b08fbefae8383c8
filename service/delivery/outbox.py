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
    have been seen, the last one before it is sent again; `resends` is how often that may be."""

    looks: tuple[float, ...]
    resends: int = 1
    first_wait: float = 300.0
    longest_wait: float = 4000.0
    give_up: timedelta = timedelta(days=5)


_POLICIES = {
    "slack": Policy(looks=(30.0, 300.0)),
    "email": Policy(looks=(300.0,)),
    "file": Policy(looks=(0.0,), resends=1000),  # writing the same file again does no harm
}


def policy_of(channel: str) -> Policy:
    """The policy of a channel by its name; a stranger is treated as carefully as Slack."""
    return _POLICIES.get(channel, _POLICIES["slack"])


@dataclass(frozen=True, slots=True)
class Transition:
    """What to write. `not_before` is when to act again; None: nothing happens by itself any more.

    `resend` says that this sends something again that may have arrived: count it.
    """

    state: DeliveryState
    not_before: datetime | None
    detail: str
    provider_id: str | None = None
    remedy: str = ""
    resend: bool = False


def next_state(
    delivery: Delivery,
    outcome: Outcome,
    now: datetime,
    policy: Policy,
    *,
    since: datetime | None = None,
) -> Transition:
    """The next state after a sending or a look. `since` is when the delivery was first due
    (giving up counts from there; without it, from the number of attempts)."""
    plain = Transition(
        outcome.state, None, outcome.detail, outcome.provider_id, outcome.remedy, resend=False
    )
    if outcome.state in {DeliveryState.SENT, DeliveryState.DEAD}:
        return plain
    if delivery.state is DeliveryState.UNKNOWN:
        return _after_look(delivery, plain, outcome, now, policy)
    if outcome.state is DeliveryState.UNKNOWN:
        return replace(plain, not_before=_after(now, max(policy.looks[0], outcome.wait or 0.0)))
    if _tired(delivery, now, policy, since):
        remedy = outcome.remedy or "mend the cause and send the digest again"
        detail = f"given up after {policy.give_up.days} days: {outcome.detail}"
        return replace(plain, state=DeliveryState.DEAD, detail=detail, remedy=remedy)
    wait = _scheduled(delivery.attempt, policy) if outcome.wait is None else max(outcome.wait, 1.0)
    return replace(plain, not_before=_after(now, wait))


def expired(now: datetime, policy: Policy) -> Transition:
    """What becomes of a delivery whose sender went silent: it may have arrived."""
    detail = "the worker that was sending it went silent"
    return Transition(DeliveryState.UNKNOWN, _after(now, policy.looks[0]), detail)


def may_go(delivery: Delivery, first: DeliveryState | None) -> bool:
    """Whether a part may be sent, given part 1's state: its thread must exist."""
    return delivery.part == 1 or (first is DeliveryState.SENT and delivery.thread is not None)


def orphaned(delivery: Delivery, first: DeliveryState | None) -> bool:
    """Whether a later part has no thread to come: it is to be cancelled."""
    return delivery.part > 1 and first in {DeliveryState.DEAD, DeliveryState.CANCELLED}


def _after_look(
    delivery: Delivery, plain: Transition, outcome: Outcome, now: datetime, policy: Policy
) -> Transition:
    waited = (now - delivery.started_at).total_seconds() if delivery.started_at else float("inf")
    unknown = replace(plain, state=DeliveryState.UNKNOWN)
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
    return replace(plain, state=DeliveryState.RETRY, not_before=now, detail=detail, resend=True)


def _scheduled(attempt: int, policy: Policy) -> float:
    doubled = policy.first_wait * 2.0 ** min(max(attempt - 1, 0), 30)
    return min(doubled, policy.longest_wait)


def _tired(delivery: Delivery, now: datetime, policy: Policy, since: datetime | None) -> bool:
    if since is not None:
        return now - since >= policy.give_up
    return delivery.attempt * policy.longest_wait >= policy.give_up.total_seconds()


def _after(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)

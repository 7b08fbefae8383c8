"""Emptying the outbox: claim, commit, send once, record; look for what may have arrived.

Does not decide what an outcome means for the next try: `outbox` does.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from service.delivery.outbox import Transition, expired, next_state, policy_of
from service.records import DeliveryState, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.clock import Clock
    from service.protocols import Channel, Outbox
    from service.records import Delivery

log = logging.getLogger(__name__)

_MOST = 10_000  # claims in one call: a guard against a delivery that never leaves the queue


def deliver(
    outbox: Outbox,
    channels: Mapping[str, Channel],
    clock: Clock,
    stopping: Callable[[], bool] = lambda: False,
) -> list[tuple[Delivery, Transition]]:
    """Send everything that is due and look for everything in doubt; what each came to.

    `stopping` is asked between deliveries: one that is under way is always brought to its end.
    """
    done = _tidy(outbox, clock)
    for _ in range(_MOST):
        if stopping():
            break
        step = _send_one(outbox, channels, clock) or _look_for_one(outbox, channels, clock)
        if step is None:
            break
        done.append(step)
    return done


def _tidy(outbox: Outbox, clock: Clock) -> list[tuple[Delivery, Transition]]:
    """Sendings whose worker went silent become UNKNOWN; parts without a thread are cancelled."""
    now = clock.now()
    found = [(d, expired(now, policy_of(d.channel))) for d in outbox.expired(now)]
    cancelled = Transition(DeliveryState.CANCELLED, None, "part 1 did not arrive")
    found += [(delivery, cancelled) for delivery in outbox.orphans()]
    return [(delivery, _record(outbox, delivery, change, clock)) for delivery, change in found]


def _send_one(
    outbox: Outbox, channels: Mapping[str, Channel], clock: Clock
) -> tuple[Delivery, Transition] | None:
    delivery = outbox.claim(clock.now())
    if delivery is None:
        return None
    outcome = _outcome(lambda: channels[delivery.channel].send(delivery), delivery)
    return delivery, _record(outbox, delivery, _decided(delivery, outcome, clock), clock)


def _look_for_one(
    outbox: Outbox, channels: Mapping[str, Channel], clock: Clock
) -> tuple[Delivery, Transition] | None:
    delivery = outbox.claim_unknown(clock.now())
    if delivery is None:
        return None
    outcome = _outcome(lambda: channels[delivery.channel].reconcile(delivery), delivery)
    return delivery, _record(outbox, delivery, _decided(delivery, outcome, clock), clock)


def _outcome(call: Callable[[], Outcome], delivery: Delivery) -> Outcome:
    """What the channel said. A defect of ours, at a point unknown, is UNKNOWN: the message may have
    gone out, so it is not sent blindly."""
    try:
        return call()
    except Exception as error:
        log.exception("delivery %s: unexpected failure", delivery.id)
        return Outcome(DeliveryState.UNKNOWN, f"unexpected {type(error).__name__}: {error}")


def _decided(delivery: Delivery, outcome: Outcome, clock: Clock) -> Transition:
    return next_state(delivery, outcome, clock.now(), policy_of(delivery.channel))


def _record(outbox: Outbox, delivery: Delivery, change: Transition, clock: Clock) -> Transition:
    held = outbox.finish(
        delivery,
        state=change.state,
        not_before=change.not_before,
        detail=change.detail,
        provider_id=change.provider_id,
        remedy=change.remedy,
        resend=change.resend,
        plain=False,
        now=clock.now(),
    )
    level = logging.INFO if change.state is DeliveryState.SENT else logging.WARNING
    log.log(level, "delivery %s: %s (%s)", delivery.id, change.state, change.detail)
    if not held:
        log.warning("delivery %s: this came too late; another worker had decided", delivery.id)
    return change

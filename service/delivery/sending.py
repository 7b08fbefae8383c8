"""Emptying the outbox: claim, commit, send once, record; look for what may have arrived.

Does not decide what an outcome means for the next try: `outbox` does. The time of every decision
is the outbox's, which all workers share.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from service.delivery.outbox import (
    Transition,
    expired,
    next_state,
    orphaned,
    policy_of,
    stopped,
)
from service.records import DeliveryState, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.protocols import Channel, Outbox
    from service.records import Delivery

log = logging.getLogger(__name__)

_MOST = 10_000  # claims in one call: a guard against a delivery that never leaves the queue
_HELD_UP = "not sent: this worker was held up between claiming and sending it"


def deliver(
    outbox: Outbox,
    channels: Mapping[str, Channel],
    stopping: Callable[[], bool] = lambda: False,
) -> list[tuple[Delivery, Transition]]:
    """Send everything that is due and look for everything in doubt; what each came to.

    `stopping` is asked between deliveries: one that is under way is always brought to its end.
    """
    done = _tidy(outbox)
    for _ in range(_MOST):
        if stopping():
            break
        step = _send_one(outbox, channels) or _look_for_one(outbox, channels)
        if step is None:
            break
        done.append(step)
    return done


def _tidy(outbox: Outbox) -> list[tuple[Delivery, Transition]]:
    """Sendings whose worker went silent become UNKNOWN; what must not go any more is cancelled."""
    now = outbox.now()
    found = [(d, expired(now, policy_of(d.channel))) for d in outbox.expired(now)]
    found += [(delivery, stopped(reason)) for delivery, reason in outbox.stopped()]
    done = [(delivery, _record(outbox, delivery, change)) for delivery, change in found]
    return done + [(each, _record(outbox, each, orphaned())) for each in outbox.orphans()]


def _send_one(
    outbox: Outbox, channels: Mapping[str, Channel]
) -> tuple[Delivery, Transition] | None:
    delivery = outbox.claim(outbox.now())
    if delivery is None:
        return None
    if outbox.holds(delivery):
        outcome = _outcome(lambda: channels[delivery.channel].send(delivery), delivery)
    else:  # nothing went out, so it goes back; if another has decided since, this is only noted
        outcome = Outcome(DeliveryState.RETRY, _HELD_UP, wait=1.0)
    return delivery, _record(outbox, delivery, _decided(outbox, delivery, outcome))


def _look_for_one(
    outbox: Outbox, channels: Mapping[str, Channel]
) -> tuple[Delivery, Transition] | None:
    delivery = outbox.claim_unknown(outbox.now())
    if delivery is None:
        return None
    outcome = _outcome(lambda: channels[delivery.channel].reconcile(delivery), delivery)
    return delivery, _record(outbox, delivery, _decided(outbox, delivery, outcome))


def _outcome(call: Callable[[], Outcome], delivery: Delivery) -> Outcome:
    """What the channel said. A defect of ours, at a point unknown, is UNKNOWN: the message may have
    gone out, so it is not sent blindly."""
    try:
        return call()
    except Exception as error:
        log.exception("delivery %s: unexpected failure", delivery.id, extra=_about(delivery))
        return Outcome(DeliveryState.UNKNOWN, f"unexpected {type(error).__name__}: {error}")


def _decided(outbox: Outbox, delivery: Delivery, outcome: Outcome) -> Transition:
    return next_state(delivery, outcome, outbox.now(), policy_of(delivery.channel))


def _record(outbox: Outbox, delivery: Delivery, change: Transition) -> Transition:
    held = outbox.finish(
        delivery,
        state=change.state,
        not_before=change.not_before,
        detail=change.detail,
        provider_id=change.provider_id,
        remedy=change.remedy,
        resend=change.resend,
        plain=change.plain,
        now=outbox.now(),
    )
    level = _level(change) if held else logging.WARNING
    about = _about(delivery) | {"state": str(change.state)}
    log.log(level, "delivery %s: %s (%s)", delivery.id, change.state, change.detail, extra=about)
    if not held:
        log.warning("delivery %s: this came too late; another worker had decided", delivery.id)
    return change


def _about(delivery: Delivery) -> dict[str, str]:
    """What programs that read the log find a delivery by."""
    return {"delivery": delivery.id, "digest": delivery.digest_id, "channel": delivery.channel}


def _level(change: Transition) -> int:
    """ERROR where from now on nothing happens unless a person acts; it is told this once."""
    if change.state is DeliveryState.SENT:
        return logging.INFO
    given_up = change.state is DeliveryState.UNKNOWN and change.not_before is None
    return logging.ERROR if given_up or change.state is DeliveryState.DEAD else logging.WARNING

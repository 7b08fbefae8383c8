"""What a person asks of the outbox: a delivery explained, and their decision about one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import InputError
from service.records import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.delivery.moves import Move, Surroundings
    from service.delivery.outbox import Transition
    from service.records import Delivery
    from service.store import Store, Unit
    from service.store.delivery_lists import DeliveryLine


@dataclass(frozen=True, slots=True)
class Explained:
    """All there is to know about a delivery. `moves` is what a person may do with it; `next` is
    what happens by itself, at `next_at` where that is known."""

    line: DeliveryLine
    delivery: Delivery
    stop: str
    next: str
    next_at: datetime | None
    moves: Sequence[Move]
    events: Sequence[tuple[datetime, str, str, str]]


def explain(store: Store, prefix: str) -> Explained:
    """The delivery whose id begins with `prefix`. Raises `InputError`."""
    from service.delivery.moves import allowed, outlook

    with store.reading() as tx:
        identity = tx.deliveries.find(prefix)
        line, delivery = tx.deliveries.line(identity), tx.deliveries.get(identity)
        stop = tx.deliveries.stop_of(delivery)
        events = tx.deliveries.events(identity)
    told, when = outlook(delivery, line.not_before, line.lease_until)
    return Explained(line, delivery, stop, told, when, allowed(delivery.state), events)


def decide(
    store: Store, prefix: str, move: str, *, by: str, message: str = ""
) -> tuple[Delivery, Transition, int]:
    """Do with a delivery what a person decided (the word of a `Move`), and leave an event that
    names them.

    Returns the delivery as it was, what became of it, and how many later parts wait for it again.
    Raises `InputError` where that is not allowed, or where something else has happened meanwhile.
    """
    from service.delivery.moves import Move, moved

    now = store.now()
    with store.writing() as tx:
        delivery = tx.deliveries.get(tx.deliveries.find(prefix))
        around = _surroundings(tx, delivery)
        change = moved(delivery, Move(move), around, by=by, now=now, message=message)
        held = tx.deliveries.finish(
            delivery,
            state=change.state,
            not_before=change.not_before,
            detail=change.detail,
            provider_id=change.provider_id,
            remedy=change.remedy,
            resend=change.resend,
            plain=False,
            now=now,
            anew=change.state is DeliveryState.RETRY,
        )
        if not held:
            told = "has changed while you decided"
            raise InputError(f"delivery {delivery.id[:8]}", told, "look at it again")
        again = 0
        if delivery.part == 1 and change.state is DeliveryState.RETRY:
            again = tx.deliveries.revive(delivery, f"part 1 is {change.detail}", now)
    return delivery, change, again


def _surroundings(tx: Unit, delivery: Delivery) -> Surroundings:
    from service.delivery.moves import Surroundings

    first = next(
        line.state
        for line in tx.deliveries.lines(delivery.digest_id, None)
        if (line.channel, line.destination) == (delivery.channel, delivery.destination)
        and line.part == 1
    )
    stop, successor = tx.deliveries.stop_of(delivery), tx.digests.successor(delivery.digest_id)
    return Surroundings(first, stop, successor)

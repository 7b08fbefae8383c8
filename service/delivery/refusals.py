"""Mail addresses that a server refused for good while it was told the recipient. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.delivery.smtp_outcomes import Phase
from service.delivery.statuses import dead, status_in
from service.records import Bounce, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.delivery.outbox import Transition
    from service.records import Delivery

_REFUSED = re.compile(rf"refused while {Phase.RECIPIENT}: (?P<reply>5\d\d.*)", re.DOTALL)


def refused_addresses(done: Iterable[tuple[Delivery, Transition]]) -> list[Bounce]:
    """Each as if its mail had come back, for good or for now (a full mail box). Not where the
    server's policy was the reason (5.7.x: we may not send through it): that says nothing of the
    address."""
    found = []
    for delivery, change in done:
        refused = _REFUSED.match(change.detail)
        if delivery.channel != "email" or change.state is not DeliveryState.DEAD or not refused:
            continue
        reply = refused["reply"]
        status = status_in(reply)
        if not status.startswith("5.7."):
            hard = dead(status, reply)
            found.append(Bounce(delivery.id, delivery.destination, hard, status, reply))
    return found

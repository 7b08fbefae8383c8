"""A digest sent to one person to be looked at: no period is used up, nothing of it is recorded.

A module beside the pipeline, with the same rules: it is handed what renders and what sends. The
outbox is passed by, so that each part is sent once, and a failure is not made good later.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from service.errors import InputError
from service.records import Delivery, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from service.protocols import Channel, Renderer
    from service.records import DigestContent, Outcome


@dataclass(frozen=True, slots=True)
class Sent:
    """One part of a trial, and what its only attempt came to."""

    delivery: Delivery
    outcome: Outcome

    @property
    def arrived(self) -> bool:
        """Whether the channel has taken it."""
        return self.outcome.state is DeliveryState.SENT


def channel_of(destination: str, targets: Collection[str]) -> str:
    """The channel that a destination is of: one of the Apprise `targets`, a mail address, a name
    of a file, or the id of a Slack channel. Raises `InputError` for what is none of these."""
    if destination in targets:
        return "apprise"
    if "@" in destination:
        return "email"
    if destination.endswith((".html", ".txt")):
        return "file"
    if re.fullmatch(r"[CDGU][A-Z0-9]{2,}", destination):
        return "slack"
    known = f", one of your targets ({', '.join(targets)})" if targets else ""
    remedy = f"give an address, the id of a Slack channel (C...), a name.html or .txt{known}"
    raise InputError(f"destination {destination!r}", "is of no known kind", remedy)


def marked(content: DigestContent, now: datetime) -> DigestContent:
    """The digest as a test. Its id is of this attempt alone: a mail server must not take it for a
    copy of the real one, nor a search of Slack's history find it in that one's place."""
    identity = uuid5(NAMESPACE_URL, f"litwatch:test:{content.digest_id}:{now.isoformat()}")
    return replace(content, digest_id=str(identity), test=True)


def send(
    content: DigestContent, destination: str, renderer: Renderer, channel: Channel, now: datetime
) -> list[Sent]:
    """Send every part once, later ones into the first one's thread; ends with the first that does
    not arrive. Raises `DeliveryError` when the digest cannot be rendered for the destination."""
    done: list[Sent] = []
    for part in renderer.render(content, destination):
        delivery = Delivery(
            id=part.id,
            digest_id=content.digest_id,
            channel=channel.name,
            destination=destination,
            part=part.part,
            parts=part.parts,
            payload=part.payload,
            sha256=hashlib.sha256(part.payload).hexdigest(),
            state=DeliveryState.SENDING,
            attempt=1,
            started_at=now,
            thread=done[0].outcome.provider_id if done else None,
            created_at=now,
        )
        done.append(Sent(delivery, channel.send(delivery)))
        if not done[-1].arrived:
            break
    return done

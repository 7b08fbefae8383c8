"""Past digests looked at again: how they stand, and whether they still render to the same bytes.

A module beside the pipeline, with the same rules.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from service.errors import InputError
from service.records import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.protocols import Renderer
    from service.records import Delivery, DigestContent
    from service.store import Unit
    from service.store.digests import PastDigest

    class Line(Protocol):
        """What is needed of a delivery in order to say how its digest stands."""

        @property
        def channel(self) -> str: ...
        @property
        def destination(self) -> str: ...
        @property
        def state(self) -> DeliveryState: ...


_ALL = 1_000_000  # deliveries: no digest has as many


class Standing(StrEnum):
    """How a digest stands, over all its deliveries; the best first."""

    SENT = "sent"
    IN_DOUBT = "in doubt"
    WAITING = "waiting"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


def standing(lines: Iterable[Line]) -> Standing:
    """That of the place where it fares best: a digest that went to its fallback is sent."""
    order = list(Standing)
    ordered = sorted(lines, key=_place)
    found = [_of_place([line.state for line in group]) for _, group in groupby(ordered, _place)]
    return min(found, key=order.index, default=Standing.CANCELLED)


def _place(line: Line) -> tuple[str, str]:
    return line.channel, line.destination


def _of_place(states: Sequence[DeliveryState]) -> Standing:
    if DeliveryState.UNKNOWN in states:
        return Standing.IN_DOUBT
    if {DeliveryState.READY, DeliveryState.SENDING, DeliveryState.RETRY} & set(states):
        return Standing.WAITING
    if DeliveryState.SENT in states:
        whole = set(states) == {DeliveryState.SENT}
        return Standing.SENT if whole else Standing.PARTIAL
    return Standing.FAILED if DeliveryState.DEAD in states else Standing.CANCELLED


def find(tx: Unit, name: str) -> PastDigest:
    """The digest with this id, or the only one whose id begins so. Raises `InputError`."""
    found = tx.digests.begun(name) if name else []
    if not found:
        raise InputError(f"digest {name!r}", "does not exist", "see: litwatch digest list")
    if len(found) > 1:
        raise InputError(f"digest {name!r}", "may be one of several", "give more of its id")
    return found[0]


def deliveries(tx: Unit, digest_id: str) -> list[Delivery]:
    """What was written for sending when the digest was frozen, and for its fallback since."""
    lines = tx.deliveries.lines(digest_id, limit=_ALL)
    lines.sort(key=lambda line: (*_place(line), line.part))
    return [tx.deliveries.get(line.id) for line in lines]


@dataclass(frozen=True, slots=True)
class Checked:
    """A delivery's stored bytes, judged. `whole`: they have the SHA-256 that was noted;
    `again`: what the frozen content renders to today, () where its channel is not configured;
    `removed`: why there are none any more, and since when."""

    delivery: Delivery
    whole: bool
    again: tuple[bytes, ...]
    removed: str = ""

    @property
    def same(self) -> bool:
        """Whether the stored bytes are sound, and would be written again today; of those that were
        removed the hash is left."""
        now = self.again[self.delivery.part - 1 :][:1]
        parts = len(self.again) == self.delivery.parts
        if self.removed:
            return parts and [_hash(each) for each in now] == [self.delivery.sha256]
        return self.whole and parts and now == (self.delivery.payload,)


def check(
    content: DigestContent,
    stored: Sequence[Delivery],
    renderers: Mapping[str, Renderer],
    removed: Mapping[str, str] | None = None,
) -> list[Checked]:
    """Render a frozen digest again and hold it against what is stored, part by part. `removed`
    says of the deliveries that have no bytes any more why."""
    again: dict[tuple[str, str], tuple[bytes, ...]] = {}
    for channel, destination in {_place(each) for each in stored}:
        if channel in renderers:
            parts = renderers[channel].render(content, destination)
            again[channel, destination] = tuple(part.payload for part in parts)
    return [
        Checked(
            each,
            whole=_hash(each.payload) == each.sha256,
            again=again.get(_place(each), ()),
            removed=(removed or {}).get(each.id, ""),
        )
        for each in stored
    ]


def _hash(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()

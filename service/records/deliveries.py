"""Values: one sending, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one sending stands; `UNKNOWN` may have arrived and is never sent again blindly."""

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    UNKNOWN = "unknown"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt-tracked sending of one part to one destination; `attempt` is the fencing token.

    `thread` is the provider's id of part 1, for later parts; `started_at` is when the current
    attempt was claimed; `created_at` is when it was first due. `plain` says that the channel
    refused its form, and that it goes as text alone from now on.
    """

    id: str
    digest_id: str
    channel: str
    destination: str
    part: int
    parts: int
    payload: bytes
    sha256: str
    state: DeliveryState
    attempt: int
    started_at: datetime | None = None
    thread: str | None = None
    resends: int = 0
    created_at: datetime | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one network call meant. `state` is SENT, RETRY, UNKNOWN or DEAD.

    `wait` is the least number of seconds before the next try (RETRY) or look (UNKNOWN). `plain`
    asks for the next try to be text alone.
    """

    state: DeliveryState
    detail: str
    provider_id: str | None = None
    wait: float | None = None
    remedy: str = ""
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that came back. `hard` means that the address will not take mail at all; `status` is
    the code of RFC 3463 ("5.1.1"), "" where none was given."""

    delivery_id: str
    address: str
    hard: bool
    status: str
    detail: str

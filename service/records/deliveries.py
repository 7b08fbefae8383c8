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
    attempt was claimed.
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one network call meant. `state` is SENT, RETRY, UNKNOWN or DEAD.

    `wait` is the least number of seconds before the next try (RETRY) or look (UNKNOWN).
    """

    state: DeliveryState
    detail: str
    provider_id: str | None = None
    wait: float | None = None
    remedy: str = ""

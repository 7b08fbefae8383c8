"""Who works on an archive, and on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A piece of work that one worker has for itself until then, or longer if it says so in time.
    `token` rises with each claim of that name: what comes with an older one is refused."""

    name: str
    holder: str
    token: int
    held_until: datetime


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that works: `program` is its name and version, `doing` names its jobs that were
    under way when it was seen last ("" for none), the oldest `since` then."""

    name: str
    program: str
    started_at: datetime
    seen_at: datetime
    doing: str = ""
    since: datetime | None = None

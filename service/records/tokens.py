"""Values: what a program shows to be let in, and how far it is let in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Scope(StrEnum):
    """How far a token reaches, the least first; each may all that those before it may."""

    READ = "read"
    VOTE = "vote"
    ADMIN = "admin"

    def covers(self, other: Scope) -> bool:
        """Whether this one may what `other` may."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: its hash (SHA-256, hexadecimal), never itself. Names are given once,
    so that what was done under one stays told apart."""

    name: str
    sha256: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_on: date | None = None

    def refused(self, now: datetime) -> str:
        """Why it lets nobody in at this moment; "" where it does."""
        if self.revoked_at is not None:
            return "was revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "has expired"
        return ""

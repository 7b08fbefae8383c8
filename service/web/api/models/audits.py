"""What receipts prove of each source, and what they do not."""
# ruff: noqa: TC001, TC003 - pydantic reads the annotations

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from service.audits import DayState
from service.records import Severity, Sign
from service.web.api.models.base import Answer


class AuditedDay(Answer):
    """One day of one source."""

    day: date
    state: DayState
    receipt: int | None = Field(description="of the walk that proved it")
    at: datetime | None = Field(description="when it was proved")
    cause: str = Field(description="of its gap, open or closed")


class AuditTotals(Answer):
    """What the walks that ended in these days stated and gave; windows overlap, so that most of
    what was fetched was known."""

    walks: int
    broken: int = Field(description="walks that proved nothing")
    stated: int
    fetched: int
    new: int
    changed: int
    known: int
    unparsed: int
    gone: int


class AuditedSource(Answer):
    """One source, day by day."""

    name: str
    enabled: bool
    days: tuple[AuditedDay, ...]
    totals: AuditTotals
    unreconciled: tuple[str, ...] = Field(description="receipts whose counts do not add up")


class AuditGap(Answer):
    """Days one after the other that are not proved, or were not for a while."""

    source: str
    start: date
    end: date
    cause: str
    since: datetime | None
    again: datetime | None = Field(description="when it is walked again by itself; null: never")
    window: str | None = Field(description="over which window it is")
    receipt: int | None = Field(description="of the walk that closed it; null: open")
    healed_at: datetime | None
    remedy: str


class AuditCheck(Answer):
    """Papers that one source gave and another should know."""

    pair: str
    days: int = Field(description="within so many")
    compared: int
    late: int
    missing: int
    examples: tuple[str, ...] = Field(description="the first twenty of those missing")
    left_out: int = Field(description="papers that could not be compared")
    untold: str = Field(description="why nothing can be told; empty: it can")


class AuditFinding(Answer):
    """Something that calls for a person."""

    key: str
    severity: Severity
    thing: str
    cause: str
    remedy: str
    source: str
    start: date | None
    end: date | None
    sign: Sign | None


class Audit(Answer):
    """What the receipts of these days prove."""

    at: datetime
    since: date
    until: date
    whole: bool = Field(description="whether every day that is over and was due is proved")
    sources: tuple[AuditedSource, ...]
    gaps: tuple[AuditGap, ...] = Field(description="open ones")
    healed: tuple[AuditGap, ...]
    cross: tuple[AuditCheck, ...]
    findings: tuple[AuditFinding, ...]

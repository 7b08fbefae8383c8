"""Values: what was said of works, as it is kept, and what readers have had of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.records.digests import Change
from service.records.papers import Flag, Kind
from service.records.watching import Statement


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person found that a statement does not hold."""

    author: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement as it is kept; `id` is 0 before it is. `ruling` is None where nobody found it
    wrong."""

    id: int
    statement: Statement
    at: datetime
    ruling: Ruling | None = None


@dataclass(frozen=True, slots=True)
class SentWork:
    """A work as one digest sent it, under its present number, and as it is now; or as a reader
    saved it, of no digest and no period.

    `sent_kind` and `sent_flags` are None where nobody noted them; `told` is what later digests
    have said of the work. `version` is the newest version of a preprint, `seen_version` the newest
    that was known when it was sent, or told last; 0 where there is none. `item_id` is the number
    under which it was sent, at `at`.
    """

    work_id: int
    kind: Kind
    flags: frozenset[Flag]
    sent_kind: Kind | None
    sent_flags: frozenset[Flag] | None
    topic: str
    period: str
    told: frozenset[Change]
    digest_id: str
    item_id: int
    at: datetime
    version: int = 0
    seen_version: int = 0


@dataclass(frozen=True, slots=True)
class SavedWork:
    """A work that was touched since a reader saved it, at `at`, for a topic; `kind` and `flags` are
    the present ones, `person` is who goes by the name."""

    work_id: int
    kind: Kind
    flags: frozenset[Flag]
    topic: str
    voter: str
    person: str
    at: datetime


def known_versions(
    versions: Sequence[tuple[int, datetime]], at: datetime, told_at: datetime | None
) -> tuple[int, int]:
    """The newest version, and the newest that was known then, or when one was told last. Of a work
    none of whose versions was known, those count that came first."""
    if not versions:
        return 0, 0
    since = max(at, told_at or at, min(came for _, came in versions))
    return max(n for n, _ in versions), max(n for n, came in versions if came <= since)

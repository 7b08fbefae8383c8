"""Values: back-fills, which take many files in as one plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from service.records.polling import Tally


class PartState(StrEnum):
    """How one file of a back-fill stands."""

    WAITING = "waiting"
    TAKEN = "taken"  # somebody is at it, or was, until the lease ran out
    DONE = "done"
    FAILED = "failed"  # it is left alone until a person has it tried again


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file to take in. `checksum` is the MD5 of its bytes, which NLM gives beside its files."""

    file: str
    size: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a back-fill, as it stands.

    `attempt` counts its claims and fences off late results of earlier ones. `stored` are the
    numbers of the batches that are in the archive, `read` how many bytes of the file they took,
    `tally` what became of their records. `seconds` is the work of all attempts that came to an end.
    """

    id: int
    position: int
    file: str
    size: int
    checksum: str
    state: PartState = PartState.WAITING
    holder: str | None = None
    held_until: datetime | None = None
    attempt: int = 0
    stored: frozenset[int] = frozenset()
    read: int = 0
    tally: Tally = field(default_factory=Tally)
    embedded: int = 0
    seconds: float = 0.0
    error: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backfill:
    """A plan to take in many files. `encoder` names what embeds their works, None where nothing
    does; `key` is made of all that the plan is."""

    id: int
    key: str
    source: str
    encoder: str | None
    created_at: datetime
    finished_at: datetime | None
    parts: tuple[Part, ...] = ()

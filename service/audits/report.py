"""Values: what an audit is told of the installation, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from service.records import Alarm, Sign, Sweep, SweepKind, SweepMark
from service.records.audits import Pair

# The sweeps of a source that are due at a time, by its marks and the time of its first poll.
Due = Callable[[Mapping[SweepKind, SweepMark], datetime, datetime], Sequence[Sweep]]

# N of each pair from sources.md: Europe PMC lists a preprint one to four days after its posting, so
# that the server's own walk has had it by then; MED is fed from PubMed; an article in PMC that has
# a PMID has its PubMed record already.
PAIRS = (
    Pair("europepmc", ("biorxiv", "medrxiv"), "doi", 3, "PPR/", ("10.1101/20", "10.64898/20")),
    Pair("europepmc", ("pubmed",), "pmid", 3, "MED/"),
    Pair("pmc", ("pubmed",), "pmid", 7),
)


@dataclass(frozen=True, slots=True)
class Setup:
    """How the installation polls. `enabled` None: every source that was ever polled is; `broad` are
    those whose query is the shipped one, `unfiltered` those that have none and give all; a source
    is polled each `every`, which `due` says in sweeps (None: nobody knows)."""

    enabled: frozenset[str] | None = None
    broad: frozenset[str] = frozenset()
    unfiltered: frozenset[str] = frozenset({"biorxiv", "medrxiv"})
    every: timedelta = timedelta(hours=6)
    due: Due | None = None
    pairs: tuple[Pair, ...] = PAIRS


class DayState(StrEnum):
    """Whether all that entered a source on a day is proved to have been seen."""

    PROVED = "proved"
    HEALED = "healed"  # proved, but only after a gap
    OPEN = "open"  # not over, or its last walk is not due yet
    GAP = "gap"
    UNWATCHED = "not watched"  # from before its first poll, or since it was disabled


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one source: `receipt` is the number of the one that proved it, `at` when; `cause`
    is that of the gap, which began with the receipt of `since`."""

    day: date
    state: DayState
    receipt: int | None = None
    at: datetime | None = None
    cause: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Days one after the other that are not proved, or were not for a while.

    An open gap has `receipt` None; it is walked again at `again`, over `window`, or not by itself
    where these are None. A healed one has the receipt that healed it, and when.
    """

    source: str
    start: date
    end: date
    cause: str
    since: datetime | None
    receipt: int | None = None
    healed_at: datetime | None = None
    again: datetime | None = None
    window: str | None = None
    remedy: str = ""

    @property
    def days(self) -> str:
        """The days as people read them."""
        return f"{self.start}" if self.start == self.end else f"{self.start}..{self.end}"


@dataclass(frozen=True, slots=True)
class Totals:
    """What the walks that ended on a day, or on several, stated and gave: `fetched` is `new`,
    `changed`, `known` and `unparsed` together, as counts that reconcile are. Windows overlap, so
    that most of it is known. `stated` leaves out what a source does not state."""

    walks: int = 0
    broken: int = 0
    stated: int = 0
    fetched: int = 0
    new: int = 0
    changed: int = 0
    known: int = 0
    unparsed: int = 0
    gone: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.walks + other.walks,
            self.broken + other.broken,
            self.stated + other.stated,
            self.fetched + other.fetched,
            self.new + other.new,
            self.changed + other.changed,
            self.known + other.known,
            self.unparsed + other.unparsed,
            self.gone + other.gone,
        )


@dataclass(frozen=True, slots=True)
class SourceAudit:
    """One source over the days of the audit, oldest first. `daily` are the totals by the day on
    which walks ended; `unreconciled` says of receipts whose counts do not add up which, and why.
    """

    name: str
    enabled: bool
    days: tuple[Day, ...]
    totals: Totals
    daily: Mapping[date, Totals]
    unreconciled: tuple[str, ...] = ()

    def count(self, *states: DayState) -> int:
        """How many of its days are in one of these states."""
        return sum(day.state in states for day in self.days)


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """What a source gave and another should know: of the papers `compared`, `late` came from there
    more than `days` later, `missing` never; `examples` are the first of those. `left_out` could not
    be compared. `untold` says why nothing can be told at all."""

    pair: str
    days: int
    compared: int = 0
    late: int = 0
    missing: int = 0
    examples: tuple[str, ...] = ()
    left_out: int = 0
    untold: str = ""


@dataclass(frozen=True, slots=True)
class Finding(Alarm):
    """Something that calls for a person: an alarm that tells its source, days and sign. It is there
    for as long as its days are among those that are audited."""

    source: str = ""
    start: date | None = None
    end: date | None = None
    sign: Sign | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """An audit at a time over the days `since`..`until`. `gaps` are open, `healed` are not."""

    at: datetime
    since: date
    until: date
    sources: tuple[SourceAudit, ...]
    gaps: tuple[Gap, ...]
    healed: tuple[Gap, ...]
    cross: tuple[CrossCheck, ...]
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether every day of every source that is over is proved."""
        return not self.gaps

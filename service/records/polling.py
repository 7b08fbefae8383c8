"""Values: what a source gave, and what walking a window came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from service.records.watching import Citation, Sign


@dataclass(frozen=True, slots=True)
class Record:
    """One item as one source gave it, keyed (source, source_id, version); the payload is untouched.

    `format` names the normaliser that understands the payload ("pubmed-xml", "biorxiv-json", ...).
    `source_id` is the source's own id without a version; `version` is "" where it has none.
    """

    source: str
    source_id: str
    version: str
    format: str
    payload: bytes

    @property
    def key(self) -> str:
        """The record's name in messages and logs: `source:source_id[vN]`."""
        return f"{self.source}:{self.source_id}" + (f"v{self.version}" if self.version else "")


@dataclass(frozen=True, slots=True)
class Page:
    """What one reply or file of a source holds.

    `stated` is the total that the source claims for the whole query (None: it does not say);
    `ids` are filled by replies that list ids only; `next` is the source's cursor or token;
    `translation` is the query as the source understood it.
    """

    records: tuple[Record, ...] = ()
    deletions: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    stated: int | None = None
    next: str | None = None
    translation: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Closed interval of days, both ends included, on the date a record entered its source."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"


NOTHING_ASKED = "(nothing to ask)"  # the query of a walk for which there was nothing to ask
RECHECK = "recheck"  # the kind of a receipt for known papers, and who claims to ask for them


class SweepKind(StrEnum):
    """Why a window is walked: each kind has its own overlap and its own mark."""

    RECENT = "recent"  # daily, 7 days of overlap
    WIDE = "wide"  # weekly, 35 days: late entries
    REVISED = "revised"  # weekly: records changed at the source
    ARCHIVE = "archive"  # monthly, 400 days, ids only


@dataclass(frozen=True, slots=True)
class Validators:
    """HTTP cache validators of a feed; kept only after its entries are stored."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """One order to a source: walk this window, for this reason."""

    kind: SweepKind
    window: Window
    validators: Validators = field(default_factory=Validators)


@dataclass(frozen=True, slots=True)
class SweepMark:
    """How far one kind of sweep of one source has come.

    All days up to `last_complete_end` are proved; `last_run` is when a sweep was last tried.
    """

    last_complete_end: date | None = None
    last_run: datetime | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of a window's records, small enough for one transaction.

    `citations` are of these records or of works that are held. With `announce` False none of it is
    news: the works are for search only.
    """

    records: tuple[Record, ...] = ()
    deletions: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    announce: bool = True


@dataclass(frozen=True, slots=True)
class WindowReport:
    """What a source says, and what was seen, of one closed window.

    `end_sign` is true only when paging ended by the source's own terminator; `gap` is None only
    when counts reconcile. The mark may advance past the window only if both hold.
    """

    window: Window
    kind: SweepKind
    query: str
    translation: str | None
    stated: int | None
    fetched: int
    end_sign: bool
    gap: str | None = None
    warnings: tuple[str, ...] = ()
    validators: Validators | None = None
    signs: frozenset[Sign] = frozenset()

    @property
    def complete(self) -> bool:
        """Whether the window is proved whole."""
        return self.end_sign and self.gap is None


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a window's records. `dropped` counts those that are in no work, by reason;
    `lacking` those of the new and changed ones that came without an abstract, authors, a date or a
    DOI, by what they lack."""

    new: int = 0
    changed: int = 0
    same: int = 0
    unparsed: int = 0
    gone: int = 0
    # Remarks on the counts: tallies are equal by what became of the records.
    dropped: Mapping[str, int] = field(default_factory=dict, compare=False)
    lacking: Mapping[str, int] = field(default_factory=dict, compare=False)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.new + other.new,
            self.changed + other.changed,
            self.same + other.same,
            self.unparsed + other.unparsed,
            self.gone + other.gone,
            _added(self.dropped, other.dropped),
            _added(self.lacking, other.lacking),
        )

    @property
    def fetched(self) -> int:
        """Records that came, known or not."""
        return self.new + self.changed + self.same + self.unparsed


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}

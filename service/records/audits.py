"""Values: what an audit reads of receipts, and what of works that two sources should both know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from service.records.polling import Window
from service.records.watching import Sign

IMPORT = "import"  # the kind of a receipt that is of a file, not of a walk


@dataclass(frozen=True, slots=True)
class Walk:
    """One receipt, as an audit reads it: `number` is the receipt's, `kind` that of its sweep or
    `IMPORT`, which has no `window`. `query` is "" where the walk broke off with an error;
    `explained` says that its warnings tell why it came to less than was stated.
    """

    number: int
    source: str
    kind: str
    window: Window | None
    query: str
    translation: str | None
    stated: int | None
    fetched: int
    new: int
    changed: int
    unparsed: int
    gone: int
    end_sign: bool
    gap: str | None
    explained: bool
    started_at: datetime
    finished_at: datetime
    dropped: Mapping[str, int] = field(default_factory=dict)
    lacking: Mapping[str, int] = field(default_factory=dict)
    signs: frozenset[Sign] = frozenset()

    @property
    def known(self) -> int:
        """Records that were listed or came, and were in the archive as they are; below zero where
        counts do not reconcile."""
        return self.fetched - self.new - self.changed - self.unparsed


@dataclass(frozen=True, slots=True)
class Pair:
    """What `a` gives, and one of the sources `b` should know within `days` of that: the papers of
    `a` whose source id begins with `among`, found at `b` by a key of this `kind` ("doi", "pmid")
    that begins with one of `prefixes` ("" is any)."""

    a: str
    b: tuple[str, ...]
    kind: str
    days: int
    among: str = ""
    prefixes: tuple[str, ...] = ("",)

    @property
    def name(self) -> str:
        """How people call it: "europepmc PPR -> biorxiv, medrxiv"."""
        part = f" {self.among.rstrip('/')}" if self.among else ""
        return f"{self.a}{part} -> {', '.join(self.b)}"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A paper that the source A of a `Pair` gave: by which id B would have it, when it came from A,
    the day it was published (None: not told to the day), and when it came from B (None: never).
    """

    identity: str
    work_id: int
    seen_at: datetime
    published: date | None
    known_at: datetime | None

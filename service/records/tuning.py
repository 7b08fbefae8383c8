"""Values: what a change of a topic would do, shown before it is made."""

from __future__ import annotations

from dataclasses import dataclass

from service.records.topics import BINS, RankedWork, Topic


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`, as a share with its 95 % interval (Wilson's)."""

    hits: int
    of: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a topic shows of the works of some weeks, and how good that is.

    `line` is the relevance from which a work is shown, `shown` how many reach it. `expected` is the
    mean relevance of those shown: the share that readers should want (None where nothing is
    shown). `precision` is the share wanted of those shown that were voted on, `recall` the share
    of held-out references that reach the line; None where nobody voted or none is held.
    """

    line: float
    shown: int
    per_week: float
    spread: tuple[int, ...] = (0,) * BINS
    expected: float | None = None
    precision: Share | None = None
    recall: Share | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """How a change moves one work. A place counts from 1 down the list of those shown, None where
    it is not shown; `ranked` is how it stands after the change. `verdict` is what its readers
    agree on ("relevant", "saved", "not relevant", "" for nothing), `digested` whether a digest
    has shown it."""

    work_id: int
    title: str
    ranked: RankedWork
    relevance: tuple[float, float]  # before, after
    place: tuple[int | None, int | None]  # before, after
    verdict: str = ""
    digested: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What a topic would do on the works of the last `weeks`, beside the one in force.

    `before` is None for a topic that is new. `entered`, `dropped` and `moved` are works, the most
    relevant (after, before, after) first; `moved` are those shown both times that changed by at
    least some places. `warnings` are sentences: what a reader would regret.
    """

    topic: Topic
    weeks: int
    works: int
    after: Outlook
    before: Outlook | None = None
    entered: tuple[Shift, ...] = ()
    dropped: tuple[Shift, ...] = ()
    moved: tuple[Shift, ...] = ()
    top: tuple[Shift, ...] = ()  # the best after the change, shown or not
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of a topic's map. `kind` is "seed", "shown", "below", "voted" or "against"; `work_id`
    is None for a seed. `x` and `y` are from 0 to 1."""

    x: float
    y: float
    kind: str
    title: str
    work_id: int | None = None
    relevance: float | None = None


@dataclass(frozen=True, slots=True)
class TopicMap:
    """The topic's nearest works and its seeds by meaning, in two dimensions; `kept` is the share of
    the ten nearest of a point here that are among its ten nearest by meaning, too."""

    spots: tuple[Spot, ...]
    kept: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between two versions of a topic: `what` ("seed", "included term",
    "line", ...), and what it was and is in words; "" where it was or is not there."""

    what: str
    name: str
    before: str
    after: str

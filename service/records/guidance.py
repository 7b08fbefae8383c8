"""Values: what would make a topic find more of what its readers want, and less of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TermAdvice:
    """A phrase that tells papers apart: `hits` of `of` on one side hold it, `others` of `of_others`
    on the other. `z` is the log-odds of that in standard errors. `examples` are titles of hits."""

    term: str
    hits: int
    of: int
    others: int
    of_others: int
    z: float
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeedAdvice:
    """A work that would make a good seed. It stands for `works` (itself among them, best first),
    which readers want and no seed is near; `shared` is the phrase they are all about, "" for one
    that stands alone. `name` is what others know the work by (a DOI, a PMID), "" where nothing."""

    work_id: int
    title: str
    works: tuple[int, ...]
    titles: tuple[str, ...]
    shared: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    """How the papers of the last weeks differ from those of the weeks before.

    `recent` and `before` count them; `explained` is how near the seeds are to the papers in the
    mean, before and of late (cosine), None where they are not less near. `terms` are phrases that
    have come up.
    """

    recent: int
    before: int
    explained: tuple[float, float] | None = None
    terms: tuple[TermAdvice, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A work of which it is not known whether readers want it: a vote on it teaches much."""

    work_id: int
    title: str
    relevance: float


@dataclass(frozen=True, slots=True)
class MonthlyDoubts:
    """The works of the time from `since` to `until` that most needed a vote then: the same all
    month. `doubts` are those without one, `done` counts those that have got one since."""

    topic: str
    since: datetime
    until: datetime
    line: float
    doubts: tuple[Doubt, ...]
    done: int = 0


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a topic, by `wanted` works that readers voted for and `refused` ones.

    `include` and `exclude` are terms, the most telling first; `doubts` are works of the last days
    to vote on. `fidelity` says in words how well the version in force finds its references, ""
    where that was not measured; `notes` are sentences: what to mind, what was not looked at.
    """

    topic: str
    version: int
    wanted: int
    refused: int
    include: tuple[TermAdvice, ...] = ()
    exclude: tuple[TermAdvice, ...] = ()
    seeds: tuple[SeedAdvice, ...] = ()
    drift: Drift | None = None
    doubts: tuple[Doubt, ...] = ()
    fidelity: str = ""
    notes: tuple[str, ...] = ()

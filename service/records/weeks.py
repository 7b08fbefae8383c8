"""Values: rankings that are kept, so that they can be looked at without being made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.records.papers import Kind
from service.records.topics import RankedWork


@dataclass(frozen=True, slots=True)
class Week:
    """One ranking, by a topic, of the works that were first seen since `since`.

    `state` names all that it hangs on: another state, another ranking. It knows the works up to
    the sequence number `hi`; `screened` of them were ranked. `line` is the relevance from which a
    work is wanted, `spread` counts all that were ranked in equal bins of relevance. `encoder` is
    in words what made the vectors, `missing` why there was none.
    """

    topic: str
    version: int
    state: str
    since: datetime
    hi: int
    screened: int
    line: float
    spread: tuple[int, ...]
    encoder: str
    missing: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """A ranked work at its place in a list; `alike` is the work of that list which it is a
    near-duplicate of, None where it stands for itself."""

    ranked: RankedWork
    alike: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A work of a kept ranking, by what lists are sifted by; in its words the work is read when it
    is shown."""

    work_id: int
    relevance: float
    alike: int | None
    kind: Kind
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What a subscription's next digest would show, were it made at `at`: in order, each work
    followed by those that are listed with it."""

    subscription: str
    state: str
    at: datetime
    works: tuple[Placed, ...]

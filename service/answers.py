"""What the saved searches of a subscription bring to its digest.

A module beside the pipeline, with the same rules: it is handed a unit of the store, and what
decides is in the pure stages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service import saved_searches
from service.archive.matches import match
from service.archive.plan import plan
from service.archive.snippets import sought
from service.records import SEARCH, Facet, RankedWork
from service.records.queries import Sort

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from service.archive.matches import Match
    from service.archive.plan import Plan
    from service.earlier import Earlier
    from service.records import Subscription, Work
    from service.records.findings import SavedSearch
    from service.records.queries import Query
    from service.store import Unit

MOST_FOUND = 500  # works of one search that are put in order: far more than any digest shows
_NOWHERE = Facet("", "", "")  # a search has no seeds


@dataclass(frozen=True, slots=True)
class Asked:
    """A saved search, and how it is read and gone about."""

    saved: SavedSearch
    query: Query
    way: Plan

    @property
    def topic(self) -> str:
        """What stands for it where else a topic's slug stands."""
        return f"{SEARCH}{self.saved.name}"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the searches found, in the subscription's order.

    `works` are what answers to each, the best first, of very many those that came last; `found` is
    all of it; both by what stands for the search. `notice` tells the reader which searches could
    not be asked, and why; "" where all could.
    """

    searches: tuple[Asked, ...] = ()
    works: Mapping[str, Sequence[RankedWork]] = field(default_factory=dict)
    found: Mapping[str, AbstractSet[int]] = field(default_factory=dict)
    notice: str = ""

    @property
    def lines(self) -> dict[str, float]:
        """The cut-off of each, as `selection` wants it."""
        return dict.fromkeys(self.works, 0.0)


def answers(tx: Unit, subscription: Subscription, known: Earlier, now: datetime) -> Answers:
    """Which works of the window that the subscription was not sent answer to each of its searches,
    as a whole. A search that is gone or cannot be asked costs the digest nothing but a notice."""
    if not subscription.searches:
        return Answers()
    held = {saved.name: saved for saved in tx.searches.list()}
    new = [each for each in tx.works.came(known.lo, known.hi) if each not in known.sent]
    searches: list[Asked] = []
    told: list[str] = []
    for name in dict.fromkeys(subscription.searches):
        asked = _asked(held.get(name), now)
        if isinstance(asked, Asked):
            searches.append(asked)
        else:
            told.append(f"The saved search “{name}” {asked}.")
    found = {each.topic: tx.search.among(new, each.way.whole) for each in searches}
    works = {
        each.topic: _ordered(each, tx.works.many(sorted(found[each.topic])[-MOST_FOUND:]))
        for each in searches
    }
    return Answers(tuple(searches), works, found, " ".join(told))


def _asked(saved: SavedSearch | None, now: datetime) -> Asked | str:
    """How it is asked, or why it cannot be."""
    if saved is None:
        return "is gone: nothing is found by it any more"
    if fault := saved_searches.fault(saved, now):
        return fault
    query = saved_searches.read(saved.query, now)
    way = plan(query)
    assert way is not None  # noqa: S101 - only a query that asks for nothing has no way
    return Asked(saved, query, way)


def _ordered(asked: Asked, works: Sequence[Work]) -> list[RankedWork]:
    """The best first by the words of the query; or by day, where it says so or has no words."""
    words, sort = sought(asked.way.whole), asked.query.sort
    matches = {work.id: match(work, words) for work in works}

    def standing(work: Work) -> tuple[float, str, int]:
        weight = matches[work.id].weight if sort is Sort.RELEVANCE else 0.0
        seen = sort is Sort.SEEN
        return weight, work.first_seen_at.isoformat() if seen else work.published or "", work.id

    ordered = sorted(works, key=standing, reverse=True)
    return [
        _found(asked.topic, work.id, place, matches[work.id]) for place, work in enumerate(ordered)
    ]


def _found(topic: str, work_id: int, place: int, how: Match) -> RankedWork:
    return RankedWork(
        work_id=work_id,
        topic=topic,
        score=float(-place),  # says the order, and nothing else
        facet=_NOWHERE,
        terms=how.terms,
        sentences=(how.passage,) if how.passage else (),
    )

"""How works that were found divide by source, type, year and topic."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from service.records.findings import FacetCount, FacetCounts
from service.store.query_facts import NARROW, as_text, by_topic
from service.store.schema import WorkRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.records.queries import Term
    from service.store.matches import Matches

_FIELDS = {"source": "source", "type": "type", "year": "published", "topic": "topic"}


def facets(matches: Matches, term: Term, most: int, ceiling: int | None) -> tuple[FacetCounts, ...]:
    """See `Search.facets`; a facet without values is left out."""
    statement, number = matches.of(term, ceiling)
    found = statement.order_by(number.desc()).limit(most).cte("found")
    year = func.substr(func.coalesce(WorkRow.published, ""), 1, 4).label("year")
    sources = as_text(WorkRow.sources, matches.connection).label("lists")
    groups = (
        select(sources, WorkRow.kind, year, func.count())
        .join(found, found.c[0] == (WorkRow.id if matches.postgresql else NARROW))
        .group_by(sources, WorkRow.kind, year)
    )
    counts: dict[str, Counter[str]] = {name: Counter() for name in _FIELDS}
    for lists, kind, published, number in matches.connection.execute(groups):
        for name in json.loads(lists):
            counts["source"][name] += number
        counts["type"][kind] += number
        counts["year"][published] += number
    pairs = by_topic().subquery()
    topics = (
        select(pairs.c.topic, func.count(pairs.c.work_id.distinct()))
        .where(pairs.c.work_id.in_(select(found.c[0])))
        .group_by(pairs.c.topic)
    )
    counts["topic"].update(dict(matches.connection.execute(topics).all()))
    return tuple(_facet(name, counted) for name, counted in counts.items() if any(counted))


def _facet(name: str, counted: Mapping[str, int]) -> FacetCounts:
    """The commonest first; years from the last one on."""
    pairs = sorted((value, count) for value, count in counted.items() if value)
    pairs.sort(key=lambda pair: pair[0] if name == "year" else pair[1], reverse=True)
    field = _FIELDS[name]
    values = (FacetCount(value, count, f"{field}:{_quoted(value)}") for value, count in pairs)
    return FacetCounts(name, tuple(values))


def _quoted(value: str) -> str:
    """A value as it stands after a tag."""
    return value if value.replace("-", "").replace("_", "").isalnum() else f'"{value}"'

"""Choosing among what a record gives more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.records import Link


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The non-empty values in their order, each once."""
    return tuple(dict.fromkeys(value for value in values if value))


def earliest(dates: Iterable[str | None]) -> str | None:
    """The earliest partial date; "2011" gives way to "2011-08", which says the same and more."""
    known = {date for date in dates if date}
    return min((d for d in known if not any(o.startswith(f"{d}-") for o in known)), default=None)


def distinct(links: Iterable[Link], own: Iterable[str | None]) -> tuple[Link, ...]:
    """The links in their order, each target once per relation, none to the paper's `own` ids.

    A link without ids is kept for its text alone, and dropped when it has none.
    """
    mine = {identifier for identifier in own if identifier}
    found: dict[object, Link] = {}
    for link in links:
        target = link.target
        ids = tuple(filter(None, (target.doi, target.pmid, target.pmcid, target.arxiv)))
        if not mine.intersection(ids) and (ids or link.text):
            found.setdefault((link.relation, ids or link.text), link)
    return tuple(found.values())

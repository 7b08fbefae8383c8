"""References as values: each paper once, and filled in with what its own record says. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.records import Identifiers, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.records import Paper

NOBODY = Identifiers()


def distinct(references: Iterable[Reference], own: Identifiers = NOBODY) -> tuple[Reference, ...]:
    """Each paper once, in the list's order, and never the citing paper itself (`own`)."""
    seen = set(_keys(Reference("", own)))
    kept = []
    for reference in references:
        keys = _keys(reference)
        if seen.isdisjoint(keys):
            kept.append(reference)
        seen.update(keys)
    return tuple(kept)


def _keys(reference: Reference) -> list[str]:
    """What a reference is known by; its title alone where it has no id."""
    named = _named(reference.ids)
    return named or ([f"title:{reference.title.casefold()}"] if reference.title else [])


def _named(ids: Identifiers) -> list[str]:
    told = {"doi": ids.doi, "pmid": ids.pmid, "pmcid": ids.pmcid, "arxiv": ids.arxiv}
    return [f"{kind}:{value}" for kind, value in told.items() if value]


def shared(one: Identifiers, other: Identifiers) -> bool:
    """Whether two papers have an id in common."""
    return not set(_named(one)).isdisjoint(_named(other))


def filled(reference: Reference, paper: Paper | None) -> Reference:
    """The reference with what its paper says; the list's own year counts."""
    if paper is None:
        return reference
    year = reference.year or (int(paper.published[:4]) if paper.published else None)
    return replace(
        reference,
        title=paper.title or reference.title,
        ids=merged(reference.ids, paper.ids),
        abstract=paper.abstract,
        year=year,
    )


def merged(first: Identifiers, second: Identifiers) -> Identifiers:
    """The first's ids, and where it has none, the second's."""
    return Identifiers(
        first.doi or second.doi,
        first.pmid or second.pmid,
        first.pmcid or second.pmcid,
        first.arxiv or second.arxiv,
    )

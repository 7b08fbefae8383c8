"""What a work shows, chosen field by field from its papers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.records import Flag, Identifiers, Kind, Paper, WorkFields

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

# The published article before its preprint; then the better curated source.
_SOURCES = ("pubmed", "pmc", "europepmc", "crossref", "biorxiv", "medrxiv", "arxiv")
_OWN_FLAGS = frozenset({Flag.RETRACTED, Flag.WITHDRAWN, Flag.CORRECTED, Flag.CONCERN})


def merge(papers: Sequence[Paper]) -> WorkFields:
    """One view of all papers of a work; the same for any order of `papers` (at least one)."""
    # A feed does not say that what it lists is a preprint; its server, under the same DOI, does.
    unpublished = {p.ids.doi for p in papers if p.kind is Kind.PREPRINT and p.ids.doi}
    best = sorted(papers, key=lambda paper: _preference(paper, unpublished))
    lead = best[0]
    return WorkFields(
        title=_first(p.title for p in best),
        abstract=_first(p.abstract for p in best),
        authors=next((tuple(a.name for a in p.authors) for p in best if p.authors), ()),
        venue=_first(p.venue for p in best),
        published=lead.published or _first(p.published for p in best) or None,
        entered=min((p.entered for p in papers if p.entered), default=None),
        kind=Kind.PREPRINT if lead.ids.doi in unpublished else lead.kind,
        flags=frozenset().union(*(p.flags & _OWN_FLAGS for p in papers)),
        ids=_ids(best),
        url=_first(p.url for p in best),
        pdf_url=_first(p.pdf_url for p in best),
        sources=tuple(sorted({p.source for p in papers})),
        keywords=_each(p.keywords for p in best),
        mesh=_each(p.mesh for p in best),
    )


def _preference(
    paper: Paper, unpublished: AbstractSet[str | None]
) -> tuple[bool, int, int, str, str]:
    """Smallest first: articles, good sources, newest version, then a fixed order. `unpublished`
    are the DOIs of preprints."""
    known = _SOURCES.index(paper.source) if paper.source in _SOURCES else len(_SOURCES)
    newest = -int(paper.version) if paper.version.isdigit() else 0
    preprint = paper.kind is Kind.PREPRINT or paper.ids.doi in unpublished
    return (preprint, known, newest, paper.source, paper.source_id)


def _ids(best: Sequence[Paper]) -> Identifiers:
    return Identifiers(
        doi=_first(p.ids.doi for p in best) or None,
        pmid=_first(p.ids.pmid for p in best) or None,
        pmcid=_first(p.ids.pmcid for p in best) or None,
        arxiv=_first(p.ids.arxiv for p in best) or None,
    )


def _first(values: Iterable[str | None]) -> str:
    return next((value for value in values if value), "")


def _each(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Every name once, in whatever case it is written first."""
    found: dict[str, str] = {}
    for names in lists:
        for name in names:
            found.setdefault(name.casefold(), name)
    return tuple(found.values())

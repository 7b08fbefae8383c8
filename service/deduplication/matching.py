"""Are these two papers one work? Pure.

Precision first: a wrong merge hides a paper, a missed one only shows it twice. The order of
evidence is identifier, stated link, then title + first author + year with overlapping authors,
then, for a preprint and its article, likeness (`alike`); a title alone is never enough. A notice
(erratum, retraction, concern) is never one work with the paper it is about, even under a shared
DOI, and a link between papers that have nothing in common is a mistake.
"""

from __future__ import annotations

from service.deduplication.alike import PROBABLY, Likeness, alike, linked_elsewhere, measured
from service.deduplication.keys import id_keys, same_work_links, title_key
from service.deduplication.words import fold, last_part, people, shared, solid, stems
from service.records import NOTICES, Author, Kind, Paper, Relation

# A preprint of December and its article of two years later still count; measured lags in
# PubMed reach years, but beyond two the title alone begins to mean another edition.
_MAX_YEARS = 2
_MIN_OVERLAP = 0.5
# Of the shorter list of authors and of the shorter title: names and a field's words come again.
_HALF, _FEW, _MOST, _HARDLY = 0.5, 0.25, 0.75, 0.25
_UNLIKE = 0.45  # see `Measures.score`: papers of one field reach 0.41, a preprint's hint needs 0.6
_SAYS = {
    Relation.PREPRINT_OF: "is the preprint of",
    Relation.HAS_PREPRINT: "has the preprint",
    Relation.VERSION_OF: "is a version of",
}


def same_work(one: Paper, other: Paper) -> str | None:
    """Why the two are one work, in words for a person; None when nothing says so.

    Only ids and stated links count: what they join is certain.
    """
    if (one.kind in NOTICES) != (other.kind in NOTICES):
        return None
    if reason := _shared_id(one, other):
        return reason
    linked = _stated_link(one, other)
    return None if linked and _strangers(one, other) else linked


def probably_same_work(one: Paper, other: Paper) -> Likeness | None:
    """How sure it is that the two are one work although nothing says so; None when it is not."""
    if (one.kind in NOTICES) != (other.kind in NOTICES):
        return None
    return _same_title(one, other) or alike(one, other)


def different_articles(one: Paper, other: Paper) -> bool:
    """Both published in journals under different ids: two works, whatever else they share."""
    if Kind.PREPRINT in (one.kind, other.kind) or id_keys(one.ids) & id_keys(other.ids):
        return False
    pairs = ((one.ids.doi, other.ids.doi), (one.ids.pmid, other.ids.pmid))
    return any(a and b and a != b for a, b in pairs)


def _shared_id(one: Paper, other: Paper) -> str | None:
    shared = id_keys(one.ids) & id_keys(other.ids)
    if not shared:
        return None
    # Two PubMed records under one DOI are usually two things (an abstract book, a notice and
    # its paper); they are one only if they also read alike.
    both_pmids = one.ids.pmid and other.ids.pmid and one.ids.pmid != other.ids.pmid
    if both_pmids and fold(one.title) != fold(other.title):
        return None
    return "same " + ", ".join(sorted(key.replace(":", " ", 1) for key in shared))


def _strangers(one: Paper, other: Paper) -> bool:
    """Whether little speaks for one work but an id: few authors are in both, and not the abstract
    or, where there are not two, most of the title. Then the id is wrong: two things that PubMed has
    under one DOI, of which a preprint can be one at most."""
    some, others = people(one.authors), people(other.authors)
    mine, theirs = stems(one.title), stems(other.title)
    if not some or not others or not mine or not theirs:
        return False
    authors, few = shared(some, others), min(len(some), len(others))
    if authors > _HALF * few:
        return False
    found = measured(one, other)
    if found.runs is not None:
        return found.score < _UNLIKE
    # A single name may be that of a group, which elsewhere stands for its members.
    return authors <= _FEW * few and found.held < (_MOST if few > 1 else _HARDLY)


def _stated_link(one: Paper, other: Paper) -> str | None:
    for paper, target in ((one, other), (other, one)):
        targets = id_keys(target.ids)
        for link in same_work_links(paper):
            shared = id_keys(link.target) & targets
            if shared:
                name = min(shared).replace(":", " ", 1)
                return f"{paper.key} {_SAYS[link.relation]} {name}"
    return None


def _same_title(one: Paper, other: Paper) -> Likeness | None:
    # Without authors or a year on both sides there is nothing that confirms the title.
    if not one.authors or not other.authors or not one.published or not other.published:
        return None
    if title_key(one.title) is None or solid(one.title) != solid(other.title):
        return None
    if one.kind in NOTICES or different_articles(one, other) or linked_elsewhere(one, other):
        return None
    years = abs(int(one.published[:4]) - int(other.published[:4]))
    some, others = people(one.authors), people(other.authors)
    first = _family(one.authors[0]) == _family(other.authors[0])
    crossed = bool(some and others) and some[0].crossed(others[0])
    if years > _MAX_YEARS or not (first or crossed):
        return None
    mine, theirs = ({_family(a) for a in p.authors} for p in (one, other))
    few, many = sorted((len(mine), len(theirs)))
    both = min(few, max(len(mine & theirs), shared(some, others)))
    if both < _MIN_OVERLAP * few:
        return None
    told = f"same title, first author, year within {_MAX_YEARS}, {both / few:.0%} of authors shared"
    # A reply under the title of its paper has few of the authors: the paper itself goes before it.
    return Likeness(1.0 + both / many, PROBABLY + told, same_title=True)


def _family(author: Author) -> str:
    return last_part(author.family or author.collective)

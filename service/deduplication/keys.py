"""By which keys a paper can meet its other records. Pure.

A key only says which papers are worth comparing; `matching` decides.
"""

from __future__ import annotations

import hashlib
import re

from service.deduplication import near
from service.deduplication.words import fold
from service.records import Certainty, Identifiers, Link, Paper, Relation

# Servers that mint one DOI per version: the work is the DOI without its version.
_VERSIONED_DOI = re.compile(
    r"^(10\.(?:"
    r"21203/rs\.\d+\.(?:rs-)?\d+(?=/v)"  # Research Square
    r"|20944/preprints\d+\.\d+(?=\.v)"  # preprints.org
    r"|26434/chemrxiv[.-][\w-]+?(?=[.-]v)"  # ChemRxiv
    r"|(?:12688|3310|35241)/[a-z]\w*\.\d+(?=\.\d)"  # F1000 and those on its platform, VeriXiv
    r"|22541/(?:au|essoar)\.[\d.]+(?=/v)"  # Authorea, ESS Open Archive
    r"|1002/essoar\.\d+(?=\.\d)"  # ESSOAr
    r"|36227/techrxiv\.[\d.]+(?=[./]v)"  # TechRxiv
    r"|\d{5}/osf\.io/[a-z0-9]{5}(?=_v)"  # all servers of OSF
    r"|32388/[a-z0-9]{6}(?=\.\d)"  # Qeios
    r"|7554/elife\.\d+(?=\.\d)"  # eLife's reviewed preprints
    r"))[./_-]v?\d{1,2}$"
)
_ARXIV_DOI = "10.48550/arxiv."
_SAME_WORK = frozenset({Relation.PREPRINT_OF, Relation.HAS_PREPRINT, Relation.VERSION_OF})
_MIN_TITLE_WORDS = 5


def keys(paper: Paper) -> frozenset[str]:
    """All keys that a paper carries: its own ids, the ids of works it states to be the same, its
    title, and what its preprint or article finds it by (`near`, and `perhaps:` a work that some
    source holds for its other half)."""
    return both(paper)[0]


def sought(paper: Paper) -> frozenset[str]:
    """The keys of papers worth comparing with it. One paper seeks a key that another carries
    exactly when the other seeks one that the first carries, but for `near`, where whoever comes
    later looks for more than is carried."""
    return both(paper)[1]


def both(paper: Paper) -> tuple[frozenset[str], frozenset[str]]:
    """What it carries and what it seeks."""
    firm, targets = _firm(paper), {key for hint in hints(paper) for key in id_keys(hint.target)}
    carried, looked_for = near.both(paper)
    perhaps = {f"perhaps:{key}" for key in id_keys(paper.ids)}
    return (
        frozenset(firm) | {f"perhaps:{key}" for key in targets} | carried,
        frozenset(firm) | perhaps | targets | looked_for,
    )


def _firm(paper: Paper) -> set[str]:
    found = set(id_keys(paper.ids))
    for link in same_work_links(paper):
        found |= id_keys(link.target)
    title = title_key(paper.title)
    return found | {title} if title else found


def id_keys(ids: Identifiers) -> frozenset[str]:
    """`pmid:`, `pmcid:`, `arxiv:` and `doi:` keys (a versioned DOI gives the unversioned one, and
    arXiv's DOI the arXiv id too)."""
    found = {
        f"{kind}:{value}"
        for kind, value in (("pmid", ids.pmid), ("pmcid", ids.pmcid), ("arxiv", ids.arxiv))
        if value
    }
    if ids.doi:
        found.add(f"doi:{work_doi(ids.doi)}")
        if ids.doi.startswith(_ARXIV_DOI):
            found.add(f"arxiv:{ids.doi.removeprefix(_ARXIV_DOI)}")
    return frozenset(found)


def work_doi(doi: str) -> str:
    """The DOI that all versions of a preprint share."""
    match = _VERSIONED_DOI.match(doi)
    return match[1] if match else doi


def same_work_links(paper: Paper) -> tuple[Link, ...]:
    """Links that state identity."""
    return _links(paper, Certainty.STATED)


def hints(paper: Paper) -> tuple[Link, ...]:
    """Links that a source made itself, from titles and first authors: believed only when a second
    look agrees."""
    return _links(paper, Certainty.PROBABLE)


def _links(paper: Paper, certainty: Certainty) -> tuple[Link, ...]:
    return tuple(
        link for link in paper.links if link.relation in _SAME_WORK and link.certainty is certainty
    )


def title_key(title: str) -> str | None:
    """A digest of the folded title; None for titles too short to mean one work ("Editorial")."""
    folded = fold(title)
    if folded.count(" ") + 1 < _MIN_TITLE_WORDS:
        return None
    return "title:" + hashlib.blake2b(folded.encode(), digest_size=12).hexdigest()

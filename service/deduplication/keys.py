"""By which keys a paper can meet its other records. Pure.

A key only says which papers are worth comparing; `matching` decides.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from service.records import Certainty, Identifiers, Link, Paper, Relation

# Servers that mint one DOI per version: the work is the DOI without its version
# (Research Square rs.3.rs-1/v2, preprints.org 202303.0344.v1, F1000 and ChemRxiv -v2).
_VERSIONED_DOI = re.compile(r"^(10\.(?:21203|20944|12688|26434|3310)/.+?)(?:[/.-]v?\d{1,2})$")
_SAME_WORK = frozenset({Relation.PREPRINT_OF, Relation.HAS_PREPRINT, Relation.VERSION_OF})
_MIN_TITLE_WORDS = 5


def keys(paper: Paper) -> frozenset[str]:
    """All keys of a paper: its own ids, the ids of works it states to be the same, its title."""
    found = set(id_keys(paper.ids))
    for link in same_work_links(paper):
        found |= id_keys(link.target)
    title = title_key(paper.title)
    if title:
        found.add(title)
    return frozenset(found)


def id_keys(ids: Identifiers) -> frozenset[str]:
    """`pmid:`, `pmcid:`, `arxiv:` and `doi:` keys (a versioned DOI gives the unversioned one)."""
    found = {
        f"{kind}:{value}"
        for kind, value in (("pmid", ids.pmid), ("pmcid", ids.pmcid), ("arxiv", ids.arxiv))
        if value
    }
    if ids.doi:
        found.add(f"doi:{work_doi(ids.doi)}")
    return frozenset(found)


def work_doi(doi: str) -> str:
    """The DOI that all versions of a preprint share."""
    match = _VERSIONED_DOI.match(doi)
    return match[1] if match else doi


def same_work_links(paper: Paper) -> tuple[Link, ...]:
    """Links that state identity. Probable ones are left to the title comparison."""
    return tuple(
        link
        for link in paper.links
        if link.relation in _SAME_WORK and link.certainty is Certainty.STATED
    )


def title_key(title: str) -> str | None:
    """A digest of the folded title; None for titles too short to mean one work ("Editorial")."""
    folded = fold_title(title)
    if folded.count(" ") + 1 < _MIN_TITLE_WORDS:
        return None
    return "title:" + hashlib.blake2b(folded.encode(), digest_size=12).hexdigest()


def fold_title(title: str) -> str:
    """Lower-case letters and digits with single spaces; accents dropped, all else a space."""
    if not title.isascii():
        title = unicodedata.normalize("NFKD", title)
        title = "".join(c for c in title if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", title.lower()))

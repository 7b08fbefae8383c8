"""What a paper says happened: to itself, and, as a notice, to the papers that it names. Pure.

A notice speaks of others by their identifiers, whether the archive holds them or not; so does a
paper of itself, so that what it once said is known after it stops saying so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.deduplication.keys import id_keys
from service.records import NOTICES, Certainty, Flag, Identifiers, Paper, Relation
from service.records.watching import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN_FLAGS = frozenset({Flag.RETRACTED, Flag.WITHDRAWN, Flag.CORRECTED, Flag.CONCERN})
WORDS = 1_000  # characters of a notice that are kept

# A partial retraction leaves the paper standing: it is one more correction, as PubMed's is.
_SAID = {
    Relation.RETRACTION_OF: Flag.RETRACTED,
    Relation.PARTIAL_RETRACTION_OF: Flag.CORRECTED,
    Relation.ERRATUM_FOR: Flag.CORRECTED,
    Relation.CONCERN_FOR: Flag.CONCERN,
}
_HEARD = {
    Relation.RETRACTION_IN: Flag.RETRACTED,
    Relation.PARTIAL_RETRACTION_IN: Flag.CORRECTED,
    Relation.ERRATUM_IN: Flag.CORRECTED,
    Relation.CONCERN_IN: Flag.CONCERN,
}
_VOID = frozenset({Flag.RETRACTED, Flag.WITHDRAWN})
# Crossref's labels of updates that it counts among retractions, though they are none.
_WITHDRAWALS = frozenset({"withdrawal", "removal"})
# PubMed's and PMC's filling: "[This corrects the article DOI: 10.5555/heron.1.]."
_SAYS_NOTHING = re.compile(r"\[?This (?:correct|retract|addend|concern)s the article\b[^.]*", re.I)


def statements(paper: Paper) -> tuple[Statement, ...]:
    """All that a paper says, of itself first; of each flag one statement a notice and key."""
    found = dict.fromkeys((*_of_itself(paper), *_of_others(paper)))
    return tuple(found)


def own_keys(paper: Paper) -> frozenset[str]:
    """The keys under which a paper speaks of itself: its identifiers, or "record:..." where it has
    none. A notice has only the latter: it may share a DOI with the paper that it is about."""
    own = frozenset() if paper.kind in NOTICES else id_keys(paper.ids)
    return own or frozenset({record_key(paper.key)})


def record_key(name: str) -> str:
    """The key of a record by its name, beside those of papers."""
    return f"record:{name}"


def _of_itself(paper: Paper) -> Iterator[Statement]:
    flags = set(paper.flags & OWN_FLAGS)
    if paper.kind not in NOTICES:
        flags |= {_HEARD[link.relation] for link in paper.links if link.relation in _HEARD}
        if Flag.WITHDRAWN in flags and Flag.RETRACTED not in paper.flags:
            flags -= {Flag.RETRACTED}  # said by the same notice
    for flag in sorted(flags):
        for notice in _notices(paper, flag) or [Identifiers()]:
            for key in sorted(own_keys(paper)):
                yield Statement(key, flag, paper.key, notice, _withdrawal(paper, flag))


def _notices(paper: Paper, flag: Flag) -> list[Identifiers]:
    """The notices that a paper names for a flag of its own."""
    heard = Flag.RETRACTED if flag in _VOID else flag
    targets = (link.target for link in paper.links if _HEARD.get(link.relation) is heard)
    return [target for target in targets if target != Identifiers()]


def _withdrawal(paper: Paper, flag: Flag) -> str:
    """A withdrawn preprint's abstract is the statement of withdrawal."""
    said = flag is Flag.WITHDRAWN and "withdraw" in paper.abstract.lower()
    return paper.abstract[:WORDS] if said else ""


def _of_others(paper: Paper) -> Iterator[Statement]:
    words = "" if _SAYS_NOTHING.match(paper.abstract) else paper.abstract[:WORDS]
    for link in paper.links:
        if link.relation not in _SAID or link.certainty is not Certainty.STATED:
            continue
        withdrawn = link.text.strip().lower() in _WITHDRAWALS
        flag = Flag.WITHDRAWN if withdrawn else _SAID[link.relation]
        for key in sorted(id_keys(link.target) - id_keys(paper.ids)):
            yield Statement(key, flag, paper.key, paper.ids, words)

"""By what a preprint and its article can meet when no id, link or title joins them. Pure.

A key says who wrote it and a long word of its title, or a run of words of its abstract. Articles
carry theirs under `art:` and look for `pre:`, preprints the other way round, so that an article
never meets an article by them. An article carries few, for there are many; whoever looks, looks
for more.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import zlib
from typing import TYPE_CHECKING

from service.deduplication import words
from service.records import NOTICES, Kind

if TYPE_CHECKING:
    from service.records import Paper

# What a preprint does not become.
NEVER = NOTICES | {Kind.COMMENT, Kind.NEWS, Kind.BOOK, Kind.DATASET}

# bioRxiv began in November 2013; before 2013 biomedicine had next to no preprints.
_SINCE = "2013"
_MANY, _FEW_WORDS, _FEW_RUNS = 3, 1, 2
# A run this long is hardly ever a phrase that many papers use; it begins at a long word only
# because that is quicker to find.
_RUN, _LONG = 8, 7
_PLAIN_WORD = re.compile(r"[a-z0-9]+")


def carried(paper: Paper) -> frozenset[str]:
    """The keys by which it can be found: at most 5 for an article, 10 for a preprint."""
    return both(paper)[0]


def sought(paper: Paper) -> frozenset[str]:
    """The keys of its other half: what is shared with what that one carries joins nothing yet."""
    return both(paper)[1]


def both(paper: Paper) -> tuple[frozenset[str], frozenset[str]]:
    """What it carries and what it seeks."""
    names, runs = _names(paper), _runs(paper.abstract)
    if names is None:
        return frozenset(), frozenset()
    preprint = paper.kind is Kind.PREPRINT
    own, other = ("pre", "art") if preprint else ("art", "pre")
    few = [*names, *runs] if preprint else [*names[: 1 + 2 * _FEW_WORDS], *runs[:_FEW_RUNS]]
    return (
        frozenset(f"{own}:{value}" for value in few),
        frozenset(f"{other}:{value}" for value in (*names, *runs)),
    )


def _names(paper: Paper) -> list[str] | None:
    """Its first and last authors, then each of them with a long word of the title, the longest
    word first; None where it can have no other half."""
    if paper.kind in NEVER or not paper.title:
        return None
    if paper.kind is not Kind.PREPRINT and (paper.published or _SINCE) < _SINCE:
        return None
    persons = words.people((*paper.authors[:1], *paper.authors[-1:]))
    if not persons:
        return []
    first, last = (person.family + person.initial for person in (persons[0], persons[-1]))
    found = [f"{first} {last}"]
    longest = sorted(set(words.title_words(paper.title)), key=lambda word: (-len(word), word))
    for word in longest[:_MANY]:
        found += [f"{first}:{word}", f":{last}:{word}"]
    return [hashlib.blake2b(text.encode(), digest_size=6).hexdigest() for text in found]


def _runs(abstract: str) -> list[str]:
    """Those of the abstract's runs of words whose checksums are the smallest: two texts that share
    half of their runs nearly always share one of these."""
    run = _PLAIN_WORD.findall(abstract.lower())
    joined = " ".join(run).encode()
    starts = list(itertools.accumulate((len(word) + 1 for word in run), initial=0))
    sums = {
        zlib.crc32(joined[starts[at] : starts[at + _RUN] - 1])
        for at in range(len(run) - _RUN + 1)
        if len(run[at]) >= _LONG
    }
    return [f"{value:08x}" for value in sorted(sums)[:_MANY]]

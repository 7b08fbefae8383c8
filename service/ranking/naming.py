"""Which works name a topic's subjects, in their text and in their title. Pure.

A subject is named by a telling word of its terms: by "neutrophil", not by "extracellular". A name
of something else ("neutrophil-to-lymphocyte ratio") names it neither here nor there. A review of
"curcumin in osteosarcoma" has two subjects, and a work that names one of them names half.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from service.ranking.commonness import is_telling
from service.ranking.other_names import without_other_names
from service.ranking.terms import needles
from service.ranking.words import words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence, Set

    from numpy import float64
    from numpy.typing import NDArray

    from service.ranking.features import Features


def subjects_of(core: Sequence[str]) -> tuple[frozenset[str], ...]:
    """The telling words of each subject of a review, terms that share one being of one subject;
    () where it has not several."""
    found: list[frozenset[str]] = []
    for told in filter(None, map(_telling, core)):
        same = [each for each in found if each & told]
        found = [*(each for each in found if each not in same), told.union(*same)]
    return tuple(found) if len(found) > 1 else ()


def one_subject(terms: Sequence[str]) -> tuple[frozenset[str], ...]:
    """The telling words of the terms, where each names the same; () for none."""
    told = frozenset().union(*map(_telling, terms))
    return (told,) if told else ()


def rows_with(name: str, pool: Features, others: Collection[int] = ()) -> Set[int]:
    """The rows of the works that may hold the folded word, or all words of a name; `others` are
    those with another text."""
    rows = pool.holding(name.split())
    return set(range(len(pool.works)) if rows is None else rows.tolist()).union(others)


def in_texts(
    terms: Sequence[str],
    pool: Features,
    others: Mapping[int, str],
    subjects: Sequence[Set[str]] = (),
) -> NDArray[float64]:
    """The share of the subjects (by default one) that each work names; 1 where no word tells of
    any. `others` are other texts for some rows."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    subjects = subjects or one_subject(terms)
    own = frozenset().union(*subjects)
    found = np.zeros(len(pool.works)) if own else np.ones(len(pool.works))
    for row in set().union(*(rows_with(word, pool, others) for word in own)):
        flat, defined = others.get(row, pool.flats[row]), pool.writings[row].found
        told = without_other_names(flat, defined, terms, own).split()
        found[row] = sum(not each.isdisjoint(told) for each in subjects) / len(subjects)
    return found


def in_titles(
    terms: Sequence[str],
    pool: Features,
    others: Mapping[int, str],
    subjects: Sequence[Set[str]] = (),
) -> NDArray[float64]:
    """How much of the subjects (by default one) each work's title names: 0 for nothing, 1 for the
    telling word that most of the terms hold, the root of that share for a word of fewer; times the
    share of the subjects named. `others` are other texts for some rows."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    subjects, told = subjects or one_subject(terms), _told(terms)
    most = max(told.times.values(), default=0)
    best, named = np.zeros(len(pool.works)), np.zeros(len(pool.works))
    for subject in subjects:
        met: set[int] = set()
        for word in sorted(subject, key=lambda each: (-told.times[each], each)):
            found = _titled_by(word, told, pool, others, without=met)
            best[list(found)] = np.maximum(best[list(found)], (told.times[word] / most) ** 0.5)
            met |= found
        named[list(met)] += 1
    return best * named / max(len(subjects), 1)


class _Told(NamedTuple):
    """Terms, how many of them hold each telling word, and what they look like in a text."""

    terms: Sequence[str]
    times: Counter[str]
    wholes: list[str]


def _told(terms: Sequence[str]) -> _Told:
    times = Counter(word for term in terms for word in _telling(term))
    return _Told(terms, times, [needle for _, needle in needles(terms)])


def _titled_by(
    word: str, told: _Told, pool: Features, others: Mapping[int, str], *, without: Set[int]
) -> set[int]:
    """The rows, but for some, whose title names a subject by this word. A short form does where it
    stands for a whole term: not so "FGFR" for fibroblasts."""
    own, alone = told.times.keys(), f" {word} "
    whole = [needle for needle in told.wholes if alone in needle]
    found = set()
    for row in rows_with(word, pool, others) - without:
        flat = others.get(row, pool.flats[row])
        if not 0 <= flat.find(alone) < (bar := flat.index("|")):
            continue
        title = without_other_names(flat[:bar], pool.writings[row].found, told.terms, own)
        spelled = any(needle in title for needle in whole)
        if spelled or (alone in title and word in words(pool.works[row].title)):
            found.add(row)
    return found


def _telling(term: str) -> frozenset[str]:
    return frozenset(w for w in words(term) if len(w) > 1 and is_telling(w))

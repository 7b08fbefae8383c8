"""What else the archive calls a topic's subject: terms to put beside the core ones. Pure.

A review speaks of "tumor-associated stromal cells" where the papers say "cancer-associated
fibroblasts". Such terms stand in the papers nearest to the core terms far more often than
elsewhere, and mean something near to them. Both are asked, because either alone brings in the
whole field. A term that joins a word of the subject with one that the topic does not know is
something else ("gastrointestinal stromal tumor"); and where papers use the topic's own terms, what
has no word of them is rather its neighbour ("dendritic cell") than another name. What is found is
shown, for people to take over or to leave.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from service.ranking import by_chance
from service.ranking.commonness import is_telling
from service.ranking.examples import highest
from service.ranking.features import encoded
from service.ranking.lexical import EXPECTED_TEXTS
from service.ranking.terms import holding, needles
from service.ranking.words import STOP, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy import float64
    from numpy.typing import NDArray

    from service.ranking.features import Encode, Features

_NEAREST = 75  # works that are read for terms
_HELD_BY = 3  # of them, at least
_LEAST_LIFT = 4.0  # how much more often there than in the archive
_LEAST_NEAR = 4.0  # deviations above what unrelated terms are near to each other
_MOST_TERMS = 8
_TELLING_SHARE = 0.02  # a term needs a word that no more works at large hold
_LONGEST = 3  # words


def expand(
    core: Sequence[str],
    near: NDArray[float64],
    pool: Features,
    encode: Encode,
    *,
    said: Sequence[str] = (),
    besides: Sequence[str] = (),
) -> tuple[str, ...]:
    """Up to eight terms, best first, none part of another or of the core; () where the archive
    tells nothing.

    `near` says how near each work of the pool is to the core terms; `said` is what the topic says;
    `besides` are terms that it sets beside its subject ("tumor microenvironment"): not taken.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    best = highest(near, _NEAREST)
    best = best[near[best] > 0]
    texts = [pool.flats[int(row)] for row in best]
    held = Counter(term for text in texts for term in set(_terms(text)))
    lifts = {
        term: times / (len(best) * _share(term, pool) + 1.0)
        for term, times in held.items()
        if times >= _HELD_BY
    }
    subject, known = (_telling_words(told) for told in (core, (*core, *said)))
    own = needles(core)
    named = sum(bool(holding(text, own)) for text in texts) >= _HELD_BY
    terms = sorted(
        term
        for term, lift in lifts.items()
        if lift >= _LEAST_LIFT and _fits(_telling_words([term]), subject, known, named=named)
    )
    if not terms or not core:
        return ()
    meant = _meant(core, terms, encode)
    order = np.argsort(-meant * np.log1p([lifts[term] for term in terms]), kind="stable")
    wanted = [terms[at] for at in order if meant[at] >= _LEAST_NEAR]
    beside = [set(words(term)) for term in (*besides, *core)]
    return tuple(_apart(wanted, beside))[:_MOST_TERMS]


def _meant(core: Sequence[str], terms: Sequence[str], encode: Encode) -> NDArray[float64]:
    """How near in meaning each term is to the nearest core term: deviations of the cosine above
    those of unrelated terms."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    rows = encoded([*core, *terms, *by_chance.TERMS], encode).astype(np.float64)
    ours, theirs, others = np.split(rows, [len(core), len(core) + len(terms)])
    mean, deviation = by_chance.spread_of(others)
    found: NDArray[float64] = ((theirs @ ours.T).max(axis=1) - mean) / deviation
    return found


def _fits(its: set[str], subject: set[str], known: set[str], *, named: bool) -> bool:
    """Whether a term with these telling words may be of the subject; `named` is whether papers call
    it by the topic's own terms."""
    return not named if subject.isdisjoint(its) else its <= known


def _terms(flat: str) -> Iterator[str]:
    """Each run of two or three words without a stop word or a mark between them."""
    run: list[str] = []
    for word in flat.split():
        if word in STOP or word == "|" or len(word) < 3 or word.isdigit():
            run = []
            continue
        run.append(word)
        for length in range(2, _LONGEST + 1):
            part = run[-length:]
            if len(part) == length and any(is_telling(w, _TELLING_SHARE) for w in part):
                yield " ".join(part)


def _telling_words(texts: Sequence[str]) -> set[str]:
    return {word for text in texts for word in words(text) if is_telling(word, _TELLING_SHARE)}


def _share(term: str, pool: Features) -> float:
    """Of the pool and the texts expected, those that hold all words of the term."""
    rows = pool.holding(term.split())
    return (0 if rows is None else len(rows)) / (len(pool.works) + EXPECTED_TEXTS)


def _apart(terms: Sequence[str], beside: Sequence[set[str]]) -> Iterator[str]:
    """Those that are no part of another; of what is set `beside` they neither are nor hold one."""
    kept: list[set[str]] = []
    for term in terms:
        mine = set(words(term))
        again = any(mine <= other or other <= mine for other in beside)
        if not again and not any(mine <= other for other in kept):
            kept.append(mine)
            yield term

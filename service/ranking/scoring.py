"""All candidates' numbers for one topic, before they are put in order and explained. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking import dense, lexical
from service.ranking.fusion import Spread, fuse, spread_of, standardise
from service.ranking.terms import holding, needles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy import float32, float64, int64
    from numpy.typing import NDArray

    from service.records import Candidate, Facet, Topic

    Encode = Callable[[Sequence[str]], list[NDArray[float32]]]

# Far below any real score, yet finite: such a work can be listed, sorted and stored.
EXCLUDED_SCORE = -100.0

LEXICAL_PRIOR = Spread(0.03, 0.02)
DENSE_PRIOR = Spread(0.15, 0.08)

# What included terms add, in deviations: the first one most, and never more than a strong match.
_FIRST_TERM, _FURTHER_TERM, _MOST_BY_TERMS = 0.75, 0.25, 1.5


@dataclass(frozen=True, slots=True)
class Scored:
    """One entry per candidate, in the order given; `pull` is each word's weight for the topic."""

    total: NDArray[float64]
    lexical: NDArray[float64]
    dense: NDArray[float64]  # NaN where there are no vectors
    nearest: NDArray[int64]  # index of the nearest facet
    included: list[tuple[str, ...]]
    excluded: list[tuple[str, ...]]
    pull: Mapping[str, float]


def score(
    topic: Topic,
    facets: Sequence[Facet],
    candidates: Sequence[Candidate],
    background: Sequence[Candidate],
    encode: Encode | None,
) -> Scored:
    """Standardised parts, their fusion, and what the topic's terms make of it."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    weights = [facet.weight for facet in facets]
    by_words = lexical.compare(facets, candidates, background)
    lexical_part = _standard(by_words.candidates, by_words.background, weights, LEXICAL_PRIOR)
    near = np.full((len(candidates), len(facets)), np.nan, dtype=np.float32)
    near_background = near[:0]
    if encode is not None and any(work.vectors is not None for work in candidates):
        matrix = dense.facet_matrix(encode([facet.text for facet in facets]))
        near = dense.nearness(candidates, matrix)
        near_background = dense.nearness(background, matrix)
    dense_part = _standard(near, near_background, weights, DENSE_PRIOR)
    included = [holding(text, needles(topic.include)) for text in by_words.flats]
    unwanted = needles(topic.exclude)
    excluded = [
        () if wanted else holding(text, unwanted)
        for text, wanted in zip(by_words.flats, included, strict=True)
    ]
    total = fuse(lexical_part, dense_part) + [_bonus(len(terms)) for terms in included]
    return Scored(
        total=np.where([bool(terms) for terms in excluded], EXCLUDED_SCORE, total),
        lexical=lexical_part,
        dense=dense_part,
        nearest=_nearest(near, by_words.candidates, weights),
        included=included,
        excluded=excluded,
        pull=by_words.pull,
    )


def _standard(
    near: NDArray[float32], background: NDArray[float32], weights: Sequence[float], prior: Spread
) -> NDArray[float64]:
    spread = spread_of(dense.gather(background, weights), prior)
    return standardise(dense.gather(near, weights), spread)


def _bonus(terms: int) -> float:
    return min(_MOST_BY_TERMS, _FIRST_TERM + _FURTHER_TERM * (terms - 1)) if terms else 0.0


def _nearest(
    near: NDArray[float32], by_words: NDArray[float32], weights: Sequence[float]
) -> NDArray[int64]:
    """The facet that speaks for the topic and is nearest, by vectors where there are some."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    both = np.where(np.isnan(near), by_words, near)
    found: NDArray[int64] = np.where(np.asarray(weights) > 0, both, -np.inf).argmax(axis=1)
    return found

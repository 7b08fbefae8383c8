"""All candidates' numbers for one topic, before they are put in order and explained. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking import dense, lexical
from service.ranking.fusion import Spread, fuse, on_scale, spread_of, standardise
from service.ranking.terms import holding, needles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy import float32, float64, int64
    from numpy.typing import NDArray

    from service.records import Candidate, Facet, Topic

    Encode = Callable[[Sequence[str]], list[NDArray[float32]]]

# Below any other score: such a work is listed last, and never shown.
EXCLUDED_SCORE = 0.0

# Where the parts lie on literature at large: mean and deviation over 1,500 abstracts drawn from one
# PubMed update file (18,446 abstracts of all of biomedicine, seed 0), averaged over the two shipped
# topics (words 0.086/0.046 and 0.101/0.053; vectors 0.162/0.079 and 0.176/0.082; vectors of a topic
# without included terms 0.143/0.104 and 0.151/0.094), with all-MiniLM-L6-v2.
LEXICAL_PRIOR = Spread(0.094, 0.049)
DENSE_PRIOR = Spread(0.169, 0.081)
FACETS_ONLY_PRIOR = Spread(0.147, 0.099)

# What included terms add, in deviations: the first one most, and never more than a strong match.
_FIRST_TERM, _FURTHER_TERM, _MOST_BY_TERMS = 0.75, 0.25, 1.5


@dataclass(frozen=True, slots=True)
class Scored:
    """One entry per candidate, in the order given; `pull` is each word's weight for the topic."""

    total: NDArray[float64]  # 0 to 1
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
    by_words = lexical.compare(facets, topic.include, candidates, background)
    lexical_spread = spread_of(by_words.background, LEXICAL_PRIOR)
    lexical_part = standardise(by_words.candidates, lexical_spread)
    near = np.full((len(candidates), len(facets)), np.nan, dtype=np.float32)
    dense_part = near[:, 0].astype(np.float64)
    if encode is not None and any(work.vectors is not None for work in candidates):
        rows = dense.facet_matrix(encode([*(facet.text for facet in facets), *topic.include]))
        near = dense.nearness(candidates, rows)
        prior = DENSE_PRIOR if topic.include else FACETS_ONLY_PRIOR
        spread = spread_of(_by_vectors(dense.nearness(background, rows), weights), prior)
        dense_part = standardise(_by_vectors(near, weights), spread)
        near = near[:, : len(facets)]
    wanted_terms, unwanted = needles(topic.include), needles(topic.exclude)
    included = [holding(text, wanted_terms) for text in by_words.flats]
    excluded = [
        () if wanted else holding(text, unwanted)
        for text, wanted in zip(by_words.flats, included, strict=True)
    ]
    total = fuse(lexical_part, dense_part) + [_bonus(len(terms)) for terms in included]
    return Scored(
        total=np.where([bool(terms) for terms in excluded], EXCLUDED_SCORE, on_scale(total)),
        lexical=lexical_part,
        dense=dense_part,
        nearest=_nearest(near, by_words.facets, weights),
        included=included,
        excluded=excluded,
        pull=by_words.pull,
    )


def _by_vectors(near: NDArray[float32], weights: Sequence[float]) -> NDArray[float64]:
    """One number per work; `near` has a column per facet, then one per included term."""
    facets = len(weights)
    return dense.with_terms(dense.gather(near[:, :facets], weights), near[:, facets:])


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

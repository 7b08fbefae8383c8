"""The ranker: words and vectors against a topic's facets, fused, with reasons. Pure.

    score = mean(lexical, dense) + bonus for included terms

Both parts are in standard deviations above the archive's background. How facets are named and how
a text is cut into sentences is passed in: this room ranks, it does not read seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking import dense, lexical
from service.ranking.fusion import Spread, fuse, spread_of, standardise
from service.ranking.passages import carrying_sentence, matched_terms
from service.ranking.terms import holding, needles
from service.records import Facet, RankedWork

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy import float32, float64
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from service.records import Candidate, Topic

    Encode = Callable[[Sequence[str]], list[NDArray[float32]]]

DEFAULT_CUTOFF = 3.0
# Far below any real score, yet finite: such a work can be listed, sorted and stored.
EXCLUDED_SCORE = -100.0

LEXICAL_PRIOR = Spread(0.03, 0.02)
DENSE_PRIOR = Spread(0.15, 0.08)

_FIRST_TERM, _FURTHER_TERM, _MOST = 0.5, 0.25, 1.25
_EXPLAINED = 500  # works, best first; nobody asks why the 3,000th is not higher


@dataclass(frozen=True, slots=True)
class _Parts:
    """All that is known of the candidates before they are put in order."""

    score: NDArray[float64]
    lexical: NDArray[float64]
    dense: NDArray[float64]
    nearest: NDArray[float64]  # the index of the nearest facet
    included: list[tuple[str, ...]]
    excluded: list[tuple[str, ...]]
    pull: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class FusedRanker:
    """A `Ranker`. `facets` names the parts of a topic; `sentences` cuts an abstract.

    A work with an excluded term and no included one scores `EXCLUDED_SCORE` and its `terms` say
    which term it was. Works far down the list carry no sentence and no terms.
    """

    facets: Callable[[Topic], Sequence[Facet]]
    sentences: Callable[[str], list[str]]

    def rank(
        self,
        topic: Topic,
        candidates: Sequence[Candidate],
        background: Sequence[Candidate],
        encode: Encode | None,
    ) -> list[RankedWork]:
        """All candidates, best first, ties by work id. `encode` None means by words only."""
        if not candidates:
            return []
        facets = list(self.facets(topic)) or [Facet("title", topic.name, "")]
        parts = _score(topic, facets, candidates, background, encode)
        order = sorted(
            range(len(candidates)), key=lambda row: (-parts.score[row], candidates[row].work_id)
        )
        return [
            self._told(topic, facets, candidates[row], row, parts, place < _EXPLAINED)
            for place, row in enumerate(order)
        ]

    def _told(
        self,
        topic: Topic,
        facets: Sequence[Facet],
        work: Candidate,
        row: int,
        parts: _Parts,
        explained: bool,
    ) -> RankedWork:
        terms: tuple[str, ...] = ()
        sentence = ""
        if parts.excluded[row]:
            terms = tuple(f"excluded: {term}" for term in parts.excluded[row])
        elif explained:
            phrases = parts.included[row]
            terms = matched_terms(work, parts.pull, phrases)
            sentence = carrying_sentence(self.sentences(work.abstract), parts.pull, phrases)
        by_vectors = parts.dense[row]
        return RankedWork(
            work_id=work.work_id,
            topic=topic.slug,
            score=float(parts.score[row]),
            lexical=float(parts.lexical[row]),
            dense=None if by_vectors != by_vectors else float(by_vectors),  # noqa: PLR0124 (NaN)
            facet=facets[int(parts.nearest[row])],
            terms=terms,
            sentence=sentence,
        )

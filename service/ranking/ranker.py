"""The ranker: words and vectors against a topic's facets, fused, with reasons. Pure.

    score = on a scale of 0 to 1 (mean(lexical, dense) + bonus for included terms)

Both parts are in standard deviations above the archive's background. How facets are named and how
a text is cut into sentences is passed in: this room ranks, it does not read seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking.passages import carrying_sentence, matched_terms
from service.ranking.scoring import EXCLUDED_SCORE, score
from service.records import Facet, RankedWork

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.ranking.scoring import Encode, Scored
    from service.records import Candidate, Topic

__all__ = ["DEFAULT_CUTOFF", "EXCLUDED_SCORE", "FusedRanker"]

DEFAULT_CUTOFF = 0.5  # see `fusion.on_scale`
_EXPLAINED = 500  # works, best first; nobody asks why the 3,000th is not higher


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
        found = score(topic, facets, candidates, background, encode)
        order = sorted(
            range(len(candidates)), key=lambda row: (-found.total[row], candidates[row].work_id)
        )
        return [
            self._told(topic, facets, candidates[row], found, row=row, explained=place < _EXPLAINED)
            for place, row in enumerate(order)
        ]

    def _told(
        self,
        topic: Topic,
        facets: Sequence[Facet],
        work: Candidate,
        found: Scored,
        *,
        row: int,
        explained: bool,
    ) -> RankedWork:
        terms: tuple[str, ...] = ()
        sentence = ""
        if found.excluded[row]:
            terms = tuple(f"excluded: {term}" for term in found.excluded[row])
        elif explained:
            phrases = found.included[row]
            terms = matched_terms(work, found.pull, phrases)
            sentence = carrying_sentence(self.sentences(work.abstract), found.pull, phrases)
        by_vectors = found.dense[row]
        return RankedWork(
            work_id=work.work_id,
            topic=topic.slug,
            score=float(found.total[row]),
            lexical=float(found.lexical[row]),
            dense=None if by_vectors != by_vectors else float(by_vectors),  # noqa: PLR0124 (NaN)
            facet=facets[int(found.nearest[row])],
            terms=terms,
            sentence=sentence,
        )

"""The ranker: works against a topic's concept and its examples, with reasons. Pure.

    score = (concept + share * examples) / (1 + share), in deviations above literature at large
    relevance = probability that a reader wants the work, calibrated on votes

How facets are named and how a text is cut into sentences is passed in: this room ranks, it does
not read seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking.assessed import assess
from service.ranking.features import read_pool
from service.ranking.profile import senses_of
from service.ranking.reading import Reader
from service.ranking.scoring import EXCLUDED_SCORE, VOTED
from service.ranking.sense_inventory import take_inventory
from service.records import BINS, TopicRanking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.ranking.assessed import Assessed
    from service.ranking.features import Encode, Features
    from service.records import Candidate, Evidence, Facet, RankedWork, Topic

    Each = Callable[[Callable[[Topic], TopicRanking], Sequence[Topic]], Iterable[TopicRanking]]

__all__ = ["DEFAULT_CUTOFF", "EXCLUDED_SCORE", "FusedRanker"]

DEFAULT_CUTOFF = 0.5
# Works, best first, that are explained: those that might be shown, within bounds. Nobody asks why
# the 3,000th is not higher.
_EXPLAINED, _MOST_EXPLAINED, _MIGHT_BE_SHOWN = 30, 100, 0.3


@dataclass(frozen=True, slots=True)
class FusedRanker:
    """A `Ranker`. `facets` names the parts of a topic; `sentences` cuts an abstract.

    A work with an excluded term and no included one scores `EXCLUDED_SCORE`, has no relevance, and
    its `terms` say which term it was. Works far down the list are not explained. `each`
    ranks several topics, in any order or side by side, and gives the outcomes in theirs.
    """

    facets: Callable[[Topic], Sequence[Facet]]
    sentences: Callable[[str], list[str]]
    each: Each = map

    def rank(
        self,
        topic: Topic,
        candidates: Sequence[Candidate],
        background: Sequence[Candidate],
        encode: Encode | None,
        evidence: Sequence[Evidence] = (),
    ) -> Sequence[RankedWork]:
        """All candidates, best first, ties by work id. `encode` None means by words only.

        Raises `EncoderError` when vectors of two encoders meet.
        """
        told = {topic.slug: evidence}
        return self.rank_all([topic], candidates, background, encode, told)[topic.slug].works

    def rank_all(
        self,
        topics: Sequence[Topic],
        candidates: Sequence[Candidate],
        background: Sequence[Candidate],
        encode: Encode | None,
        evidence: Mapping[str, Sequence[Evidence]],
        *,
        limit: int | None = None,
    ) -> dict[str, TopicRanking]:
        """The same for several topics, of each the best `limit`; the works are read once."""
        if not candidates:
            return {topic.slug: TopicRanking((), (0,) * BINS) for topic in topics}
        # The order in which works come must not decide anything, not even the last digit.
        rest = [*background, *_voted(evidence, (*candidates, *background))]
        pool = read_pool(*(sorted(works, key=_by_id) for works in (candidates, rest)))
        return self.rank_pool(topics, pool, encode, evidence, limit=limit)

    def rank_pool(
        self,
        topics: Sequence[Topic],
        pool: Features,
        encode: Encode | None,
        evidence: Mapping[str, Sequence[Evidence]],
        *,
        limit: int | None = None,
    ) -> dict[str, TopicRanking]:
        """The same for works that have been read already, each list sorted by work id."""
        inventory = take_inventory(pool.writings, _short_forms(topics))
        once = None if encode is None else _Remembered(encode)
        reader = Reader(pool, self.sentences)

        def best(topic: Topic) -> TopicRanking:
            told = evidence.get(topic.slug, ())
            return _best(assess(topic, told, reader, inventory, once, facets=self.facets), limit)

        found = self.each(best, topics)
        return {topic.slug: ranking for topic, ranking in zip(topics, found, strict=True)}

    def assess(
        self, topic: Topic, pool: Features, encode: Encode | None, evidence: Sequence[Evidence] = ()
    ) -> Assessed:
        """All works of a pool for one topic, those behind the candidates too; nothing is explained
        yet. Raises `EncoderError` when vectors of two encoders meet."""
        inventory = take_inventory(pool.writings, _short_forms([topic]))
        reader = Reader(pool, self.sentences)
        return assess(topic, evidence, reader, inventory, encode, facets=self.facets)


def _best(assessed: Assessed, limit: int | None) -> TopicRanking:
    order = assessed.order[:limit].tolist()
    likely = int((assessed.explainer.found.relevance[order] >= _MIGHT_BE_SHOWN).sum())
    explained = min(max(likely, _EXPLAINED), _MOST_EXPLAINED)
    works = assessed.ranked(order, explained)
    return TopicRanking(works, assessed.spread, assessed.found_terms)


class _Remembered:
    """An `Encode` that remembers what it has encoded."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._known: dict[str, NDArray[float32]] = {}

    def __call__(self, texts: Sequence[str]) -> list[NDArray[float32]]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encode(new), strict=True))
        return [self._known[text] for text in texts]


def _by_id(work: Candidate) -> int:
    return work.work_id


def _voted(
    evidence: Mapping[str, Sequence[Evidence]], known: Sequence[Candidate]
) -> list[Candidate]:
    """Works voted on that are not among the `known` ones: calibration needs their scores."""
    held = {work.work_id for work in known}
    found = {
        each.work.work_id: each.work
        for told in evidence.values()
        for each in told
        if each.origin in VOTED and each.work.work_id not in held
    }
    return list(found.values())


def _short_forms(topics: Sequence[Topic]) -> set[str]:
    """All short forms whose sense some topic knows: what the archive is asked about."""
    return {short for topic in topics for short in senses_of(topic)}

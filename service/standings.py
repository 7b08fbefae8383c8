"""How works stand to topics: all that the archive knows of both, handed to the ranker.

A module beside the pipeline, with the same rules: it is handed the store, the encoder and the
ranker, and what decides is in the pure stages.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from service import seeding, voting
from service.deduplication.keys import id_keys
from service.errors import EncoderError
from service.records import Candidate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from threading import Lock

    from service.pipeline import Parts
    from service.records import EncoderInfo, Evidence, RankedWork, Topic, Work
    from service.store import Unit

log = logging.getLogger(__name__)

BACKGROUND = 2_000  # works that rarity and spread are estimated from
MOST_RANKED = 2_000  # works a topic: far more than any line lets through


@dataclass(frozen=True, slots=True)
class Ranking:
    """Works of one sequence window, ranked for each topic, and by what; `missing` says why there
    was no encoder. `by_topic` has the best of each topic, `spread` counts all (see
    `TopicRanking`). `refused` are those that the topic's readers voted against, `seeds` those that
    it is told by."""

    screened: int
    by_topic: Mapping[str, Sequence[RankedWork]]
    encoder: EncoderInfo | None = None
    missing: str | None = None
    refused: Mapping[str, frozenset[int]] = field(default_factory=dict)
    seeds: Mapping[str, frozenset[int]] = field(default_factory=dict)
    spread: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def encoded_by(self) -> str:
        """What made the vectors, in words; "" where there was nothing."""
        made = self.encoder
        return f"{made.name} ({made.revision}, {made.precision})" if made else ""

    @property
    def news(self) -> dict[str, list[RankedWork]]:
        """The same by topic, without its own seeds: whoever gave them knows them."""
        ranked = self.by_topic.items()
        return {slug: _without(works, self.seeds.get(slug, ())) for slug, works in ranked}

    @property
    def wanted(self) -> dict[str, list[RankedWork]]:
        """The news by topic, without those refused for that topic."""
        news = self.news.items()
        return {slug: _without(works, self.refused.get(slug, ())) for slug, works in news}


def ranking(
    parts: Parts,
    topics: Sequence[Topic],
    candidates: Sequence[Candidate],
    hi: int,
    info: EncoderInfo | None,
    *,
    until: datetime | None = None,
) -> Ranking:
    """The candidates against the archive up to `hi`, by each topic's document, what its seeds cite
    and its readers' votes; without `info` by words only. Raises `EncoderError`.

    With `until` only votes count that were cast before it; one that was changed since does not.
    """
    cited = {topic.slug: seeding.evidence(parts, topic, info) for topic in topics}
    with parts.store.reading() as tx:
        encoder_id = None if info is None else tx.embeddings.find(info)
        voted = {topic.slug: _voted(tx, topic.slug, encoder_id, until) for topic in topics}
        seeds = {topic.slug: seed_works(tx, topic) for topic in topics}
        # What is judged is no background, nor is what is ranked against it.
        apart = {each.work.work_id for told in voted.values() for each in told}
        apart |= {work.work_id for work in candidates}
        background = [w for w in tx.works.sample(BACKGROUND, hi) if w.work_id not in apart]
        candidates = with_citations(tx, candidates)
        if encoder_id is not None:
            candidates = with_vectors(tx, encoder_id, candidates)
            background = with_vectors(tx, encoder_id, background)
    encode = None if info is None else parts.encoder.encode
    evidence = {slug: [*cited[slug], *told] for slug, told in voted.items()}
    ranked = parts.ranker.rank_all(
        topics, candidates, background, encode, evidence, limit=MOST_RANKED
    )
    refused = {
        slug: frozenset(each.work.work_id for each in told if each.weight < 0)
        for slug, told in voted.items()
    }
    return Ranking(
        len(candidates),
        {slug: found.works for slug, found in ranked.items()},
        info,
        refused=refused,
        seeds=seeds,
        spread={slug: found.spread for slug, found in ranked.items()},
    )


def of_one(
    parts: Parts, topics: Sequence[Topic], work: Work, *, model: Lock, patience: float
) -> Ranking:
    """One work against the whole archive, while the `model` is held. By words only where it cannot
    be had within `patience` seconds, or is not there: `missing` says which."""
    with parts.store.reading() as tx:
        hi = tx.works.sequence()
    asked = partial(ranking, parts, topics, [Candidate(work.id, work.title, work.abstract)], hi)
    if not model.acquire(timeout=patience):
        return replace(asked(None), missing="the model is busy with new papers")
    try:
        return asked(parts.encoder.info())
    except EncoderError as error:
        log.warning("ranking work %d by words only: %s", work.id, error)
        return replace(asked(None), missing="the model is not there")
    finally:
        model.release()


def seed_works(tx: Unit, topic: Topic) -> frozenset[int]:
    """The works of the archive that the topic's seeds are."""
    keys = {key for seed in topic.seeds for key in id_keys(seed.ids)}
    return frozenset(tx.works.keyed(sorted(keys)).values())


def _without(works: Sequence[RankedWork], ids: Collection[int]) -> list[RankedWork]:
    return [work for work in works if work.work_id not in ids]


def _voted(tx: Unit, topic: str, encoder_id: int | None, until: datetime | None) -> list[Evidence]:
    found = voting.evidence(tx, topic, encoder_id)
    if until is None:
        return found
    then = voting.verdicts(vote for vote in tx.votes.current(topic) if vote.at < until)
    return [
        replace(each, weight=weight, origin=origin)
        for each in found
        for weight, origin in [then.get(each.work.work_id, (0.0, ""))]
        if weight
    ]


def with_citations(tx: Unit, works: Sequence[Candidate]) -> list[Candidate]:
    """The works with the seeds that they cite and the followed authors that they are by."""
    of = tx.citations.of([work.work_id for work in works])
    return [replace(work, of=of[work.work_id]) if work.work_id in of else work for work in works]


def with_vectors(tx: Unit, encoder_id: int, works: Sequence[Candidate]) -> list[Candidate]:
    """The works with their vectors of this encoder, where they are current."""
    vectors = tx.embeddings.load(encoder_id, [work.work_id for work in works])
    return [replace(work, vectors=vectors.get(work.work_id)) for work in works]

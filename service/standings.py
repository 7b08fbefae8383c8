"""How works stand to topics: all that the archive knows of both, handed to the ranker.

A module beside the pipeline, with the same rules: it is handed the store, the encoder and the
ranker, and what decides is in the pure stages.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from service import seeding, voting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.pipeline import Parts
    from service.records import Candidate, EncoderInfo, RankedWork, Topic
    from service.store import Unit

BACKGROUND = 2_000  # works that rarity and spread are estimated from
MOST_RANKED = 2_000  # works a topic: far more than any line lets through


@dataclass(frozen=True, slots=True)
class Ranking:
    """Works of one sequence window, ranked for each topic, and by what; `missing` says why there
    was no encoder. `refused` are those that the topic's readers voted against."""

    screened: int
    by_topic: Mapping[str, list[RankedWork]]
    encoder: EncoderInfo | None = None
    missing: str | None = None
    refused: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @property
    def wanted(self) -> dict[str, list[RankedWork]]:
        """The same by topic, without those refused for that topic."""
        return {
            slug: [work for work in works if work.work_id not in self.refused.get(slug, ())]
            for slug, works in self.by_topic.items()
        }


def ranking(
    parts: Parts,
    topics: Sequence[Topic],
    candidates: Sequence[Candidate],
    hi: int,
    info: EncoderInfo | None,
) -> Ranking:
    """The candidates against the archive up to `hi`, by each topic's document, what its seeds cite
    and its readers' votes; without `info` by words only. Raises `EncoderError`."""
    cited = {topic.slug: seeding.evidence(parts, topic, info) for topic in topics}
    with parts.store.reading() as tx:
        encoder_id = None if info is None else tx.embeddings.find(info)
        voted = {topic.slug: voting.evidence(tx, topic.slug, encoder_id) for topic in topics}
        # What is judged is no background, nor is what is ranked against it.
        apart = {each.work.work_id for told in voted.values() for each in told}
        apart |= {work.work_id for work in candidates}
        background = [w for w in tx.works.sample(BACKGROUND, hi) if w.work_id not in apart]
        if encoder_id is not None:
            candidates = _with_vectors(tx, encoder_id, candidates)
            background = _with_vectors(tx, encoder_id, background)
    encode = None if info is None else parts.encoder.encode
    evidence = {slug: [*cited[slug], *told] for slug, told in voted.items()}
    by_topic = parts.ranker.rank_all(
        topics, candidates, background, encode, evidence, limit=MOST_RANKED
    )
    refused = {
        slug: frozenset(each.work.work_id for each in told if each.weight < 0)
        for slug, told in voted.items()
    }
    return Ranking(len(candidates), by_topic, info, refused=refused)


def _with_vectors(tx: Unit, encoder_id: int, works: Sequence[Candidate]) -> list[Candidate]:
    vectors = tx.embeddings.load(encoder_id, [work.work_id for work in works])
    return [replace(work, vectors=vectors.get(work.work_id)) for work in works]

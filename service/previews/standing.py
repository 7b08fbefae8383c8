"""How a pool of works stands to a topic, and what a line drawn there shows. Pure; a module beside
the pipeline, which hands in the ranker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from service import lines
from service.ranking.intervals import wilson
from service.ranking.scoring import VOTED
from service.records.tuning import Outlook, Share
from service.standings import MOST_RANKED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy import intp
    from numpy.typing import NDArray

    from service.ranking.assessed import Assessed
    from service.ranking.features import Encode, Features
    from service.records import Candidate, Evidence, Topic

    class PoolRanker(Protocol):
        """What ranks works that have been read already."""

        def assess(
            self,
            topic: Topic,
            pool: Features,
            encode: Encode | None,
            evidence: Sequence[Evidence] = (),
        ) -> Assessed:
            """All works of the pool for one topic. Raises `EncoderError`."""
            ...


FOLDS = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """How the works of a pool stand to a topic, wherever its line is.

    `order` are the rows of the works that are news, best first: of all but the topic's own seeds.
    `unvoted` is the relevance, by row, that works voted on have without their own vote (with four
    fifths of the votes, their own not among them): with it every voted work would confirm itself.
    `held_out` is that of the references that the ranker was not told of, had they come these weeks.
    `verdicts` are by work: above 0 for the topic, and "vote" or "saved".
    """

    assessed: Assessed
    order: NDArray[intp]
    unvoted: Mapping[int, float]
    held_out: Sequence[float]
    verdicts: Mapping[int, tuple[float, str]]

    @property
    def pool(self) -> Features:
        """The works, read."""
        return self.assessed.explainer.pool

    def shown(self, line: float) -> list[int]:
        """The rows of the works that reach the line, best first; never one that holds an excluded
        term. What readers voted against stays among them: it is for them to see what comes back."""
        relevance = self.assessed.relevance[self.order]
        found: list[int] = self.order[(relevance >= line) & (relevance > 0)].tolist()
        return found

    def line(self, topic: Topic, default: float, weeks: float) -> float:
        """Where the topic's line lies over these works, by the rule that digests go by."""
        best = self.assessed.ranked(self.order[:MOST_RANKED].tolist(), 0)
        wanted = [w for w in best if self.verdicts.get(w.work_id, (1.0, ""))[0] > 0]
        return lines.draw([topic], default, {topic.slug: wanted}, weeks=weeks)[topic.slug]

    def outlook(self, line: float, weeks: float) -> Outlook:
        """What the line shows, and how good that is.

        Precision: of the voted works that would be shown without their own vote, those wanted.
        """
        rows = self.shown(line)
        relevance, works = self.assessed.relevance, self.pool.works
        judged = [
            self.verdicts[works[row].work_id][0] > 0
            for row, unvoted in self.unvoted.items()
            if unvoted >= line and unvoted > 0
        ]
        reached = [each >= line and each > 0 for each in self.held_out]
        return Outlook(
            line=line,
            shown=len(rows),
            per_week=len(rows) / weeks,
            spread=self.assessed.spread,
            expected=float(relevance[rows].mean()) if rows else None,
            precision=share(judged),
            recall=share(reached),
        )


@dataclass(frozen=True, slots=True)
class Side:
    """A standing with the line that is drawn in it; `held_out` are the titles of the references
    that its recall is measured on."""

    standing: Standing
    line: float
    held_out: frozenset[str]

    @property
    def shown(self) -> list[int]:
        """The rows of the works that reach the line, best first."""
        return self.standing.shown(self.line)


def share(hits: Sequence[bool]) -> Share | None:
    """How many are true, with the interval; None of nothing."""
    if not hits:
        return None
    value = sum(hits) / len(hits)
    low, high = wilson(value, len(hits))
    return Share(sum(hits), len(hits), value, low, high)


def stand(
    ranker: PoolRanker,
    topic: Topic,
    pool: Features,
    encode: Encode | None,
    evidence: Sequence[Evidence],
    *,
    held_out: Sequence[Candidate],
    seeds: Collection[int] = (),
) -> Standing:
    """How the works stand to the topic with this evidence; `seeds` are those that are its seeds.
    Raises `EncoderError`.

    The references that are held out are ranked in a pool of their own, so that they move nothing
    in the one that is shown.
    """
    assessed = ranker.assess(topic, pool, encode, evidence)
    beside = assessed.beside(held_out).tolist() if held_out else ()
    verdicts = {e.work.work_id: (e.weight, e.origin) for e in evidence if e.origin in VOTED}
    order, unvoted = _news(assessed, seeds), _unvoted(assessed, verdicts)
    return Standing(assessed, order, unvoted, beside, verdicts)


def _news(assessed: Assessed, seeds: Collection[int]) -> NDArray[intp]:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    works = assessed.explainer.pool.works
    known = [row for row in range(len(works)) if works[row].work_id in seeds] if seeds else []
    return assessed.order[~np.isin(assessed.order, known)]


def _unvoted(assessed: Assessed, verdicts: Mapping[int, object]) -> dict[int, float]:
    pool = assessed.explainer.pool
    voted = [row for row in range(pool.candidates) if pool.works[row].work_id in verdicts]
    found: dict[int, float] = {}
    for start in range(min(FOLDS, len(voted))):
        apart = {pool.works[row].work_id: row for row in voted[start::FOLDS]}
        without = assessed.without(apart).relevance
        found |= {row: float(without[row]) for row in apart.values()}
    return found

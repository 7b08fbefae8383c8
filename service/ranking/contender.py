"""Litwatch's own ranker as a contender in an evaluation: examples for and against, no terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking.features import read_pool
from service.ranking.profile import Profile
from service.ranking.scoring import score
from service.ranking.sense_inventory import Inventory
from service.records import Evidence, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64
    from numpy.typing import NDArray

    from service.ranking.evaluation import Scores
    from service.records import Candidate

_UNNAMED = Topic("corpus", "corpus", ())


@dataclass(frozen=True, slots=True)
class Litwatch:
    """Ranks a corpus as the service ranks the archive for a topic told by papers and votes."""

    name: str = "litwatch"
    dense: bool = True

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        """The pool read once; see `Contender`."""
        pool = read_pool(papers, background)

        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            told = [(row, 1.0) for row in liked] + [(row, -1.0) for row in disliked]
            examples = tuple(Evidence(papers[row], weight, "vote") for row, weight in told)
            profile = Profile((), {}, (), examples)
            return score(_UNNAMED, profile, pool, Inventory(), None).total[: len(papers)]

        return scores

"""Scores of several contenders as one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking.metrics import order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import bool_, float64
    from numpy.typing import NDArray

    from service.ranking.evaluation import Contender, Scores
    from service.records import Candidate

    # One part's scores and which papers are open (neither liked nor disliked) -> what it adds.
    OnScale = Callable[[NDArray[float64], NDArray[bool_]], NDArray[float64]]

_RRF = 60.0


@dataclass(frozen=True, slots=True)
class Fused:
    """The sum of its parts' scores, each first brought onto one scale over the open papers."""

    name: str
    parts: tuple[Contender, ...]
    on_scale: OnScale

    @property
    def dense(self) -> bool:
        """Whether a part needs vectors."""
        return any(part.dense for part in self.parts)

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        """Prepare every part."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        prepared = [part.prepare(papers, background) for part in self.parts]

        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            is_open = np.ones(len(papers), dtype=bool)
            is_open[[*liked, *disliked]] = False
            total = np.zeros(len(papers))
            for part in prepared:
                total += self.on_scale(part(liked, disliked), is_open)
            return total

        return scores


def rrf(name: str, parts: tuple[Contender, ...]) -> Fused:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): the sum of 1 / (60 + rank)."""
    return Fused(name, parts, reciprocal_ranks)


def zscore(name: str, parts: tuple[Contender, ...]) -> Fused:
    """The sum of the parts' standard scores."""
    return Fused(name, parts, standard_scores)


def reciprocal_ranks(scores: NDArray[float64], is_open: NDArray[bool_]) -> NDArray[float64]:
    """1 / (60 + rank among the open papers); the others get nought."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    found = np.zeros(len(scores))
    rows = np.flatnonzero(is_open)
    found[rows[order(scores[rows])]] = 1 / (_RRF + np.arange(1, len(rows) + 1))
    return found


def standard_scores(scores: NDArray[float64], is_open: NDArray[bool_]) -> NDArray[float64]:
    """Deviations from the mean of the open papers; nought where all are alike."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    spread = scores[is_open].std() if is_open.any() else 0.0
    if not spread > 1e-12:  # rounding makes equal scores differ
        return np.zeros(len(scores))
    found: NDArray[float64] = (scores - scores[is_open].mean()) / spread
    return found

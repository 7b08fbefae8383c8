"""Peers that look at vectors. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64
    from numpy.typing import NDArray

    from service.ranking.evaluation import Scores
    from service.records import Candidate


def paper_vectors(papers: Sequence[Candidate]) -> NDArray[float64]:
    """One unit row per paper: the mean of the chunks of title and abstract, without the row of the
    title alone, which no peer has; noughts where it has none."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    width = max((each.vectors.shape[1] for each in papers if each.vectors is not None), default=1)
    rows = np.zeros((len(papers), width))
    for row, each in enumerate(papers):
        if each.vectors is not None and len(each.vectors):
            text = each.vectors[1:] if len(each.vectors) > 1 else each.vectors
            rows[row] = text.mean(axis=0, dtype=np.float64)
    unit: NDArray[float64] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit


@dataclass(frozen=True, slots=True)
class MeanCosine:
    """The mean cosine to the liked papers. Disliked papers are not used."""

    name: str = "mean-cosine"
    dense: ClassVar[bool] = True

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        """One row per paper."""
        rows = paper_vectors(papers)

        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            found: NDArray[float64] = rows @ rows[list(liked)].mean(axis=0)
            return found

        return scores


@dataclass(frozen=True, slots=True)
class MaxCosine:
    """The cosine to the nearest liked paper, as paperpulse takes the nearest of a topic's lines.
    Disliked papers are not used."""

    name: str = "max-cosine"
    dense: ClassVar[bool] = True

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        """One row per paper."""
        rows = paper_vectors(papers)

        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            found: NDArray[float64] = (rows @ rows[list(liked)].T).max(axis=1)
            return found

        return scores


@dataclass(frozen=True, slots=True)
class ZoteroArxivDaily:
    """TideDra/zotero-arxiv-daily (reranker/base.py): the mean cosine to the liked papers, newest
    first, the i-th (from 1) weighing 1 / (1 + log10 i).

    It embeds abstracts alone with a model of its own; here it gets the vectors that all get.
    """

    name: str = "zotero-arxiv-daily"
    dense: ClassVar[bool] = True

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        """One row per paper."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        rows = paper_vectors(papers)

        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            weights = 1 / (1 + np.log10(np.arange(1, len(liked) + 1)))
            found: NDArray[float64] = rows @ (weights / weights.sum() @ rows[list(liked)])
            return found

        return scores

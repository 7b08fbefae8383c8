"""How well rankers do on labelled corpora: contenders, draws, figures, comparisons. Pure.

From each corpus some included papers are drawn as seeds, the rest is ranked for them, and the
list is measured against the labels; again for several draws, the same for every contender. A
figure of a corpus is the mean over its draws, the macro figure the mean over corpora.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from service.ranking import metrics
from service.ranking.intervals import Figure, macro, ratio
from service.ranking.labelled import Corpus, draw, newest_first

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy import float64
    from numpy.typing import NDArray

    from service.records import Candidate

    # Rows liked (newest first where dates are known) and disliked -> one score for every paper.
    Scores = Callable[[Sequence[int], Sequence[int]], NDArray[float64]]

METRICS: Mapping[str, Callable[[NDArray[float64]], float]] = {
    "ap": metrics.average_precision,
    "ndcg20": metrics.ndcg,
    "recall10": metrics.recall_at,
    "wss95": metrics.work_saved,
}


class Contender(Protocol):
    """A ranker under evaluation."""

    @property
    def name(self) -> str: ...

    @property
    def dense(self) -> bool:
        """Whether it needs the papers' vectors."""
        ...

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        """Compute once what does not hang on the draw.

        What is returned scores every paper, higher is better, given the rows of the liked papers
        (at least one) and of the disliked ones (perhaps none). Scores of the papers so named are
        not looked at. `background` are other texts of the field, without labels; it may be empty.
        """
        ...


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One contender's figures by metric: per corpus (by its name), and macro over them."""

    contender: str
    corpora: Mapping[str, Mapping[str, Figure]]
    macro: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A contender beside a reference over the same draws: macro difference and ratio, and on how
    many of the corpora its mean is the higher one."""

    contender: str
    reference: str
    metric: str
    difference: Figure
    ratio: Figure
    ahead: int
    corpora: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Every measurement: contender -> metric -> one array of draws per corpus."""

    corpora: tuple[str, ...]
    values: Mapping[str, Mapping[str, Sequence[NDArray[float64]]]]

    def scorecards(self) -> list[Scorecard]:
        """One per contender, in the order they were given."""
        return [
            Scorecard(
                name,
                {
                    corpus: {metric: macro([each[place]]) for metric, each in found.items()}
                    for place, corpus in enumerate(self.corpora)
                },
                {metric: macro(each) for metric, each in found.items()},
            )
            for name, found in self.values.items()
        ]

    def best(self, among: Sequence[str], metric: str = "ap") -> str | None:
        """Which of these has the highest macro mean; None when none of them was measured."""
        known = [name for name in among if name in self.values]
        return max(known, key=lambda name: macro(self.values[name][metric]).mean, default=None)

    def comparison(self, contender: str, reference: str, metric: str = "ap") -> Comparison:
        """The contender beside the reference."""
        ours, theirs = self.values[contender][metric], self.values[reference][metric]
        differences = [a - b for a, b in zip(ours, theirs, strict=True)]
        return Comparison(
            contender=contender,
            reference=reference,
            metric=metric,
            difference=macro(differences),
            ratio=ratio(ours, theirs),
            ahead=sum(1 for each in differences if each.mean() > 0),
            corpora=len(differences),
        )


def measure(
    contenders: Sequence[Contender],
    corpora: Sequence[Corpus],
    *,
    seeds: int,
    draws: int,
    background: Sequence[Candidate] = (),
    progress: Callable[[int], None] | None = None,
) -> Measured:
    """Rank every corpus with every contender for each draw; deterministic. Names must differ.

    `progress` is called with 1 after each of contenders x corpora x draws lists. Raises
    `InputError` when a corpus has too few included papers.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    drawn = [[draw(each, seeds, number) for number in range(draws)] for each in corpora]
    values: dict[str, dict[str, list[NDArray[float64]]]] = {
        each.name: {metric: [] for metric in METRICS} for each in contenders
    }
    for corpus, choices in zip(corpora, drawn, strict=True):
        for contender in contenders:
            scores = contender.prepare(corpus.papers, background)
            lists = []
            for chosen in choices:
                lists.append(_ranked(corpus, scores, chosen))
                if progress is not None:
                    progress(1)
            for metric, figure in METRICS.items():
                values[contender.name][metric].append(np.array([figure(each) for each in lists]))
    return Measured(tuple(each.name for each in corpora), values)


def _ranked(corpus: Corpus, scores: Scores, chosen: Sequence[int]) -> NDArray[float64]:
    """The labels of all but the seeds, best first."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    rest = np.delete(np.arange(len(corpus.papers)), chosen)
    found = scores(newest_first(corpus, chosen), ())
    return corpus.relevant[rest][metrics.order(found[rest])].astype(np.float64)

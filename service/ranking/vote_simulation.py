"""What votes do for a ranker: readers simulated by a corpus's labels. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking.intervals import Figure, macro
from service.ranking.labelled import Corpus, draw, newest_first
from service.ranking.metrics import average_precision, order, recall_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy import float64
    from numpy.typing import NDArray

    from service.ranking.evaluation import Contender, Scores
    from service.records import Candidate


_FIGURES = ("recall10", "ap", "unseen", "unseen_without")


@dataclass(frozen=True, slots=True)
class VoteCurve:
    """One contender's figures after each number of `votes`, one entry per round.

    `recall10` and `ap` are of the list as a reader sees it who began with the seeds: the papers
    voted on, in the order in which they were shown, then the rest as it is ranked now. All
    included papers but the seeds count, whether found by voting or ranked high now; so a vote
    that a ranker wastes on an excluded paper costs it a place. `unseen` is the average precision
    of the rest alone. It falls as the easy ones are found; what the votes taught shows beside
    `unseen_without`, that of the same papers as they were ranked before any vote.
    """

    contender: str
    votes: tuple[int, ...]
    recall10: tuple[Figure, ...]
    ap: tuple[Figure, ...]
    unseen: tuple[Figure, ...]
    unseen_without: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Voted:
    """Every simulated figure of one contender: arrays (draws, rounds + 1), one per corpus."""

    contender: str
    per_round: int
    values: Mapping[str, Sequence[NDArray[float64]]]

    def curve(self) -> VoteCurve:
        """The macro means with their intervals."""
        rounds = self.values["ap"][0].shape[1]
        told = {
            name: tuple(macro([each[:, at] for each in found]) for at in range(rounds))
            for name, found in self.values.items()
        }
        return VoteCurve(self.contender, tuple(self.per_round * at for at in range(rounds)), **told)


def simulate_votes(
    contender: Contender,
    corpora: Sequence[Corpus],
    *,
    seeds: int = 2,
    rounds: int = 5,
    per_round: int = 5,
    draws: int = 8,
    background: Sequence[Candidate] = (),
    progress: Callable[[int], None] | None = None,
) -> Voted:
    """In each round the labels vote on the `per_round` best papers not yet voted on.

    The draws are those of `measure`. `progress` is called with 1 after each corpora x draws.
    Raises `InputError` when a corpus has too few included papers.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    values: dict[str, list[NDArray[float64]]] = {name: [] for name in _FIGURES}
    for corpus in corpora:
        scores = contender.prepare(corpus.papers, background)
        found = []
        for number in range(draws):
            chosen = draw(corpus, seeds, number)
            found.append(_one_reader(corpus, scores, chosen, rounds, per_round))
            if progress is not None:
                progress(1)
        for place, name in enumerate(_FIGURES):
            values[name].append(np.array(found)[:, :, place])
    return Voted(contender.name, per_round, values)


def _one_reader(
    corpus: Corpus, scores: Scores, seeds: Sequence[int], rounds: int, per_round: int
) -> list[tuple[float, ...]]:
    """The figures of `_FIGURES` before voting and after each round."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    seen: list[int] = []
    figures = []
    before = scores(newest_first(corpus, seeds), ())
    for _ in range(rounds + 1):
        liked = [*seeds, *(row for row in seen if corpus.relevant[row])]
        disliked = [row for row in seen if not corpus.relevant[row]]
        rest = np.delete(np.arange(len(corpus.papers)), [*seeds, *seen])
        now = scores(newest_first(corpus, liked), disliked) if seen else before
        ranked = rest[order(now[rest])]
        whole = corpus.relevant[[*seen, *ranked.tolist()]]
        unseen = corpus.relevant[ranked]
        without = corpus.relevant[rest[order(before[rest])]]
        found = (recall_at(whole), *map(average_precision, (whole, unseen, without)))
        figures.append(found)
        seen += ranked[:per_round].tolist()
    return figures

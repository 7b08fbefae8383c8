"""Simulated votes: the best unlabelled of each round, fed back; figures as defined."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from service.ranking.labelled import draw
from service.ranking.metrics import average_precision, recall_at
from service.ranking.peers import peers
from service.ranking.vote_simulation import simulate_votes
from tests.labelled import made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64
    from numpy.typing import NDArray

    from service.ranking.evaluation import Scores
    from service.records import Candidate

CORPUS = made()


class ByRow:
    """Ranks by row, whatever it is told; remembers what it was told."""

    name: ClassVar[str] = "by-row"
    dense: ClassVar[bool] = False

    def __init__(self) -> None:
        self.asked: list[tuple[set[int], list[int]]] = []

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            self.asked.append((set(liked), list(disliked)))
            return -np.arange(float(len(papers)))

        return scores


def test_each_round_labels_the_best_that_were_not_seen() -> None:
    ranker = ByRow()
    simulate_votes(ranker, [CORPUS], seeds=2, rounds=2, per_round=5, draws=1)
    seeds = set(draw(CORPUS, 2, 0))
    rest = [row for row in range(60) if row not in seeds]
    assert len(ranker.asked) == 3
    for round_, (liked, disliked) in enumerate(ranker.asked):
        shown = rest[: 5 * round_]
        assert liked == seeds | {row for row in shown if CORPUS.relevant[row]}
        assert disliked == [row for row in shown if not CORPUS.relevant[row]]


def test_the_list_is_what_was_voted_on_and_then_the_rest() -> None:
    # Ranked by row, the papers voted on and then the rest are again the rows in order.
    rest = np.delete(np.arange(60), draw(CORPUS, 2, 0))
    labels = CORPUS.relevant[rest]
    voted = simulate_votes(ByRow(), [CORPUS], seeds=2, rounds=3, per_round=4, draws=1)
    assert voted.values["recall10"][0].tolist() == [[pytest.approx(recall_at(labels))] * 4]
    assert voted.values["ap"][0].tolist() == [[pytest.approx(average_precision(labels))] * 4]
    unseen = [average_precision(labels[4 * at :]) for at in range(4)]
    assert voted.values["unseen"][0].tolist() == [pytest.approx(unseen)]
    assert voted.values["unseen_without"][0].tolist() == [pytest.approx(unseen)]


def test_votes_teach_a_ranker_that_learns() -> None:
    curve = simulate_votes(peers()["asreview-u4"], [CORPUS, made("b", start=4)], draws=4).curve()
    assert curve.votes == (0, 5, 10, 15, 20, 25)
    assert curve.ap[-1].mean > curve.ap[0].mean
    assert curve.unseen[0] == curve.unseen_without[0]


def test_a_ranker_that_ignores_votes_gains_nothing_on_the_unseen() -> None:
    curve = simulate_votes(ByRow(), [CORPUS], draws=3, rounds=4).curve()
    assert curve.unseen == curve.unseen_without


def test_votes_may_outlast_the_papers() -> None:
    curve = simulate_votes(ByRow(), [CORPUS], rounds=8, per_round=10, draws=2).curve()
    assert np.isnan(curve.unseen[-1].mean)
    assert curve.recall10[-1].mean == curve.recall10[0].mean


def test_progress_counts_every_reader() -> None:
    seen: list[int] = []
    simulate_votes(ByRow(), [CORPUS], rounds=1, draws=3, progress=seen.append)
    assert seen == [1, 1, 1]

"""The study: a round is predicted from the rounds before it, and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from service.errors import InputError
from service.ranking.calibration import PRIOR, Calibration, Judged, Prior, fit
from service.ranking.calibration_study import (
    Predicted,
    Round,
    chosen,
    held_out,
    log_loss,
    mixed,
    pooled,
    read,
    unseen,
    votes,
)
from service.ranking.labelled import draw
from service.ranking.metrics import calibration_error
from tests.labelled import made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64
    from numpy.typing import NDArray

    from service.ranking.evaluation import Scores
    from service.records import Candidate

CORPUS = made()


@dataclass
class ByRow:
    """Ranks by row, and lower by one for every vote; remembers what it was told."""

    name: ClassVar[str] = "by-row"
    dense: ClassVar[bool] = False
    told: list[tuple[set[int], set[int]]] = field(default_factory=list)

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            self.told.append((set(liked), set(disliked)))
            return -np.arange(float(len(papers))) - len(liked) - len(disliked)

        return scores


def honest(
    truth: Calibration, readers: int = 12, rounds: int = 6, papers: int = 200, seed: int = 1
) -> list[list[Round]]:
    """Readers who want papers as often as `truth` says, five votes a round from the top."""
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(readers):
        scores = np.sort(chance.normal(0.5, 1.2, papers))[::-1]
        wanted = chance.random(papers) < truth.relevance(scores)
        found.append(
            [Round(scores[5 * at :], wanted[5 * at :], np.arange(5)) for at in range(rounds + 1)]
        )
    return found


# -- reading -------------------------------------------------------------------------------------


def test_each_round_shows_what_is_left_best_first_and_asks_for_the_top() -> None:
    (reader,) = read(ByRow(), CORPUS, seeds=2, draws=1, rounds=3, per_round=4)
    rest = np.delete(np.arange(60), draw(CORPUS, 2, 0))
    assert len(reader) == 4
    for at, each in enumerate(reader):
        assert each.relevant.tolist() == CORPUS.relevant[rest[4 * at :]].tolist()
        assert (np.diff(each.scores) < 0).all()
        assert each.asked.tolist() == [0, 1, 2, 3]


def test_the_ranker_is_told_of_a_vote_only_after_it_was_shown() -> None:
    ranker = ByRow()
    read(ranker, CORPUS, seeds=2, draws=1, rounds=2, per_round=5)
    seeds = draw(CORPUS, 2, 0)
    rest = np.delete(np.arange(60), seeds).tolist()
    for at, (liked, disliked) in enumerate(ranker.told):
        assert liked | disliked == {*seeds, *rest[: 5 * at]}
        assert all(CORPUS.relevant[row] for row in liked)
        assert not any(CORPUS.relevant[row] for row in disliked)


def test_strays_are_near_misses_and_the_rest_is_the_top() -> None:
    (reader,) = read(ByRow(), CORPUS, seeds=2, draws=1, rounds=2, per_round=5, strays=True)
    places = reader[0].asked.tolist()
    assert places[:4] == [0, 1, 2, 3]
    assert 4 <= places[4] < 40
    again = read(ByRow(), CORPUS, seeds=2, draws=1, rounds=2, per_round=5, strays=True)
    assert again[0][0].asked.tolist() == places


def test_votes_may_outlast_the_papers() -> None:
    (reader,) = read(ByRow(), CORPUS, seeds=2, draws=1, rounds=8, per_round=10)
    assert len(reader[-1].asked) == len(reader[-1].scores) == 0
    assert len(votes(reader, 9)) == 58
    assert len(held_out([reader], 8, PRIOR).relevance) == 0


def test_a_corpus_with_too_few_included_papers_is_refused() -> None:
    with pytest.raises(InputError):
        read(ByRow(), CORPUS, seeds=12, draws=1)


def test_a_corpus_in_an_archive_keeps_its_labels_and_gains_unrelated_papers() -> None:
    one, other = made("one"), made("other", start=3)
    first, second = mixed([one, other], every=4)
    assert first.name == "one"
    assert len(first.papers) == len(second.papers) == 60 + 15
    assert first.papers[:60] == one.papers
    assert [each.title for each in first.papers[60:]] == [p.title for p in other.papers[::4]]
    assert first.relevant[:60].tolist() == one.relevant.tolist()
    assert not first.relevant[60:].any()
    assert len({each.work_id for each in first.papers}) == 75
    assert len(first.published) == 75
    assert draw(first, 2, 0) == draw(one, 2, 0)


# -- predicting ----------------------------------------------------------------------------------


def test_a_vote_counts_with_the_score_it_was_shown_with() -> None:
    (reader,) = read(ByRow(), CORPUS, seeds=2, draws=1, rounds=2, per_round=3)
    told = votes(reader, 2)
    shown = [*reader[0].scores[:3], *reader[1].scores[:3]]
    assert [each.score for each in told] == shown
    assert told[0] == Judged(float(reader[0].scores[0]), bool(reader[0].relevant[0]))


def test_a_round_is_predicted_without_its_labels_or_later_ones() -> None:
    reader = honest(Calibration(1.0, 1.0), readers=1)[0]
    hidden = [*reader[:2], *(replace(each, relevant=~each.relevant) for each in reader[2:])]
    before = held_out([reader], 2, PRIOR).relevance
    assert held_out([hidden], 2, PRIOR).relevance.tolist() == before.tolist()
    lied = [replace(each, relevant=~each.relevant) for each in reader]
    assert held_out([lied], 2, PRIOR).relevance.tolist() != before.tolist()


def test_held_out_are_the_papers_asked_and_unseen_all_that_are_left() -> None:
    readers = honest(Calibration(1.0, 1.0), readers=2)
    asked, left = held_out(readers, 3, PRIOR), unseen(readers, 3, PRIOR)
    by_all = fit(votes(readers[0], 3), readers[0][3].scores, PRIOR)
    expected = by_all.relevance(readers[0][3].scores)
    # The study takes a sample of the background for the whole of it.
    assert left.relevance[:185] == pytest.approx(expected, abs=0.01)
    assert asked.relevance[:5].tolist() == left.relevance[:5].tolist()
    assert len(asked.relevance) == 2 * 5
    assert len(left.relevance) == 2 * (200 - 15)


def test_pooled_are_all_as_one() -> None:
    one = Predicted(np.array([0.1]), np.array([False]))
    other = Predicted(np.array([0.2, 0.9]), np.array([False, True]))
    found = pooled([one, other])
    assert found.relevance.tolist() == [0.1, 0.2, 0.9]
    assert found.relevant.tolist() == [False, False, True]


def test_log_loss_is_lowest_for_the_truth_and_finite_for_the_worst() -> None:
    labels = np.array([True] * 7 + [False] * 3)
    told = [log_loss(Predicted(np.full(10, share), labels)) for share in (0.6, 0.7, 0.8)]
    assert min(told) == told[1] == pytest.approx(-0.7 * np.log(0.7) - 0.3 * np.log(0.3))
    assert np.isfinite(log_loss(Predicted(np.zeros(10), labels)))


def test_votes_make_relevance_honest_where_the_prior_is_wrong() -> None:
    readers = honest(Calibration(1.0, 2.5), readers=60, rounds=10)
    prior = Prior(Calibration(1.0, 0.5), 0.3, 1.0, 0.0)
    errors = [
        calibration_error(found.relevance, found.relevant)
        for at in (0, 10)
        for found in (unseen(readers, at, prior),)
    ]
    assert errors[1] < 0.35 * errors[0]


def test_the_prior_chosen_predicts_other_readers_of_the_same_kind() -> None:
    truth = Calibration(1.4, 1.6)
    found = chosen([honest(truth, readers=20, rounds=0, papers=80)], after=(0,), times=40)
    wrong = Prior(Calibration(0.5, 0.0), 0.1, 0.1, 0.0)
    fresh = honest(truth, readers=40, rounds=0, papers=80, seed=7)
    told, other = (unseen(fresh, 0, prior) for prior in (found, wrong))
    assert calibration_error(told.relevance, told.relevant) < 0.05
    assert log_loss(told) < log_loss(other)

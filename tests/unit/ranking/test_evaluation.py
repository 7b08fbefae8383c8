"""The protocol: same draws for all, seeds left out, figures as by hand, comparisons paired."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from service.errors import InputError
from service.ranking.evaluation import METRICS, Contender, measure
from service.ranking.labelled import draw, newest_first
from service.ranking.metrics import average_precision
from tests.labelled import made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64
    from numpy.typing import NDArray

    from service.ranking.evaluation import Scores
    from service.records import Candidate

CORPORA = (made("one"), made("two", start=1))


@dataclass
class Fixed:
    """Gives every paper the same score on every draw, and remembers what it was asked."""

    name: str
    score: NDArray[float64]
    dense: ClassVar[bool] = False
    prepared: list[tuple[int, int]] = field(default_factory=list)
    asked: list[tuple[list[int], list[int]]] = field(default_factory=list)

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        self.prepared.append((len(papers), len(background)))

        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            self.asked.append((list(liked), list(disliked)))
            return self.score

        return scores


def knowing(name: str = "knowing") -> Fixed:
    return Fixed(name, CORPORA[0].relevant.astype(float))


def constant(name: str = "constant") -> Fixed:
    return Fixed(name, np.zeros(60))


def test_a_ranker_that_knows_the_labels_is_perfect() -> None:
    measured = measure([knowing()], CORPORA[:1], seeds=2, draws=3)
    card = measured.scorecards()[0]
    assert card.macro["ap"].mean == card.macro["ndcg20"].mean == 1.0
    assert card.macro["recall10"].mean == pytest.approx(6 / 10)  # 6 places, 10 to find
    assert card.macro["wss95"].mean == pytest.approx(48 / 58 - 0.05)


def test_the_seeds_are_not_in_the_list_that_is_measured() -> None:
    corpus = CORPORA[0]
    measured = measure([constant()], [corpus], seeds=3, draws=4)
    expected = [
        average_precision(np.delete(corpus.relevant, draw(corpus, 3, number)))
        for number in range(4)
    ]
    assert measured.values["constant"]["ap"][0].tolist() == pytest.approx(expected)


def test_all_get_the_same_draws_newest_first_and_are_prepared_once_per_corpus() -> None:
    one, two = constant("a"), constant("b")
    background = CORPORA[1].papers[:5]
    measure([one, two], CORPORA, seeds=2, draws=3, background=background)
    assert one.asked == two.asked
    assert one.asked == [
        (newest_first(corpus, draw(corpus, 2, number)), [])
        for corpus in CORPORA
        for number in range(3)
    ]
    assert one.prepared == [(60, 5), (60, 5)]


def test_the_same_again_is_the_same_to_the_last_digit() -> None:
    one, two = (measure([constant()], CORPORA, seeds=2, draws=4).scorecards() for _ in range(2))
    assert one == two


def test_progress_counts_every_list() -> None:
    seen: list[int] = []
    measure([constant("a"), constant("b")], CORPORA, seeds=2, draws=3, progress=seen.append)
    assert seen == [1] * 12


def test_a_scorecard_has_every_metric_of_every_corpus_and_their_mean() -> None:
    card = measure([constant()], CORPORA, seeds=2, draws=4).scorecards()[0]
    assert list(card.corpora) == ["one", "two"]
    for metric in METRICS:
        means = [card.corpora[name][metric].mean for name in ("one", "two")]
        assert card.macro[metric].mean == pytest.approx(np.mean(means))


def test_a_comparison_is_paired_by_draw() -> None:
    measured = measure([knowing(), constant()], CORPORA[:1], seeds=2, draws=4)
    found = measured.comparison("knowing", "constant")
    theirs = measured.scorecards()[1].macro["ap"]
    assert found.difference.mean == pytest.approx(1 - theirs.mean)
    assert found.ratio.mean == pytest.approx(1 / theirs.mean)
    assert (found.ahead, found.corpora) == (1, 1)
    assert measured.comparison("constant", "knowing").ahead == 0


def test_the_best_is_found_among_those_measured() -> None:
    measured = measure([constant(), knowing()], CORPORA[:1], seeds=2, draws=2)
    assert measured.best(["constant", "knowing", "never heard of"]) == "knowing"
    assert measured.best(["never heard of"]) is None


def test_too_many_seeds_are_refused_before_anything_is_ranked() -> None:
    ranker = constant()
    with pytest.raises(InputError, match="two"):
        measure([ranker], [CORPORA[1]], seeds=12, draws=1)
    assert ranker.prepared == []


def test_what_the_tests_use_is_a_contender() -> None:
    fixed: Contender = constant()
    assert fixed.name == "constant"

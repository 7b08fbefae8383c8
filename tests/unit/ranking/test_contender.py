from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.ranking.contender import Litwatch
from service.ranking.evaluation import measure
from tests.abstracts import at_large, embedded
from tests.labelled import made

SUBJECT = list(range(0, 90, 15))


@pytest.mark.parametrize("dense", [True, False])
def test_it_finds_a_plain_subject(dense: bool) -> None:
    ours = Litwatch(dense=dense)
    found = measure([ours], [made(dense=dense)], seeds=3, draws=2).scorecards()[0]
    assert found.contender == "litwatch"
    assert found.macro["ap"].mean > 0.8  # a random order gives about 0.2


def test_scores_do_not_depend_on_what_was_asked_before() -> None:
    scores = Litwatch().prepare(embedded(at_large()), ())
    first = scores(SUBJECT[:2], [])
    scores([5, 9, 30], [40, 41])
    assert scores(SUBJECT[:2], []).tolist() == first.tolist()
    assert first.shape == (90,)


def test_background_is_read_and_not_scored() -> None:
    papers, behind = at_large(30), at_large(60, first=5000)
    alone, with_it = (Litwatch().prepare(papers, rest)([0], []) for rest in ((), behind))
    assert len(alone) == len(with_it) == 30
    assert alone.tolist() != with_it.tolist()


def test_disliked_papers_lower_their_kind() -> None:
    scores = Litwatch().prepare(embedded(at_large()), ())
    kind = list(range(1, 90, 15))
    plain, told = scores([0, 1], []), scores([0, 1], [16, 31])
    assert (told[kind[3:]] < plain[kind[3:]]).all()


@pytest.mark.parametrize("texts", [("", "", ""), ("the of", "and", "a"), ("one",)])
def test_tiny_and_empty_corpora_are_ranked_somehow(texts: tuple[str, ...]) -> None:
    tiny = [replace(work, title="", abstract=text) for work, text in zip(at_large(3), texts)]  # noqa: B905 (the shorter decides)
    for papers in (tiny, embedded(tiny)):
        scores = Litwatch().prepare(papers, ())
        assert np.isfinite(scores([0], [])).all()
        assert np.isfinite(scores([0], list(range(1, len(tiny))))).all()

from __future__ import annotations

import numpy as np
import pytest

from service.ranking.commonness import share_of
from service.ranking.lexical import compare
from service.ranking.words import words
from service.records import Candidate, Facet

FACETS = [
    Facet("finding", "Neutrophils guard tumors.", "s"),
    Facet("finding", "Neutrophils bridge gaps.", "s"),
    Facet("abstract", "Pericytes bridge vessels.", "s", 0.6),
]
WORKS = [
    Candidate(1, "Neutrophils in tumors", "They guard."),
    Candidate(2, "Gaps", "We measured gaps."),
    Candidate(3, "Prices", "Prices rose."),
    Candidate(4, "", ""),
]


def test_a_word_of_many_facets_counts_more_than_one_of_a_single_facet() -> None:
    found = compare(FACETS, (), WORKS, ())
    assert found.pull["neutrophil"] > found.pull["guard"]
    assert found.candidates[0] > found.candidates[1] > found.candidates[2] == 0.0


def test_words_of_included_terms_count_too() -> None:
    assert compare(FACETS, ("rising prices",), WORKS, ()).candidates[2] > 0.0


def test_facets_are_compared_one_by_one() -> None:
    facets = compare(FACETS, (), WORKS, ()).facets
    assert facets.shape == (len(WORKS), len(FACETS))
    assert facets[0].argmax() == 0
    assert facets[1].argmax() == 1


def test_a_word_that_the_whole_archive_holds_tells_little() -> None:
    background = [Candidate(n, "Neutrophils", "Neutrophils again.") for n in range(2000)]
    alone, within = compare(FACETS, (), WORKS, ()), compare(FACETS, (), WORKS, background)
    assert within.pull["neutrophil"] < alone.pull["neutrophil"] / 2
    assert within.background.shape == (2000,)


def test_scores_lie_between_nought_and_one_and_an_empty_text_has_none() -> None:
    found = compare(FACETS, (), WORKS, WORKS)
    assert ((found.candidates >= 0) & (found.candidates <= 1)).all()
    assert found.candidates[3] == 0.0
    assert np.array_equal(found.candidates, found.background)


def test_a_word_looked_up_across_title_and_abstract_does_not_meet() -> None:
    (flat,) = compare(FACETS, (), [Candidate(1, "Tumor", "Stroma")], ()).flats
    assert " tumor stroma " not in flat


@pytest.mark.parametrize(("common", "rare"), [("patient", "pericyte"), ("cell", "neutrophil")])
def test_a_small_archive_knows_what_is_common_elsewhere(common: str, rare: str) -> None:
    assert share_of(words(common)[0]) > 5 * share_of(words(rare)[0])

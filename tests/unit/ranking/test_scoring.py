from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.ranking.concept import Concept
from service.ranking.examples import nearness
from service.ranking.features import read_pool
from service.ranking.profile import Profile
from service.ranking.scoring import EXCLUDED_SCORE, Scored, score
from service.ranking.sense_inventory import Inventory
from service.ranking.senses import topic_senses
from service.records import Candidate, Evidence, Topic
from tests.abstracts import ELSEWHERE, FIELD, NEUTROPHILS, at_large, embedded, works

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TRAPS = Concept(("neutrophil extracellular trap", "CXCR2"), {}, listed=True)
CANDIDATES = works(*NEUTROPHILS, ELSEWHERE, FIELD)


def scored(
    concept: Concept | None,
    examples: Sequence[tuple[Candidate, float]] = (),
    *,
    candidates: Sequence[Candidate] = CANDIDATES,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    senses: Mapping[str, str] | None = None,
) -> Scored:
    told = tuple(Evidence(work, weight, "vote") for work, weight in examples)
    known = topic_senses([*include], senses or {})
    pool = read_pool(candidates, at_large(60))
    of = Topic("t", "T", (), include, exclude)
    concepts = () if concept is None else (concept,)
    return score(of, Profile((), known, concepts, told), pool, Inventory(), None)


def test_a_concept_alone_is_the_total() -> None:
    found = scored(TRAPS)
    assert found.concept is not None
    assert found.examples is None
    assert found.total.tolist() == found.concept.tolist()
    assert found.pulls[0].numbers.any()


def test_examples_alone_are_the_total() -> None:
    found = scored(None, [(CANDIDATES[0], 1.0)])
    assert found.concept is None
    assert found.examples is not None
    assert found.total.tolist() == found.examples.tolist()
    assert found.pulls[0].numbers.any()


@pytest.mark.parametrize(("votes", "share"), [(1, 1 / 11), (10, 0.5), (30, 0.75)])
def test_examples_count_beside_the_concept_the_more_there_are(votes: int, share: float) -> None:
    found = scored(TRAPS, [(CANDIDATES[0], 1.0)] * votes)
    assert found.concept is not None
    assert found.examples is not None
    expected = (found.concept + share * found.examples) / (1 + share)
    assert found.total == pytest.approx(expected)


def test_only_examples_against_are_taken_off_the_concept() -> None:
    found, plain = scored(TRAPS, [(CANDIDATES[3], -1.0)]), scored(TRAPS)
    assert found.examples is None
    assert found.total[3] < plain.total[3]
    assert found.total[1] - plain.total[1] > found.total[3] - plain.total[3]


def test_a_topic_that_says_nothing_finds_nothing() -> None:
    for examples in ([], [(CANDIDATES[3], -1.0)], [(CANDIDATES[3], 0.0)]):
        found = scored(None, examples)
        assert not found.total.any()
        assert found.concept is None
        assert found.examples is None


def test_relevance_follows_the_score_between_nought_and_one() -> None:
    found = scored(TRAPS)
    assert ((found.relevance > 0) & (found.relevance < 1)).all()
    assert np.argsort(found.relevance).tolist() == np.argsort(found.total).tolist()


def test_a_work_with_an_excluded_term_is_out_unless_an_included_one_speaks_for_it() -> None:
    found = scored(TRAPS, include=("CXCR2",), exclude=("periodontitis", "pancreatic tumour"))
    assert found.excluded[3] == ("periodontitis",)
    assert found.total[3] == EXCLUDED_SCORE
    assert 2 not in found.excluded
    assert found.included[2] == ("CXCR2",)
    assert found.total[2] > 0


def test_an_excluded_term_counts_by_its_long_form_too() -> None:
    tumor = ("Pituitary surgery", "Neuroendocrine tumors (NETs) were cut. NETs are slow.")
    sense = {"NET": "neuroendocrine tumor"}
    found = scored(TRAPS, candidates=works(tumor), exclude=("NET",), senses=sense)
    assert len(found.excluded[0]) == 1
    assert found.total[0] == EXCLUDED_SCORE


def test_short_forms_without_a_definition_are_read_where_the_topic_knows_them() -> None:
    used = (
        "NETs in sepsis",
        "Neutrophils throw out NETs. Neutrophil elastase sits on the trap of chromatin.",
    )
    made = works(used, NEUTROPHILS[1])
    sense = {"NET": "neutrophil extracellular trap"}
    with_it, without = (
        scored(TRAPS, candidates=made, include=("neutrophil extracellular trap",), senses=senses)
        for senses in (sense, {})
    )
    assert [each.ours for each in with_it.readings[0]] == [True]
    assert 0 not in without.readings
    assert with_it.included[0] == ("neutrophil extracellular trap",)
    assert 0 not in without.included
    assert with_it.total[0] > without.total[0]


def test_words_of_examples_that_the_pool_never_met_do_no_harm() -> None:
    strange = Candidate(-1, "Zeppelin granulopoiesis", "Zeppelins over granulopoiesis.")
    concept = Concept(("granulopoiesis zeppelin", "CXCR2"), {}, listed=True)
    found = scored(concept, [(strange, 1.0), (CANDIDATES[2], 1.0)])
    assert np.isfinite(found.total).all()
    assert found.total[:5].argmax() == 2


def test_one_more_liked_work_of_a_kind_raises_its_kind() -> None:
    behind = at_large(60)  # every 15th is of one subject
    one = scored(TRAPS, [(behind[0], 1.0)])
    two = scored(TRAPS, [(behind[0], 1.0), (behind[15], 1.0)])
    others = [5 + 30, 5 + 45]
    assert (two.total[others] > one.total[others]).all()


@pytest.mark.parametrize(("against", "feedback"), [(0, True), (1, False), (5, False)])
def test_once_somebody_votes_against_a_work_the_list_no_longer_teaches_itself(
    against: int, feedback: bool
) -> None:
    dull = [(work, -1.0) for work in at_large(against, first=5000)]
    found = scored(None, [(CANDIDATES[0], 1.0), *dull])
    pool = read_pool(CANDIDATES, at_large(60))
    rows = pool.place([CANDIDATES[0], *(work for work, _ in dull)])
    weights = np.array([1.0] + [-1.0] * against)
    one, other = (nearness(pool.rows, rows, weights, feedback=each) for each in (True, False))
    assert found.total.tolist() == (one if feedback else other).tolist()
    assert one.tolist() != other.tolist()


def test_vectors_and_words_together_are_finite_for_one_work() -> None:
    pool = read_pool(embedded(works(NEUTROPHILS[0])), [])
    told = (Evidence(pool.works[0], 1.0, "vote"),)
    found = score(Topic("t", "T", ()), Profile((), {}, (TRAPS,), told), pool, Inventory(), None)
    assert np.isfinite(found.total).all()
    assert ((found.relevance > 0) & (found.relevance < 1)).all()


def test_a_work_is_as_near_as_it_is_to_the_nearest_concept() -> None:
    other = Concept(("pericyte coverage",), {}, listed=False)
    pool = read_pool([*CANDIDATES, Candidate(9, "Pericyte coverage", "Pericytes wrap.")], [])
    one, two, both = (
        score(Topic("t", "T", ()), Profile((), {}, concepts, ()), pool, Inventory(), None)
        for concepts in ((TRAPS,), (other,), (TRAPS, other))
    )
    assert one.concept is not None
    assert two.concept is not None
    assert both.total.tolist() == np.maximum(one.concept, two.concept).tolist()
    assert both.ground.nearest[-1] == 1
    assert both.ground.nearest[0] == 0
    assert [each.columns.tolist() for each in both.pulls] == [
        each.pulls[0].columns.tolist() for each in (one, two)
    ]

"""All works of a pool for one topic at once: the same as a ranking, and what can be asked of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.ranking.features import read_pool
from service.records import Candidate, Evidence, Seed
from tests.abstracts import (
    ELSEWHERE,
    FIELD,
    NEUTROPHILS,
    RANKER,
    at_large,
    embedded,
    topic,
    works,
)
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.ranking.assessed import Assessed
    from service.ranking.features import Features
    from service.records import Topic

ENCODE = FakeEncoder(256).encode
MADE = embedded([*works(*NEUTROPHILS, FIELD, ELSEWHERE), *at_large(40, first=100)])
BEHIND = embedded(at_large(110))
EXPLAINED = 30  # of a ranking without a likely work
BOTH = pytest.mark.parametrize("dense", [True, False], ids=["vectors", "words"])


def pool(dense: bool = True) -> Features:
    lists = (MADE, BEHIND)
    bare = [[replace(work, vectors=None) for work in each] for each in lists]
    return read_pool(*(lists if dense else bare))


def assessed(
    of: Topic | None = None, told: Sequence[Evidence] = (), *, dense: bool = True
) -> Assessed:
    return RANKER.assess(of or topic(), pool(dense), ENCODE if dense else None, told)


def vote(work: Candidate, weight: float = 1.0) -> Evidence:
    return Evidence(work, weight, "vote")


VOTES = [vote(MADE[0]), vote(MADE[3], -1.0), vote(MADE[7]), vote(MADE[8], -1.0)]
REFERENCES = [
    Evidence(replace(work, work_id=-n), 1.0, "reference") for n, work in enumerate(BEHIND[:6], 1)
]


@BOTH
@pytest.mark.parametrize("told", [[], VOTES, [*REFERENCES, *VOTES]])
def test_a_ranking_is_the_assessed_works_in_order(told: list[Evidence], dense: bool) -> None:
    topics, encode = [topic()], ENCODE if dense else None
    ranked = RANKER.rank_pool(topics, pool(dense), encode, {topic().slug: told})[topic().slug]
    found = assessed(told=told, dense=dense)
    assert found.ranked(found.order.tolist(), EXPLAINED) == list(ranked.works)
    assert found.spread == ranked.spread


def test_a_work_is_explained_alike_in_any_company() -> None:
    found = assessed(told=VOTES)
    order = found.order.tolist()
    together, alone = found.ranked(order[:12]), found.ranked([order[5]])
    assert together[5] == alone[0]
    assert together[5].terms
    assert found.ranked(order[:12], 0)[5] == replace(
        together[5],
        facet=found.explainer.told.facets[0],
        terms=(),
        weights=(),
        sentences=(),
        reference="",
        senses=(),
        seeds=(),
    )


def test_an_excluded_work_has_no_relevance_and_comes_last() -> None:
    found = assessed(topic(include=(), exclude=("laminin",)))
    assert found.order[-1] == 1  # the second of the neutrophil abstracts holds it
    assert found.relevance[1] == 0.0
    assert found.ranked([1])[0].terms == ("excluded: laminin",)


# -- without a vote -------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("others", [[], REFERENCES])
def test_without_votes_is_as_if_they_had_never_been_cast(
    others: list[Evidence], dense: bool
) -> None:
    gone = {MADE[0].work_id, MADE[3].work_id}
    kept = [each for each in VOTES if each.work.work_id not in gone]
    without = assessed(told=[*others, *VOTES], dense=dense).without(gone)
    never = assessed(told=[*others, *kept], dense=dense)
    assert without.relevance == pytest.approx(never.relevance, abs=1e-9)
    assert without.order.tolist() == never.order.tolist()


def test_without_the_only_vote_against_it_nothing_is_held_against_the_topic() -> None:
    against = [vote(MADE[0], -1.0)]
    plain = assessed()
    assert assessed(told=against).relevance[0] < plain.relevance[0]
    assert assessed(told=against).without({MADE[0].work_id}).relevance == pytest.approx(
        plain.relevance
    )


def test_a_vote_for_a_work_raises_it_and_leaving_it_out_takes_that_back() -> None:
    far = MADE[20]
    told = assessed(told=[*REFERENCES, vote(far), *VOTES])
    assert told.without({far.work_id}).relevance[20] < told.relevance[20]


def test_a_reference_with_the_number_of_a_vote_stays() -> None:
    told = [Evidence(MADE[0], 1.0, "reference"), vote(MADE[7])]
    found = assessed(told=told)
    assert found.without({MADE[0].work_id}).relevance == pytest.approx(found.relevance)


# -- beside ---------------------------------------------------------------------------------------


@BOTH
def test_a_work_beside_the_pool_stands_nearly_as_its_double_in_it(dense: bool) -> None:
    found = assessed(told=REFERENCES, dense=dense)
    doubles = [replace(MADE[at], work_id=-1 - at) for at in (0, 4, 10)]
    beside = found.beside(doubles)
    assert beside == pytest.approx(found.relevance[[0, 4, 10]], abs=0.05)
    assert beside[0] > beside[2] + 0.2


def test_works_beside_the_pool_leave_it_as_it_is() -> None:
    found = assessed(told=REFERENCES)
    before = (found.relevance.copy(), found.explainer.pool.rows.words.shape)
    found.beside([replace(MADE[0], work_id=-1)])
    assert np.array_equal(found.relevance, before[0])
    assert found.explainer.pool.rows.words.shape == before[1]


def test_a_joined_pool_weighs_words_as_before() -> None:
    held = pool()
    more = held.joined([replace(MADE[1], work_id=-1), Candidate(-2, "Unheard zyzzyva", "Qwerty.")])
    assert more.candidates == held.candidates
    assert len(more.works) == len(held.works) + 2
    assert more.weighing is held.weighing
    last = more.rows.words[len(held.works)]
    assert (last != held.rows.words[1]).nnz == 0
    assert np.array_equal(more.rows.dense[len(held.works)], held.rows.dense[1])
    assert more.rows.words[len(held.works) + 1].nnz == 0
    assert not more.rows.has[-1]


# -- terms and senses -----------------------------------------------------------------------------


def test_terms_are_counted_by_the_candidates_that_hold_them() -> None:
    of = topic(include=("laminin", "CXCR2", "unheard of"), exclude=("gingiva", "zyzzyva"))
    included, excluded = assessed(of).holding()
    assert included == {"laminin": 1, "CXCR2": 1, "unheard of": 0}
    assert excluded == {"gingiva": 1, "zyzzyva": 0}


def test_a_short_form_in_a_term_counts_as_its_long_form() -> None:
    included, _ = assessed(topic(include=("NET", "neutrophil extracellular trap"))).holding()
    assert included["NET"] == included["neutrophil extracellular trap"] == 2


def test_terms_that_fold_to_the_same_count_alike() -> None:
    included, _ = assessed(topic(include=("Laminin", "laminins", "..."))).holding()
    assert included == {"Laminin": 1, "laminins": 1, "...": 0}


def test_an_excluded_term_counts_only_what_no_included_one_keeps() -> None:
    of = topic(include=("laminin",), exclude=("dormant", "gingiva"))
    assert assessed(of).holding()[1] == {"dormant": 0, "gingiva": 1}


OTHER = [
    Candidate(700 + n, f"Neuroendocrine tumors of the ileum {n}", "Neuroendocrine tumors (NETs).")
    for n in range(4)
]


def rivals(of: Topic) -> list[tuple[str, int, str, int]]:
    held = read_pool([*MADE, *embedded(OTHER)], BEHIND)
    found = RANKER.assess(of, held, ENCODE)
    return [(s.short, own, u.long, u.papers) for s, own, u in found.rivals()]


def test_a_short_form_that_papers_define_otherwise_has_a_rival() -> None:
    of = topic(include=("NET formation", "neutrophil extracellular trap"), senses={})
    assert ("NET", 1, "Neuroendocrine tumors", 4) in rivals(of)


def test_a_pinned_sense_has_none() -> None:
    of = topic(
        include=("NET formation", "neutrophil extracellular trap"),
        senses={"NET": "neutrophil extracellular trap"},
    )
    assert "NET" not in [short for short, *_ in rivals(of)]


def test_the_terms_found_are_those_of_a_topic_that_lists_none() -> None:
    assert set(assessed(topic(include=()), dense=False).found_terms) == {
        "neutrophil extracellular traps",
        "tumor-associated neutrophils",
    }
    assert assessed().found_terms == ()
    papers = topic(include=(), seeds=(Seed("p", "paper", "Traps", abstract="Traps in colons."),))
    assert assessed(papers).found_terms == ()

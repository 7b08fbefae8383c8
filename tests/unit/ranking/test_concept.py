from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.errors import EncoderError
from service.ranking import concept, naming
from service.ranking.concept import (
    Concept,
    by_terms,
    nearness,
    query,
    setting,
)
from service.ranking.features import Features, read_pool
from service.ranking.lexical import read
from service.ranking.naming import in_titles, subjects_of
from service.records import Candidate
from tests.abstracts import ELSEWHERE, FIELD, NEUTROPHILS, at_large, embedded, works
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from service.ranking.features import Encode

ENCODE = FakeEncoder(256).encode
TERMS = ("tumor-associated neutrophil", "neutrophil extracellular trap", "CXCR2")


def told(*terms: str, field: dict[str, float] | None = None) -> Concept:
    return Concept(terms, field or {}, listed=True)


def pool_of(*texts: tuple[str, str], dense: bool = False) -> Features:
    made = [*works(*texts), *at_large(30)]
    return read_pool(embedded(made) if dense else made, [])


def texts_of(*abstracts: str) -> list[tuple[str, str]]:
    return [("", abstract) for abstract in abstracts]


# -- words ----------------------------------------------------------------------------------------


def test_a_query_weighs_rare_words_most_and_its_words_have_length_one() -> None:
    pool = pool_of(*NEUTROPHILS)
    weights = query(TERMS, pool).spread(pool.weighing.width)
    column = pool.seen.columns
    assert np.linalg.norm(weights[: len(pool.weighing.rare)]) == pytest.approx(1.0)
    assert weights[column["trap"]] > 2 * weights[column["tumor"]]
    assert weights[column["trap"]] > weights[column["extracellular"]] > 0
    assert weights[column["neutrophil"]] > weights[column["trap"]]  # of two terms


def test_words_that_no_text_of_the_pool_holds_are_passed_over() -> None:
    pool = pool_of(*texts_of("Herons nest"))
    read([("", "granulopoiesis zeppelin")], pool.seen)  # met later, in another text
    assert not query(("granulopoiesis", "zeppelin granulopoiesis"), pool).numbers.any()
    assert query(("zeppelin heron",), pool).numbers.any()


@pytest.mark.parametrize("terms", [(), ("",), ("the of",), ("—",)])
def test_terms_without_words_are_near_to_nothing(terms: tuple[str, ...]) -> None:
    pool = pool_of(*NEUTROPHILS)
    assert not by_terms(terms, pool).any()
    found = nearness(told(*terms), pool, None)
    assert len(set(found.tolist())) == 1
    assert found[0] < 0


def test_common_words_of_a_term_do_not_win() -> None:
    one_rare = "Neutrophils circle over the marsh"
    common = "Extracellular formation, extracellular infiltration and extracellular recruitment"
    pool = pool_of(*texts_of(one_rare, common))
    terms = ("neutrophil extracellular trap formation", "neutrophil infiltration")
    near = by_terms(terms, pool)
    assert near[0] > near[1] > 0


def test_word_pairs_count() -> None:
    apart = "The trap is extracellular while each neutrophil sleeps"
    together = "The sleeps is while each neutrophil extracellular trap"
    pool = pool_of(*texts_of(together, apart, together))
    near = by_terms(TERMS, pool)
    assert near[0] > near[1] > 0


def test_other_texts_may_stand_for_rows() -> None:
    pool = pool_of(*texts_of("Herons nest", "Herons nest"))
    near = by_terms(("heron",), pool, ([1], read([("", "Violins play")], pool.seen)))
    assert near[0] > near[1] == 0.0


# -- titles ---------------------------------------------------------------------------------------


def test_a_title_lifts_a_work_the_more_the_further_it_is_in_the_field(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gout = ("Neutrophils in gout", "Neutrophils feed on crystals in joints of herons.")
    pool = pool_of(*NEUTROPHILS, gout, ("", "Neutrophils in tumors"), dense=True)
    it = told(*TERMS, field={"tumor": 1.0})
    titled = nearness(it, pool, ENCODE)
    monkeypatch.setattr(concept, "in_titles", lambda *_: np.zeros(len(pool.works)))
    lifts = titled - nearness(it, pool, ENCODE)
    assert lifts[4] == 0.0 < lifts[3] < lifts[:2].min()


def test_a_title_says_more_where_people_listed_the_terms() -> None:
    pool = pool_of(*NEUTROPHILS, ("", NEUTROPHILS[0][1]))
    listed, found = (
        nearness(replace(told(*TERMS), listed=by_people), pool, None) for by_people in (True, False)
    )
    assert (listed - found)[:2].min() > 0.0 == (listed - found)[3]


# -- the subject's own words -----------------------------------------------------------------------

MATRIX = (
    "Extracellular matrix of tumors",
    "Extracellular vesicles and associated cells in tumors.",
)


def test_a_work_with_none_of_the_own_words_of_terms_found_is_half_as_near_by_words() -> None:
    pool = pool_of(MATRIX, NEUTROPHILS[0])
    listed, found = (
        nearness(Concept(TERMS, {}, listed=by_people), pool, None) for by_people in (True, False)
    )
    nothing = nearness(Concept(("herons",), {}, listed=True), pool, None)[0]
    assert found[0] - nothing == pytest.approx((listed[0] - nothing) / 2)
    assert listed[0] > nothing


def test_of_two_subjects_what_names_one_is_less_near() -> None:
    liver = ("Steatosis", "Lipids fill hepatocytes.")
    both = (f"{NEUTROPHILS[0][0]} and steatosis", NEUTROPHILS[0][1])
    pool = pool_of(NEUTROPHILS[0], liver, both)
    one = Concept(("neutrophil", "steatosis"), {}, listed=False)
    two = replace(one, subjects=subjects_of(one.terms))
    lost = nearness(one, pool, None) - nearness(two, pool, None)
    assert lost[:2].min() > 0.0 == lost[2]


RATIO = (
    "Neutrophil-to-lymphocyte ratio in tumors",
    "The neutrophil to lymphocyte ratio (NLR) was counted. NLR tells how patients fare.",
)


def test_a_name_of_something_else_names_no_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = (RATIO[0], f"{RATIO[1]} Neutrophils of the tumors were not.")
    pool = pool_of(RATIO, cells, (f"{RATIO[0]}: more neutrophils, and worse", RATIO[1]))
    assert in_titles(TERMS, pool, {})[:3].tolist() == [0.0, 0.0, 1.0]
    it = Concept(TERMS, {}, listed=False)
    found = nearness(it, pool, None)
    monkeypatch.setattr(naming, "without_other_names", lambda flat, *_: flat)
    assert in_titles(TERMS, pool, {})[:3].all()
    lost = nearness(it, pool, None) - found
    assert lost[0] > lost[1] > 0.0 == lost[2]  # half as near by words, and no title; no title


def test_in_another_text_of_a_row_a_name_of_something_else_names_none_either() -> None:
    pool = pool_of(RATIO, RATIO)
    text = pool.flats[0].replace(" lymphocyte ", " monocyte ", 1)
    assert in_titles(TERMS, pool, {0: text, 1: pool.flats[1]})[:2].tolist() == [1.0, 0.0]


def test_of_a_row_with_another_text_that_texts_words_count() -> None:
    pool = pool_of(MATRIX, NEUTROPHILS[0])
    it = Concept(TERMS, {}, listed=False)
    other = read([(MATRIX[0], f"{MATRIX[1]} Neutrophils.")], pool.seen)
    assert nearness(it, pool, None, ([0], other))[0] > 2 * nearness(it, pool, None)[0]


def test_where_no_word_is_the_subjects_own_none_is_missed() -> None:
    pool = pool_of(MATRIX, NEUTROPHILS[0])
    both = (Concept(("extracellular",), {}, listed=by_people) for by_people in (True, False))
    assert len({tuple(nearness(each, pool, None).tolist()) for each in both}) == 1


# -- the field ------------------------------------------------------------------------------------


def test_the_same_words_outside_the_field_score_lower() -> None:
    inside = "Neutrophil extracellular traps in tumors: tumor cells, tumor vessels, tumor growth"
    outside = "Neutrophil extracellular traps in gums: gum cells, gum vessels, gum growth"
    pool = pool_of(*texts_of(inside, outside), dense=True)
    near = nearness(told(*TERMS, field={"tumor": 1.0}), pool, ENCODE)
    assert near[0] > near[1] + 0.5


def test_a_work_of_the_topic_beats_one_of_the_field_only() -> None:
    pool = pool_of(*NEUTROPHILS, ELSEWHERE, FIELD, dense=True)
    reviews = (" ".join(FIELD),)
    near = nearness(Concept(TERMS, {"tumor": 1.0}, listed=True, reviews=reviews), pool, ENCODE)
    assert near[:3].min() > near[4]
    assert near[:3].min() > near[3]


def test_a_setting_lies_between_nought_and_one_and_is_even_without_a_vector() -> None:
    bare = Candidate(9, "Tumor", "Tumor tumor tumor.")
    made = [*embedded(works(*NEUTROPHILS, ELSEWHERE)), bare]
    pool = read_pool(made, embedded(at_large(30)))
    concept = Concept(TERMS, {"tumor": 1.0}, listed=True, reviews=("A review of tumors.",))
    found = setting(concept, pool, ENCODE)
    assert ((found > 0) & (found < 1)).all()
    assert found[4] == 0.7
    assert found[0] > 0.5 > found[3]


@pytest.mark.parametrize("encode", [ENCODE, None], ids=["vectors", "words"])
def test_a_work_without_any_word_of_the_field_is_less_in_it(encode: Encode | None) -> None:
    pool = pool_of(*texts_of("Herons in tumors", "Herons in cancer", "Herons"), dense=True)
    field = {"tumor": 1.0, "cancer": 0.1}
    plain, worded = (
        setting(told("heron", field=each), pool, encode) for each in ({"tumor": 1.0}, field)
    )
    if encode is None:
        assert worded[:3].tolist() == pytest.approx([0.7, 0.7, 0.42])
        assert plain[:3].tolist() == pytest.approx([0.7, 0.42, 0.42])
    assert worded[2] < 0.65 * worded[0]


def test_a_cytokine_that_is_named_after_tumors_is_not_of_their_field() -> None:
    both = "Herons in tumors rich in tumor necrosis factor"
    pool = pool_of(*texts_of("Herons and tumour necrosis factor-alpha", both, "Herons"))
    found = setting(told("heron", field={"tumor": 1.0}), pool, None)[:3]
    assert found.tolist() == pytest.approx([0.42, 0.7, 0.42])


def test_in_an_archive_of_one_field_a_work_is_set_in_it_as_far_as_in_any_other() -> None:
    oncology = [
        (f"Tumor biology {number}", f"Tumor growth and tumor vessels, part {number}.")
        for number in range(40)
    ]
    narrow = read_pool(embedded(works(*NEUTROPHILS, *oncology)), [])
    field = told(*TERMS, field={"tumor": 1.0})
    broad = setting(field, pool_of(*NEUTROPHILS, dense=True), ENCODE)
    assert setting(field, narrow, ENCODE)[:3] == pytest.approx(broad[:3], abs=1e-5)


def test_a_concept_without_field_or_review_is_set_anywhere() -> None:
    pool = pool_of(*NEUTROPHILS, dense=True)
    assert set(setting(told(*TERMS), pool, ENCODE).tolist()) == {0.7}
    found = replace(told(*TERMS), listed=False)
    order = [np.argsort(nearness(found, pool, each)).tolist() for each in (ENCODE, None)]
    assert order[0] == order[1]


# -- what the seeds say ---------------------------------------------------------------------------


def test_what_the_seeds_say_counts_more_beside_terms_that_nobody_listed() -> None:
    pool = pool_of(*NEUTROPHILS, ELSEWHERE, FIELD, dense=True)
    said = (". ".join(NEUTROPHILS[0]),)
    listed, found = (
        nearness(Concept(TERMS, {}, listed=by_people, facets=said), pool, ENCODE)
        - nearness(Concept(TERMS, {}, listed=by_people), pool, ENCODE)
        for by_people in (True, False)
    )
    for more in (listed, found):
        assert more.argmax() == 0
        assert more[0] > 0.0 > np.median(more), "works at large come below"
    assert found[0] > listed[0]


def test_facets_say_nothing_of_a_work_without_a_vector() -> None:
    made = [*embedded(works(*NEUTROPHILS)), Candidate(9, *NEUTROPHILS[1])]
    concept = Concept(TERMS, {}, listed=False, facets=("Neutrophils cast traps",))
    pool = read_pool(made, embedded(at_large(30)))
    more = nearness(concept, pool, ENCODE) - nearness(replace(concept, facets=()), pool, ENCODE)
    assert more[3] == 0.0
    assert more[:3].all()


@pytest.mark.parametrize(
    "concept",
    [told(*TERMS, field={"tumor": 1.0}), Concept(TERMS, {}, listed=True, reviews=("Tumors.",))],
)
def test_another_encoder_than_the_pool_has_is_refused(concept: Concept) -> None:
    pool = pool_of(*NEUTROPHILS, dense=True)
    with pytest.raises(EncoderError, match="of two encoders"):
        nearness(concept, pool, FakeEncoder(8).encode)


@pytest.mark.parametrize("encode", [ENCODE, None], ids=["vectors", "words"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_identical_works_are_equally_near(count: int, encode: Encode | None) -> None:
    made = embedded([Candidate(at, *NEUTROPHILS[0]) for at in range(count)])
    concept = Concept(TERMS, {"tumor": 1.0}, listed=True, reviews=("Tumors.",))
    found = nearness(concept, read_pool(made, []), encode)
    assert found == pytest.approx([found[0]] * count, abs=1e-4)
    assert found[0] > 1


def test_nearness_does_not_hang_on_who_else_is_in_the_pool() -> None:
    alone, among = (
        nearness(told("neutrophil"), read_pool(works(*NEUTROPHILS), behind), None)
        for behind in ([], at_large(60))
    )
    assert among[:3] == pytest.approx(alone, rel=0.1)
    assert among[3:].max() < 0


@pytest.mark.parametrize("encode", [ENCODE, None], ids=["vectors", "words"])
def test_the_shorter_a_title_without_an_abstract_the_less_its_words_count(
    monkeypatch: pytest.MonkeyPatch, encode: Encode | None
) -> None:
    title, abstract = NEUTROPHILS[0]
    long = f"{title}, and what herons that nest late in the reeds of a wetland have to do with it"
    pool = pool_of((title, ""), (long, ""), (title, "Herons."), (title, abstract), dense=True)
    found = nearness(told(*TERMS), pool, encode)[:4]
    monkeypatch.setattr(concept, "_ENOUGH", 1)
    plain = nearness(told(*TERMS), pool, encode)[:4]
    at_large = concept._AT_LARGE / concept._DEVIATION
    kept = (found + at_large) / (plain + at_large)
    assert kept[0] < kept[1] < kept[2]
    assert kept[2:] == pytest.approx(1.0)


def test_a_work_that_holds_a_listed_term_as_a_whole_is_nearer() -> None:
    pool = pool_of(*NEUTROPHILS)
    plain, whole = (
        nearness(told(*TERMS), pool, None, whole=held)
        for held in ((), [True, *[False] * (len(pool.works) - 1)])
    )
    assert whole[0] > plain[0]
    assert whole[1:].tolist() == plain[1:].tolist()

from __future__ import annotations

import pytest

from service.ranking.senses import topic_senses
from service.ranking.subject import core, field_words
from service.records import Facet


def facets(title: str, *findings: str) -> list[Facet]:
    named = [Facet("title", title, "seed", 0.9)] if title else []
    return [*named, *(Facet("finding", text, "seed") for text in findings)]


SENSES = topic_senses(
    ["Tumor-associated neutrophils (TANs) live in the tumor microenvironment (TME)."], {}
)


def test_the_core_is_what_the_review_defines_and_its_title_names() -> None:
    said = ("Neutrophils feed cancer", "Neutrophils starve it", "Other cells look on")
    found = core(facets("The plasticity of neutrophils in cancer", *said), SENSES)
    assert found == ("Tumor-associated neutrophils",)


def test_a_title_of_two_subjects_has_both() -> None:
    said = ("Curcumin kills osteosarcoma cells", "Osteosarcoma resists", "Curcumin is yellow")
    found = core(facets("Curcumin in Osteosarcoma Therapy: Combining With Laughter", *said), {})
    assert found == ("curcumin", "osteosarcoma therapy")


def test_a_subject_beside_what_is_defined_is_one_too() -> None:
    said = ("Neutrophils cause psoriasis", "Psoriasis itches", "Neutrophils die")
    found = core(facets("Psoriasis and the plasticity of neutrophils", *said), SENSES)
    assert found == ("Tumor-associated neutrophils", "psoriasis")


def test_a_subject_needs_no_word_that_is_rare_everywhere() -> None:
    said = ("Hypertension strains the kidney", "Hypertension is common", "Salt matters")
    title = "Hypertension: current status and future research priorities"
    assert core(facets(title, *said), {}) == ("hypertension",)


def test_without_a_definition_the_core_is_the_phrase_that_runs_through_the_review() -> None:
    title = "Kinetics and pericyte coverage: a review of vessels"
    found = core(facets(title, "Pericytes wrap", "A pericyte"), {})
    assert found == ("pericyte coverage",)


def test_a_phrase_begins_with_a_word_that_tells() -> None:
    said = ("Brexanolone helps", "Postpartum weeks", "Brexanolone and postpartum women", "Doses")
    found = core(facets("Brexanolone to Treat Postpartum Depression", *said), {})
    assert found == ("brexanolone", "postpartum depression")


def test_what_kind_of_paper_it_is_is_no_subject() -> None:
    said = ("A meta-analysis of sleep", "Sleep, a meta-analysis", "Systematic sleep")
    assert core(facets("Sleep: a systematic review and meta-analysis", *said), {}) == ("sleep",)


def test_a_seed_of_a_title_alone_is_about_what_its_title_says() -> None:
    assert core(facets("Pericytes and vessel pruning"), {}) == ("pericyte", "vessel pruning")


def test_facets_against_the_topic_tell_of_no_subject() -> None:
    assert core([Facet("title", "Pericytes", "seed", -1.0)], {}) == ()


@pytest.mark.parametrize("title", ["", "The role of the patient", "—"])
def test_a_title_that_tells_nothing_has_no_core(title: str) -> None:
    assert core(facets(title, "Pericytes wrap vessels"), {}) == ()


def test_the_field_is_what_many_works_hold_and_many_facets_say() -> None:
    findings = ("Tumor pericytes wrap", "Tumor vessels of patients", "Gene of patients", "Tumors")
    # Pericyte is the topic's own, patient everybody's, gene of one facet alone.
    assert field_words(facets("Pericytes in tumors of patients", *findings)) == {"tumor": 1.0}


def test_a_molecule_named_after_a_field_tells_of_none() -> None:
    said = ("Tumor necrosis factor drives it in patients", "Inflammation of joints", "Joints ache")
    assert "tumor" not in field_words(facets("", *said))
    assert "tumor" in field_words(facets("", said[0].replace("it", "tumors"), *said[1:]))


def test_facets_against_the_topic_say_nothing_of_its_field() -> None:
    assert field_words([Facet("title", "Tumor", "seed", -1.0)]) == {}
    assert field_words([]) == {}


def test_the_field_is_in_one_order_whatever_the_order_of_words() -> None:
    found = field_words(facets("tumor cancer gene immune", "immune gene cancer tumor"))
    assert list(found) == sorted(found)
    assert len(found) > 1

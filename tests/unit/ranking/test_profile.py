from __future__ import annotations

from dataclasses import replace

import pytest

from service.ranking.features import read_pool
from service.ranking.profile import Profile, profile
from service.records import Evidence, Seed, Topic
from service.topics.facets import facets
from tests.abstracts import ELSEWHERE, NEUTROPHILS, at_large, embedded, topic, works
from tests.fakes_encoder import FakeEncoder

ENCODE = FakeEncoder(256).encode
PAPER = Seed("paper", "paper", "Traps in colon tumors", abstract="NETs were seen.", weight=2.0)
AGAINST = Seed("not", "text", "", abstract="Neutropenia after chemotherapy.", sign=-1)


def told(of: Topic, evidence: tuple[Evidence, ...] = (), *, dense: bool = True) -> Profile:
    made = [*works(*NEUTROPHILS, ELSEWHERE), *at_large(20)]
    pool = read_pool(embedded(made) if dense else made, [])
    return profile(of, evidence, facets, pool, ENCODE if dense else None)


def test_listed_terms_are_the_concept_with_short_forms_in_full() -> None:
    (found,) = told(topic(include=("NET formation", "CXCR2"))).concepts
    assert found.listed
    assert found.terms == ("neutrophil extracellular traps formation", "CXCR2")


def test_without_a_list_the_review_names_its_concept() -> None:
    (found,) = told(topic(include=())).concepts
    assert not found.listed
    assert set(found.terms[:2]) == {
        "neutrophil extracellular traps",
        "tumor-associated neutrophils",
    }
    assert "tumor" in found.field
    assert len(found.reviews) == 1


def test_what_the_seeds_say_goes_with_the_terms_whoever_named_them() -> None:
    seeds = (*topic("neutrophils").seeds, PAPER, AGAINST)
    (listed,), (found,) = (
        told(topic(include=include, seeds=seeds)).concepts for include in (("CXCR2",), ())
    )
    assert listed.facets == found.facets
    assert len(listed.facets) > 10
    assert not {PAPER.title, PAPER.abstract, AGAINST.abstract} & {*listed.facets}


def test_a_title_of_two_subjects_tells_them_apart_and_listed_terms_never() -> None:
    said = ("Curcumin kills osteosarcoma cells.", "Osteosarcoma resists curcumin.")
    seed = Seed("a", "review", "Curcumin in Osteosarcoma Therapy", findings=said)
    (found,) = told(topic(include=(), seeds=(seed,))).concepts
    assert found.subjects == (frozenset({"curcumin"}), frozenset({"osteosarcoma"}))
    (listed,) = told(topic(include=found.terms, seeds=(seed,))).concepts
    assert listed.subjects == ()


BOTH = (*topic("stroma").seeds, *topic("neutrophils").seeds)


@pytest.mark.parametrize("dense", [True, False], ids=["vectors", "words"])
def test_each_review_of_a_topic_without_listed_terms_is_a_subject(dense: bool) -> None:
    found = told(topic(include=(), seeds=BOTH), dense=dense).concepts
    alone = [told(topic(include=(), seeds=(seed,)), dense=dense).concepts[0] for seed in BOTH]
    assert [set(each.terms) for each in found] == [set(each.terms) for each in alone]
    assert [each.reviews for each in found] == [each.reviews for each in alone]
    assert len(told(topic(seeds=BOTH), dense=dense).concepts) == 1, "listed terms are one"


def test_a_seed_without_a_subject_of_its_own_says_more_of_each() -> None:
    note = Seed("note", "text", "", abstract="The patient and the role of age.")
    found = told(topic(include=(), seeds=(*BOTH, note)), dense=False).concepts
    assert len(found) == 2
    for each in found:
        assert "The patient and the role of age." in each.facets
        assert len(each.reviews) == 2


def test_the_archive_adds_terms_only_where_an_encoder_can_judge_them() -> None:
    texts = [
        f"Tumor-associated neutrophils, the neutrophil secretomes of tumors {n}" for n in range(6)
    ]
    pool = read_pool(embedded(works(*[("", text) for text in texts])), at_large(20))
    (with_it,), (without,) = (
        profile(topic(include=()), (), facets, pool, encode).concepts for encode in (ENCODE, None)
    )
    assert "neutrophil secretome" in with_it.terms
    assert with_it.terms[:2] == without.terms
    assert len(without.terms) == 2


def test_a_topic_of_papers_alone_has_examples_and_no_concept() -> None:
    found = told(Topic("t", "Traps", (PAPER,)))
    assert found.concepts == ()
    assert [(each.work.title, each.weight, each.origin) for each in found.examples] == [
        ("Traps in colon tumors", 2.0, "seed")
    ]
    assert {facet.seed for facet in found.facets} == {"paper"}


def test_seed_papers_have_vectors_as_works_have_them() -> None:
    with_it, without = (
        told(Topic("t", "Traps", (PAPER,)), dense=dense).examples[0].work.vectors
        for dense in (True, False)
    )
    assert without is None
    assert with_it is not None
    assert with_it.shape == (2, 256)
    assert with_it[0].tolist() == ENCODE(["Traps in colon tumors"])[0][0].tolist()


def test_a_seed_against_the_topic_is_an_example_and_says_nothing_of_the_concept() -> None:
    plain, found = told(topic()), told(topic(seeds=(*topic().seeds, AGAINST)))
    assert found.concepts == plain.concepts
    assert found.facets == plain.facets
    assert [(each.weight, each.work.abstract) for each in found.examples] == [
        (-1.0, "Neutropenia after chemotherapy.")
    ]


def test_references_and_votes_follow_the_seed_papers() -> None:
    vote = Evidence(works(ELSEWHERE)[0], -1.0, "vote")
    found = told(topic(seeds=(*topic().seeds, PAPER)), (vote,))
    assert [each.origin for each in found.examples] == ["seed", "vote"]
    assert found.examples[0].work.work_id < 0


def test_facets_are_as_the_seed_has_them() -> None:
    found = told(topic())
    assert found.facets == facets(topic())
    assert any("TANs and NETs" in facet.text for facet in found.facets)
    assert all(facet.weight > 0 for facet in found.facets)


@pytest.mark.parametrize("seeds", [(), (AGAINST,), (replace(AGAINST, kind="review"),)])
def test_where_nothing_speaks_for_a_topic_its_name_is_its_facet(seeds: tuple[Seed, ...]) -> None:
    found = told(Topic("traps", "Neutrophil traps", seeds))
    assert [facet.text for facet in found.facets] == ["Neutrophil traps"]
    assert found.concepts == ()


def test_pinned_senses_are_the_topics() -> None:
    found = told(topic(include=("NET",), senses={"NET": "norepinephrine transporter"}))
    assert found.senses["NET"].long == "norepinephrine transporter"
    assert found.concepts[0].terms == ("norepinephrine transporter",)


def test_free_text_is_a_topic_by_its_own_words() -> None:
    seed = Seed("s", "text", "Pericyte coverage in disease")
    (found,) = told(Topic("p", "Pericytes", (seed,)), dense=False).concepts
    assert found.terms == ("pericyte coverage",)
    (wordless,) = told(Topic("p", "Pericytes", (replace(seed, title="—"),)), dense=False).concepts
    assert wordless.terms == ("Pericytes",)

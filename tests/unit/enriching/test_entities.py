"""Names counted and folded, and which of them a digest shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.enriching.entities import MOST, PICTURED, SHOWN, dressed, named, shown
from service.records import Entity, EntityKind, Figure
from service.records.enriching import Addition, Mention, folded
from tests.factories import item, ranked, section

GENE, CELL = EntityKind.GENE, EntityKind.CELL
DISEASE, CHEMICAL = EntityKind.DISEASE, EntityKind.CHEMICAL
FIGURE = Figure("Figure 1", "Niches.", "0" * 64, "image/png", 480, 320)


def gene(name: str, count: int = 1, identifier: str = "") -> Entity:
    return Entity(GENE, name, identifier, count)


# -- names as they are looked for


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TNF-α", "TNF alpha"),
        ("TNFΑ", "tnfalpha"),
        ("IL-6", "il 6"),
        ("IFN-γ", "IFN-gamma"),
        ("ς", "sigma"),
        ("λ", "lambda"),
        ("µ", "μ"),
        ("Müller cell", "Muller cells"),
        ("Neutrophils", "neutrophil"),
        ("Crohn's disease", "Crohn’s disease"),
        ("CD8⁺ T cell", "CD8+ T-cells"),
    ],
)
def test_names_that_are_one_fold_alike(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("FOS", "FO"), ("KRAS", "KRA"), ("thrombus", "thrombu"), ("IL-6", "IL-16"), ("TNF", "TNFA")],
)
def test_names_that_are_two_do_not(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(st.text())
def test_folding_twice_is_folding_once_but_for_plurals(text: str) -> None:
    once = folded(text)
    assert folded(once) in {once, once[:-1]}
    assert len(once) <= 200


@given(st.text())
def test_case_and_spaces_do_not_count(text: str) -> None:
    assert folded(f" {text} ") == folded(text)
    assert folded(text.casefold()) == folded(text)


# -- counting


def test_every_name_is_kept_once_as_it_is_spelt_most_often() -> None:
    mentions = [
        *(Mention(GENE, "TNF-α", "UniProt:P01375") for _ in range(2)),
        Mention(GENE, "TNF alpha", "UniProt:P01375"),
        Mention(GENE, "IL-6"),
        Mention(CELL, "neutrophils", "CL:0000775", "neutrophil"),
    ]
    assert named(mentions) == (
        Entity(GENE, "TNF-α", "UniProt:P01375", 3),
        Entity(CELL, "neutrophils", "CL:0000775", 1),
        Entity(GENE, "IL-6", "", 1),
    )


def test_a_name_of_two_kinds_is_two() -> None:
    both = named([Mention(GENE, "insulin"), Mention(CHEMICAL, "insulin")])
    assert [each.kind for each in both] == [CHEMICAL, GENE]


@pytest.mark.parametrize("text", ["", "A", "7", "42", "...", "β" * 0, "cells", "Protein", "x" * 81])
def test_what_says_nothing_is_dropped(text: str) -> None:
    assert named([Mention(GENE, text)]) == ()


def test_a_vocabularys_own_name_can_be_looked_for_though_the_text_has_another() -> None:
    (first, second) = named([Mention(DISEASE, "PDAC", "UMLS:C1", "pancreatic adenocarcinoma")])
    assert (first.name, first.count) == ("PDAC", 1)
    assert (second.name, second.count, second.identifier) == (
        *("pancreatic adenocarcinoma", 0),
        "UMLS:C1",
    )


def test_a_genes_other_name_is_not_trusted() -> None:
    assert len(named([Mention(GENE, "TNF", "UniProt:P1", "Tumor necrosis factor of pigs")])) == 1


def test_markup_and_entities_of_a_service_become_text() -> None:
    assert named([Mention(GENE, " TNF&alpha;\n ")])[0].name == "TNFα"


def test_at_most_some_forty_are_kept_and_the_commonest_of_them() -> None:
    many = [Mention(GENE, f"GENE{number}") for number in range(100)]
    found = named([*many, *many[90:]])
    assert len(found) == MOST
    assert {each.name for each in found[:10]} == {f"GENE{number}" for number in range(90, 100)}


@given(st.lists(st.builds(Mention, st.sampled_from(EntityKind), st.text(max_size=12))))
def test_no_mentions_make_counting_stumble(mentions: list[Mention]) -> None:
    found = named(mentions)
    assert sum(each.count for each in found) <= len(mentions)
    assert len({(each.kind, folded(each.name)) for each in found}) == len(found) <= MOST


# -- what is shown


def test_names_among_the_matched_terms_come_first() -> None:
    entities = [gene("IL6", 9), gene("CXCL12", 1), Entity(CELL, "neutrophils", "", 2)]
    assert [each.name for each in shown(entities, ("cxcl12", "neutrophil"))] == [
        *("neutrophils", "CXCL12", "IL6"),
    ]


def test_a_short_term_matches_no_part_of_a_name() -> None:
    entities = [gene("TNFRSF1A", 1), gene("IL6", 2)]
    assert [each.name for each in shown(entities, ("TNF",))] == ["IL6", "TNFRSF1A"]


def test_of_several_names_of_one_thing_the_commonest_stands_for_it() -> None:
    entities = [gene("TNF", 3, "UniProt:P01375"), gene("cachectin", 1, "UniProt:P01375")]
    assert shown(entities, ()) == (gene("TNF", 4, "UniProt:P01375"),)


def test_what_the_text_does_not_name_is_not_shown() -> None:
    assert shown([Entity(DISEASE, "pancreatic adenocarcinoma", "", 0)], ()) == ()


def test_at_most_six_are_shown() -> None:
    assert len(shown([gene(f"GENE{number}") for number in range(20)], ())) == SHOWN


def test_only_the_first_works_of_a_section_are_shown_with_a_figure() -> None:
    items = [item(number) for number in range(1, 7)]
    addition = Addition((gene("CXCL12"),), FIGURE)
    found = dressed(section(*items), dict.fromkeys(range(1, 7), addition))
    assert [each.figure is not None for each in found.items] == [n < PICTURED for n in range(6)]
    assert all(each.entities == (gene("CXCL12"),) for each in found.items)


def test_a_section_without_additions_stays_as_it_is() -> None:
    plain = section(item(1), below=(item(2),))
    assert dressed(plain, {}) == plain
    assert dressed(plain, {2: Addition((gene("TNF"),), FIGURE)}) == plain


def test_what_is_shown_goes_by_the_works_own_terms() -> None:
    told = section(item(1))
    assert told.items[0].ranked == ranked(1)  # its terms are CXCL12, myCAF and neutrophil
    found = dressed(told, {1: Addition((gene("IL6", 5), gene("CXCL12", 1)))})
    assert [each.name for each in found.items[0].entities] == ["CXCL12", "IL6"]

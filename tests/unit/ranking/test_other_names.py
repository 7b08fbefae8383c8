"""Names that hold a topic's word and mean something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ranking.abbreviations import definitions
from service.ranking.other_names import in_molecules_alone, molecules, without_other_names
from service.ranking.words import words

TERMS = ("tumor-associated neutrophil", "neutrophil extracellular trap", "natural killer cell")
OWN = {"neutrophil", "killer"}


def told(text: str, terms: tuple[str, ...] = TERMS) -> str:
    flat = f" {' '.join(words(text))} "
    return without_other_names(flat, definitions(text), terms, OWN).strip()


@pytest.mark.parametrize(
    "text",
    [
        "The neutrophil-to-lymphocyte ratio (NLR) rose",
        "The derived neutrophil to lymphocyte ratio (dNLR) rose",
        "The absolute neutrophil count (ANC) rose",
        "The neutrophil gelatinase-associated lipocalin (NGAL) rose",
        "Neutrophil counts: the absolute neutrophil count (ANC) rose",
        "Neutrophil to lymphocyte and other ratios: the neutrophil-lymphocyte ratio (NLR) rose",
        "Neutrophil elastase (NE): neutrophil elastase, neutrophil elastase rose",
    ],
)
def test_what_ends_in_another_word_is_something_else(text: str) -> None:
    assert "neutrophil" not in told(text).split()
    assert told(text).endswith("rose")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Low-density neutrophils (LDNs) rose", "ends in a word of the topic's own"),
        ("Tumour-associated neutrophils (TANs) rose", "is a term"),
        ("Extracellular traps of neutrophils (NETs) rose", "is a term in other words"),
        ("Chimeric natural killer cells (CNKCs) rose", "ends in what a term ends in"),
        ("A killer cell (KC) rose", "ends in what a term ends in"),
        ("The lymphocyte count (LC) of neutrophils rose", "has no word of the topic"),
        ("The neutrophil-to-lymphocyte ratio rose", "is no name: nothing is put in its place"),
    ],
)
def test_what_is_of_the_topic_stays(text: str, why: str) -> None:
    assert told(text).split() == words(text), why


def test_a_term_that_people_listed_is_their_topic() -> None:
    text = "The neutrophil-to-lymphocyte ratio (NLR) rose"
    assert "neutrophil" in told(text, ("neutrophil-lymphocyte ratio",))


def test_the_word_by_itself_stays() -> None:
    text = "Neutrophil elastase (NE) of neutrophils in tumors: neutrophil elastase"
    assert told(text) == "elastase ne of neutrophil in tumor elastase"


@given(st.lists(st.sampled_from(["neutrophil", "elastase", "(NE)", "killer", "of", "herons."])))
def test_only_words_go_and_none_come(parts: list[str]) -> None:
    text = " ".join(parts)
    left = told(text).split()
    rest = iter(words(text))
    assert all(word in rest for word in left)


# -- molecules named after a field ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("Tumour necrosis factor-alpha rose", True),
        ("Tumor necrosis factor, tumor necrosis factor and heron", True),
        ("Anti-tumor necrosis factors rose", True),
        ("Tumor necrosis factor in tumors", False),
        ("Tumor necrosis was seen", False),
        ("Tumors", False),
    ],
)
def test_a_molecule_is_no_word_of_the_field_that_it_is_named_after(text: str, alone: bool) -> None:
    assert in_molecules_alone("tumor", f" {' '.join(words(text))} ") is alone


def test_a_molecule_is_known_by_each_of_its_words() -> None:
    assert molecules("tumor") == ("tumor necrosis factor",)
    assert molecules("brain") == ("brain natriuretic peptide",)
    assert molecules("heron") == ()

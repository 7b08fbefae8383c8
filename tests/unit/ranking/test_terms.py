from __future__ import annotations

import pytest

from service.ranking.terms import as_written, holding, needles
from service.ranking.words import words


def held(terms: list[str], text: str) -> tuple[str, ...]:
    return holding(f" {' '.join(words(text))} ", needles(terms))


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("cancer-associated fibroblast", "Cancer associated fibroblasts move"),
        ("tumor stroma", "the tumour stroma is"),
        ("NET", "NETs trap"),
        ("IL-8", "much IL8 here"),
    ],
)
def test_a_term_is_found_in_any_spelling(term: str, text: str) -> None:
    assert held([term], text) == (term,)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("NET", "net benefit and network"),
        ("stellate cell", "constellate cell"),
        ("CAF", "decaf"),
        ("tumor stroma", "tumor and stroma"),
    ],
)
def test_a_part_of_a_word_is_no_match(term: str, text: str) -> None:
    assert held([term], text) == ()


def test_terms_that_fold_alike_or_to_nothing_count_once() -> None:
    assert [term for term, _ in needles(["tumour stroma", "Tumor-stroma", " - "])] == [
        "tumour stroma"
    ]


def test_a_term_is_shown_as_the_text_spells_it() -> None:
    assert as_written("tumor stroma", "In the Tumour-Stroma of mice") == "Tumour-Stroma"
    assert as_written("tumor stroma", "In mice") is None

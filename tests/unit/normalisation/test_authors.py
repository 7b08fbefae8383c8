"""Author lists written in one line."""

from __future__ import annotations

import time

import pytest

from service.normalisation import authors
from service.records import Author


def _pairs(found: tuple[Author, ...]) -> list[tuple[str, str]]:
    return [(author.family or author.collective, author.given) for author in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Loot, C.; Rocha, E. P.; Mazel, D.",
            [("Loot", "C."), ("Rocha", "E. P."), ("Mazel", "D.")],
        ),
        ("Smith, J., Jr.; Roe, Jr., A.", [("Smith", "J. Jr."), ("Roe", "A. Jr.")]),
        ("Smith, J.; The ENCODE Consortium;", [("Smith", "J."), ("The ENCODE Consortium", "")]),
        ("Jane van der Roe", [("van der Roe", "Jane")]),
        ("Madonna", [("Madonna", "")]),
        (" ; ", []),
        ("", []),
    ],
)
def test_semicolons_part_inverted_names(text: str, expected: list[tuple[str, str]]) -> None:
    assert _pairs(authors.from_semicolons(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Kukla, D., Crampton, A. ", [("Kukla", "D."), ("Crampton", "A.")]),
        ("Lin, H.-X., Van Dijken, A. J. H.", [("Lin", "H.-X."), ("Van Dijken", "A. J. H.")]),
        ("PAPADOPOULOU, K., O'Neill, D.", [("PAPADOPOULOU", "K."), ("O'Neill", "D.")]),
        ("Roe, A., Jr., Doe, B.", [("Roe", "A. Jr."), ("Doe", "B.")]),
        (
            "Roe, A., WHO Study Group, Doe, B.",
            [("Roe", "A."), ("WHO Study Group", ""), ("Doe", "B.")],
        ),
        ("Jane Roe, John Doe", [("Roe", "Jane"), ("Doe", "John")]),
        ("Roe, A., et al.", [("Roe", "A.")]),
        ("", []),
    ],
)
def test_commas_part_names_from_initials(text: str, expected: list[tuple[str, str]]) -> None:
    assert _pairs(authors.from_commas(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Lovelace and B. Babbage, C. D. Smith",
         [("Lovelace", "Ada"), ("Babbage", "B."), ("Smith", "C. D.")]),
        ("Ludwig van der Beek Jr., Plato", [("van der Beek", "Ludwig Jr."), ("Plato", "")]),
        ("Ann Roe, Jr., and Jo Doe; Al Poe", [("Roe", "Ann Jr."), ("Doe", "Jo"), ("Poe", "Al")]),
        ("on behalf of the TRACERx Consortium", [("on behalf of the TRACERx Consortium", "")]),
        ("", []),
    ],
)  # fmt: skip
def test_names_in_natural_order(text: str, expected: list[tuple[str, str]]) -> None:
    assert _pairs(authors.from_names(text)) == expected


@pytest.mark.parametrize(
    ("text", "family", "given"),
    [
        ("Hambrick GW Jr", "Hambrick", "GW Jr"),
        ("de Hoon MJ", "de Hoon", "MJ"),
        ("Plato", "Plato", ""),
        ("Research Group", "Research Group", ""),
    ],
)
def test_names_with_trailing_initials(text: str, family: str, given: str) -> None:
    author = authors.from_initials(text)
    assert (author.family, author.given) == (family, given)


def test_a_person_is_cleaned_and_a_wrong_orcid_dropped() -> None:
    assert authors.person(" Mü&amp;ller ", "A.\u00a0B.", "0000-0002-1825-0098") == Author(
        "Mü&ller", "A. B."
    )


def test_a_group_is_a_collective_author() -> None:
    assert authors.group(" The  Group ") == Author(collective="The Group")


def test_a_hostile_author_list_takes_no_time() -> None:
    begun = time.process_time()
    authors.from_commas("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!, " * 2_000)
    authors.from_names("a " * 50_000)
    assert time.process_time() - begun < 2.0

"""Author lists in one line: nobody is lost, nobody is invented, and the order stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.normalisation import authors

if TYPE_CHECKING:
    from service.records import Author

FAMILIES = st.sampled_from(
    ("Roe", "Müller", "O'Neill", "van der Beek", "Smith-Jones", "Li", "de la Cruz", "Žižek", "Ng")
)
INITIALS = st.sampled_from(("A.", "B. C.", "H.-X.", "É.", "J. P. M."))
FORENAMES = st.sampled_from(("Ada", "Hans-Peter", "Anna Maria", "J.", "Émile"))
PEOPLE = st.lists(st.tuples(FAMILIES, INITIALS), min_size=1, max_size=8)


def pairs(found: tuple[Author, ...]) -> list[tuple[str, str]]:
    return [(author.family or author.collective, author.given) for author in found]


@given(PEOPLE, st.sampled_from(("", ";", "; et al.", ", et al", " et al.", "...", "…")))
def test_inverted_names_between_semicolons_come_back(
    people: list[tuple[str, str]], ending: str
) -> None:
    line = "; ".join(f"{family}, {given}" for family, given in people) + ending
    assert pairs(authors.from_semicolons(line)) == people


@given(PEOPLE, st.sampled_from(("", ",", ", et al.", " et al.")))
def test_inverted_names_between_commas_come_back(
    people: list[tuple[str, str]], ending: str
) -> None:
    line = ", ".join(f"{family}, {given}" for family, given in people) + ending
    assert pairs(authors.from_commas(line)) == people


@given(st.lists(st.tuples(FAMILIES, FORENAMES), min_size=1, max_size=8),
       st.sampled_from((" and ", ", and ", " & ", "; ", ", ")))  # fmt: skip
def test_natural_names_come_back_whatever_stands_before_the_last(
    people: list[tuple[str, str]], last: str
) -> None:
    names = [f"{given} {family}" for family, given in people]
    line = last.join(filter(None, (", ".join(names[:-1]), names[-1])))
    assert pairs(authors.from_names(line)) == people


@given(st.text(max_size=80))
@example(",\x1f")
@example("Kukla, D.; , ;Ada Lovelace")
def test_no_line_makes_an_author_of_nothing(text: str) -> None:
    for read in (authors.from_semicolons, authors.from_commas, authors.from_names):
        for author in read(text):
            assert author.name == " ".join(author.name.split())
            assert author.name
            assert not (author.collective and (author.family or author.given))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Roe, A.; the TRACERx consortium; Poe, B.",
         [("Roe", "A."), ("the TRACERx consortium", ""), ("Poe", "B.")]),
        ("COVID-19 Genomics UK Consortium", [("COVID-19 Genomics UK Consortium", "")]),
        ("Roe, A. B., III; Poe, C.", [("Roe", "A. B. III"), ("Poe", "C.")]),
        ("Roe, Sr., A.", [("Roe", "A. Sr.")]),
        ("Roe,; Poe, B.", [("Roe", ""), ("Poe", "B.")]),
        ("M&uuml;ller, A.", [("Müller", "A.")]),
        ("; ;", []),
    ],
)  # fmt: skip
def test_groups_suffixes_and_slips_between_semicolons(
    line: str, expected: list[tuple[str, str]]
) -> None:
    assert pairs(authors.from_semicolons(line)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Roe AB", ("Roe", "AB")),
        ("van der Beek L 3rd", ("van der Beek", "L 3rd")),
        ("O'Neill D", ("O'Neill", "D")),
        ("Roe", ("Roe", "")),
        ("Roe Anna", ("Roe Anna", "")),
        ("Roe A-B", ("Roe", "A-B")),
        ("", ("", "")),
    ],
)
def test_medline_names_end_in_initials(name: str, expected: tuple[str, str]) -> None:
    author = authors.from_initials(name)
    assert (author.family, author.given) == expected

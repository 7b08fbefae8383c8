from __future__ import annotations

import pytest

from service.records import Identifiers, Seed
from service.records.names import folded, initials, orcid, parted


@pytest.mark.parametrize(
    "text",
    [
        "0000-0002-1825-0097",
        "https://orcid.org/0000-0002-1825-0097",
        "orcid.org/0000-0002-1825-0097/",
        " ORCID: 0000 0002 1825 0097 ",
        "0000000218250097",
    ],
)
def test_an_orcid_is_brought_to_one_form(text: str) -> None:
    assert orcid(text) == "0000-0002-1825-0097"


def test_a_check_digit_may_be_an_x() -> None:
    assert orcid("0000-0002-1694-233x") == "0000-0002-1694-233X"


@pytest.mark.parametrize(
    "text", ["", "0000-0002-1825-0098", "0000-0002-1825-009", "Okafor", "0000-0002-1694-2330"]
)
def test_what_is_no_orcid(text: str) -> None:
    assert orcid(text) == ""


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Okafor Chidi", ("Okafor", "Chidi")),
        ("van der Berg, Anna M", ("van der Berg", "Anna M")),
        ("Okafor", ("", "Okafor")),
        ("", ("", "")),
    ],
)
def test_a_name_in_its_parts(name: str, parts: tuple[str, str]) -> None:
    assert parted(name) == parts


@pytest.mark.parametrize(
    ("given", "found"),
    [("Chidi N.", "CN"), ("Jean-Pierre", "JP"), ("CN", "CN"), ("C.N.", "CN"), ("é", "É"), ("", "")],
)
def test_the_initials_of_given_names(given: str, found: str) -> None:
    assert initials(given) == found


def test_spellings_of_one_name_are_equal() -> None:
    assert folded("Sørensen-Müller") == folded("SØRENSEN  MULLER")


@pytest.mark.parametrize(
    ("ids", "sign", "name"),
    [
        (Identifiers("10.5555/a", "1", "PMC2"), 1, "pmid:1"),
        (Identifiers("10.5555/a", None, "PMC2"), 1, "pmcid:PMC2"),
        (Identifiers("10.5555/a"), 1, "doi:10.5555/a"),
        (Identifiers(arxiv="2601.00001"), 1, ""),
        (Identifiers("10.5555/a", "1"), -1, ""),
    ],
)
def test_what_the_papers_that_cite_a_seed_are_kept_under(
    ids: Identifiers, sign: int, name: str
) -> None:
    assert Seed("s", "paper", "T", ids=ids, sign=sign).cited_as == name

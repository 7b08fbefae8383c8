from __future__ import annotations

import pytest

from service.ranking.features import Features, read_pool
from service.ranking.lexical import read
from service.ranking.naming import in_texts, in_titles, subjects_of
from tests.abstracts import at_large, works

TERMS = ("tumor-associated neutrophil", "neutrophil extracellular trap", "CXCR2")
LIVER = ("neutrophil", "fatty liver")


def pool_of(*texts: tuple[str, str]) -> Features:
    return read_pool([*works(*texts), *at_large(30)], [])


# -- subjects -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("core", "subjects"),
    [
        (("curcumin", "osteosarcoma therapy"), ({"curcumin"}, {"osteosarcoma"})),
        (TERMS[:2], ()),  # both of neutrophils
        (("neutrophil", "CXCR2", "CXCR2 in neutrophils"), ()),
        (("neutrophil", "cell therapy"), ()),  # the second has no telling word
        ((), ()),
    ],
)
def test_terms_that_share_a_telling_word_are_of_one_subject(
    core: tuple[str, ...], subjects: tuple[set[str], ...]
) -> None:
    assert subjects_of(core) == tuple(map(frozenset, subjects))


# -- texts ----------------------------------------------------------------------------------------


def test_a_text_that_names_one_of_two_subjects_names_half() -> None:
    half, both = ("Neutrophils", "They kill."), ("Steatosis", "Neutrophils in fatty liver.")
    pool = pool_of(half, both, ("Herons", "They nest."))
    assert in_texts(LIVER, pool, {}, subjects_of(LIVER))[:3].tolist() == [0.5, 1.0, 0.0]
    assert in_texts(LIVER, pool, {})[:3].tolist() == [1.0, 1.0, 0.0]


def test_where_no_word_tells_of_a_subject_none_is_missed() -> None:
    assert in_texts(("cell",), pool_of(("Herons", "They nest.")), {}).all()


# -- titles ---------------------------------------------------------------------------------------


def test_a_title_that_names_one_of_two_subjects_names_half() -> None:
    pool = pool_of(("Neutrophils", ""), ("Neutrophils of the fatty liver", ""))
    assert in_titles(LIVER, pool, {}, subjects_of(LIVER))[:2].tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("title", "share"),
    [
        ("Neutrophils in tumours", 1.0),
        ("Two neutrophil-rich lesions, neutrophilia aside", 1.0),
        ("CXCR2 and traps", 0.5**0.5),
        ("Of tumors, cells and herons", 0.0),  # "tumor" is no subject: many works hold it
        ("", 0.0),
    ],
)
def test_a_title_names_as_much_of_the_subject_as_terms_hold_its_words(
    title: str, share: float
) -> None:
    pool = pool_of((title, "Neutrophils, CXCR2 and traps in tumors"), ("", "Neutrophils"))
    found = in_titles(TERMS, pool, {})
    assert found[0] == pytest.approx(share)
    assert not found[1:].any()


@pytest.mark.parametrize(
    ("title", "abstract", "share"),
    [
        ("NETs feed tumors", "Neutrophil extracellular traps (NETs) feed them.", 1.0),
        ("NCF in tumors", "Neutrophil chemotactic factor (NCF) is in tumors.", 0.0),
        ("Neutrophils and NCF", "Neutrophil chemotactic factor (NCF) is in tumors.", 1.0),
    ],
    ids=["a-term", "something-else", "and-in-full"],
)
def test_a_short_form_in_a_title_names_the_subject_where_it_stands_for_a_term(
    title: str, abstract: str, share: float
) -> None:
    pool = pool_of((title, abstract))
    assert in_titles(TERMS, pool, {})[0] == share


def test_of_a_row_with_another_text_that_texts_title_counts() -> None:
    pool = pool_of(("NETs", "They are cast."), ("Herons", "They nest."))
    other = read([("neutrophil extracellular traps", "They are cast.")], pool.seen)
    assert in_titles(TERMS, pool, {0: other.flats[0]}).tolist()[:2] == [1.0, 0.0]

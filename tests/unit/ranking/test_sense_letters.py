from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ranking.sense_letters import is_telling, match_letters, skeleton


def long_form(short: str, window: str, floor: int = 0) -> str | None:
    at = match_letters(short, window, floor)
    return None if at is None else window[at:]


def test_a_skeleton_is_the_letters_and_digits_without_case() -> None:
    assert [skeleton(each) for each in ("TGF-β1", "H&E", "PD-L1", "α-SMA")] == [
        "tgfb1",
        "he",
        "pdl1",
        "asma",
    ]


@pytest.mark.parametrize(
    ("short", "telling"),
    [("NET", True), ("mRS", True), ("Th1", True), ("Zn", False), ("bp", False), ("The", False)],
)
def test_two_capitals_or_one_and_a_digit_tell_a_short_form(short: str, *, telling: bool) -> None:
    assert is_telling(short) is telling


def test_initials_are_preferred_to_letters_within_words() -> None:
    assert long_form("TTNT", "the time to next treatment") == "time to next treatment"
    assert (
        long_form("PPD", "prevalence and causes of postpartum depression")
        == "postpartum depression"
    )


def test_stop_words_are_passed_over_but_begin_nothing() -> None:
    assert long_form("QL", "their quality of life") == "quality of life"
    assert long_form("OR", "risk of of reflux") is None
    assert long_form("OR", "raised odds ratio") == "odds ratio"


def test_a_first_word_with_a_capital_may_be_a_stop_word() -> None:
    assert long_form("TCGA", "data from The Cancer Genome Atlas") == "The Cancer Genome Atlas"


def test_one_word_without_a_letter_is_forgiven_and_two_are_not() -> None:
    assert long_form("TCR", "a T cell antigen receptor") == "T cell antigen receptor"
    assert long_form("AUC", "area under the receiver operating characteristic curve") is None


def test_the_later_parts_of_a_hyphened_word_may_hold_no_letter() -> None:
    assert long_form("JMJD2", "by Jumonji C-terminal domain-containing 2") is not None
    assert long_form("ADC", "an antibody-drug-like conjugate") == "antibody-drug-like conjugate"


def test_a_name_must_be_matched_wholly() -> None:
    assert long_form("India", "the Indian subcontinent") is None
    assert long_form("Zn", "much zinc") == "zinc"
    assert long_form("bp", "long base pairs") == "base pairs"
    assert long_form("ng", "the meaning") is None


def test_nothing_before_the_floor_is_looked_at() -> None:
    window = "neutrophils; extracellular traps"
    assert long_form("NET", window) == window
    assert long_form("NET", window, len("neutrophils; ")) is None


def test_no_more_words_are_looked_at_than_the_algorithm_allows() -> None:
    assert long_form("AB", "alpha the of the beta") is None
    assert long_form("AB", "alpha of the beta") == "alpha of the beta"


@pytest.mark.parametrize("window", ["", "   ", "...", "İİ net"])
def test_a_window_without_words_to_match_gives_nothing(window: str) -> None:
    assert match_letters("NET", window, 0) is None


@given(st.text(st.sampled_from("NETa1-α "), max_size=12), st.text(max_size=60))
def test_what_is_found_is_a_place_where_a_word_begins(short: str, window: str) -> None:
    at = match_letters(short, window, 0)
    if at is not None:
        assert window[at].isalnum()
        assert at == 0 or not window[at - 1].isalnum()

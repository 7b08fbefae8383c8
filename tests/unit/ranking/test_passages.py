from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from service.ranking.passages import as_shown
from service.ranking.words import WORD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEXT = "Tumours and the NETs\nNeutrophils infiltrate tumours; cancer-associated fibroblasts do not."


def shown(
    text: str, phrases: Sequence[str], shares: Mapping[str, float]
) -> list[tuple[str, float]]:
    return as_shown(text, dict.fromkeys(WORD.findall(text)), phrases, shares)


def test_words_are_spelled_as_in_the_work_strongest_first() -> None:
    shares = {"neutrophil": 0.5, "NET": 0.3, "tumor": 0.2}
    assert shown(TEXT, (), shares) == [("Neutrophils", 0.5), ("NETs", 0.3), ("Tumours", 0.2)]


def test_a_phrase_has_the_sum_of_its_words_which_are_not_repeated() -> None:
    shares = {"cancer": 0.25, "associated": 0.125, "fibroblast": 0.5, "NET": 0.125}
    found = shown(TEXT, ("cancer-associated fibroblast",), shares)
    assert found == [("cancer-associated fibroblasts", 0.875), ("NETs", 0.125)]


def test_phrases_with_a_word_in_common_part_its_share() -> None:
    shares = {"neutrophil": 0.5, "elastase": 0.25, "trap": 0.25}
    found = shown("", ("neutrophil elastase", "neutrophil trap"), shares)
    assert found == [("neutrophil elastase", 0.5), ("neutrophil trap", 0.5)]


def test_a_phrase_that_is_part_of_another_leaves_that_one_its_own_words() -> None:
    shares = {"tumor": 0.5, "neutrophil": 0.25, "infiltrating": 0.25}
    found = shown("", ("tumor neutrophil", "tumor infiltrating neutrophil"), shares)
    assert found == [("tumor infiltrating neutrophil", 0.625), ("tumor neutrophil", 0.375)]


def test_a_phrase_that_the_text_has_only_as_a_short_form_is_given_in_full() -> None:
    found = shown(TEXT, ("neutrophil extracellular trap",), {"trap": 1.0})
    assert found == [("neutrophil extracellular trap", 1.0)]


def test_a_word_twice_in_a_phrase_counts_once() -> None:
    assert shown("", ("cell to cell",), {"cell": 1.0}) == [("cell to cell", 1.0)]


def test_an_included_phrase_is_named_though_its_words_add_nothing() -> None:
    assert shown(TEXT, ("cancer",), {"NET": 1.0}) == [("NETs", 1.0), ("cancer", 0.0)]


def test_ties_are_in_order_of_their_names() -> None:
    assert [term for term, _ in shown("", (), {"b": 0.5, "a": 0.5})] == ["a", "b"]


def test_nothing_shared_shows_nothing() -> None:
    assert shown(TEXT, (), {}) == []
    assert shown("", (), {}) == []


_WORDS = st.sampled_from(["tumor", "tumors", "Tumour", "NET", "NETs", "net", "trap", "the", "β"])
_TEXTS = st.lists(_WORDS, max_size=6).map(" ".join) | st.text(max_size=30)


@settings(deadline=None)
@given(
    _TEXTS,
    st.lists(_TEXTS, max_size=4),
    st.dictionaries(_WORDS, st.floats(0.0, 1.0), max_size=6),
)
def test_what_is_shown_never_adds_up_to_more_than_the_shares(
    text: str, phrases: list[str], shares: dict[str, float]
) -> None:
    found = shown(text, phrases, shares)
    weights = [weight for _, weight in found]
    assert sum(weights) <= sum(shares.values()) + 1e-9
    assert weights == sorted(weights, reverse=True)
    assert len({term for term, _ in found}) == len(found)

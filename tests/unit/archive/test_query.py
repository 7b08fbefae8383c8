"""The query language: what a person types in the search box."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive import Query, parse


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("neutrophil", ("neutrophil",), ()),
        ("stroma  neutrophil\tCAF", ("stroma", "neutrophil", "CAF"), ()),
        ('"tumour stroma"', ("tumour stroma",), ()),
        ('stroma -"lung cancer" -mouse', ("stroma",), ("lung cancer", "mouse")),
        ("TGF-β", ("TGF-β",), ()),
        ("CAF -TGF-β", ("CAF",), ("TGF-β",)),
        ('"never closed', ("never closed",), ()),
        ('a"b c"d', ("a", "b c", "d"), ()),
        ("-only", (), ("only",)),
        ("10.5555/a.b", ("10.5555/a.b",), ()),
        ("stroma OR caf", ("stroma", "OR", "caf"), ()),
        ("", (), ()),
        (' "" - -- "  " ! * ', (), ()),
        ('" padded "', ("padded",), ()),
        ("ÉTUDE", ("ÉTUDE",), ()),
    ],
    ids=ascii,
)
def test_a_query_is_read_as_people_mean_it(
    text: str, wanted: tuple[str, ...], unwanted: tuple[str, ...]
) -> None:
    assert parse(text) == Query(wanted, unwanted)


@given(st.text())
def test_any_text_is_a_query_of_terms_that_can_be_searched(text: str) -> None:
    query = parse(text)
    for term in (*query.wanted, *query.unwanted):
        assert term == term.strip()
        assert any(letter.isalnum() or letter == "_" for letter in term)
        assert '"' not in term


plain_word = st.from_regex(r"[A-Za-z0-9α-ω][A-Za-z0-9α-ω-]{0,8}", fullmatch=True)
phrases = st.lists(plain_word, min_size=1, max_size=3).map(" ".join)


@given(st.lists(phrases), st.lists(phrases))
def test_what_is_quoted_comes_back_as_it_was(wanted: list[str], unwanted: list[str]) -> None:
    quoted = [f'"{term}"' for term in wanted] + [f'-"{term}"' for term in unwanted]
    assert parse(" ".join(quoted)) == Query(tuple(wanted), tuple(unwanted))


@given(st.lists(plain_word))
def test_words_keep_their_order_and_number(words: list[str]) -> None:
    assert parse("  ".join(words)).wanted == tuple(words)

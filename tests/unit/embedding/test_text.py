from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.embedding.text import chunks, sentence_starts, text_of


@pytest.mark.parametrize(
    ("title", "abstract", "text"),
    [
        ("NETs", "They trap.", "NETs. They trap."),
        ("NETs.", "They trap", "NETs. They trap."),
        ("Do NETs trap?", "", "Do NETs trap?"),
        ("", " They\n trap. ", "They trap."),
        ("", "", ""),
    ],
)
def test_a_works_text_is_its_title_and_abstract(title: str, abstract: str, text: str) -> None:
    assert text_of(title, abstract) == text


def cut(text: str, window: int) -> list[str]:
    """The chunks of `text` when every word is a token."""
    spans = [match.span() for match in re.finditer(r"\S+", text)]
    ranges = chunks([start for start, _ in spans], sentence_starts(text), window)
    return [text[spans[a][0] : spans[b - 1][1]] if b > a else "" for a, b in ranges]


def test_a_text_within_the_window_is_one_chunk() -> None:
    assert cut("One two. Three four.", 4) == ["One two. Three four."]
    assert cut("", 4) == [""]


def test_a_long_text_is_cut_where_sentences_begin() -> None:
    assert cut("One two. Three four five. Six seven.", 5) == [
        "One two. Three four five.",
        "Six seven.",
    ]


def test_chunks_are_about_equal_rather_than_one_full_and_one_stub() -> None:
    text = " ".join(["A b c."] * 11)  # 33 words
    assert [len(chunk.split()) for chunk in cut(text, 30)] in ([18, 15], [15, 18])


def test_a_sentence_longer_than_the_window_is_cut_inside() -> None:
    assert [len(chunk.split()) for chunk in cut("word " * 25, 10)] == [9, 8, 8]


@given(
    st.lists(st.integers(0, 30), max_size=60, unique=True).map(sorted),
    st.lists(st.integers(0, 31), max_size=20, unique=True).map(sorted),
    st.integers(1, 12),
)
def test_no_token_is_lost_repeated_or_beyond_the_window(
    tokens: list[int], starts: list[int], window: int
) -> None:
    ranges = chunks(tokens, starts, window)
    assert [i for a, b in ranges for i in range(a, b)] == list(range(len(tokens)))
    assert all(b - a <= window for a, b in ranges)
    assert len(ranges) == 1 or all(b > a for a, b in ranges)


def test_a_window_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        chunks([0, 1], [], 0)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.digest.safe import clean, shorten, web_url


def test_whitespace_and_controls_become_single_blanks() -> None:
    assert clean(" TGF-β\r\n\tand\x00\x1b[31m IL-6 ") == "TGF-β and[31m IL-6"


def test_reordering_and_hidden_marks_go_and_right_to_left_letters_stay() -> None:
    assert clean("סרטן \u202eevil\u2066\u200b\ufeff") == "סרטן evil"


def test_joined_emoji_and_accents_stay_and_towers_of_marks_do_not() -> None:
    assert clean("👩\u200d🔬 e\u0301") == "👩\u200d🔬 e\u0301"
    assert len(clean("a" + "\u0301" * 500)) == 5


def test_lone_surrogates_go_so_that_the_text_can_be_encoded() -> None:
    assert clean("a\ud800b").encode() == b"ab"


@given(st.text(max_size=300), st.integers(10, 80))
def test_a_shortened_text_fits_is_clean_and_starts_like_the_whole(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == clean(text) or clean(text).startswith(short[:-1].rstrip())


def test_a_text_is_cut_between_words_where_that_loses_little() -> None:
    assert shorten("Cancer-associated fibroblasts exclude neutrophils", 34) == (
        "Cancer-associated fibroblasts…"
    )
    assert shorten("a" * 50, 10) == "a" * 9 + "…"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/hostname",
        "ftp://example.org/a",
        "//example.org/a",
        "https://",
        "https:///path",
        "https://user:pw@example.org/",
        "https://example.org@evil.example/",
        "https://exa mple.org/",
        "https://example.org/\x00",
        "https://example.org/\u202e",
        "https://[::1/",
        "https://example.org/" + "a" * 2000,
        "",
    ],
)
def test_what_a_browser_must_not_open_is_refused(url: str) -> None:
    assert web_url(url) == ""


def test_an_address_is_encoded_for_every_format() -> None:
    assert web_url(" https://example.org/a<b>\"|'`?x=1&y=ü#z ") == (
        "https://example.org/a%3Cb%3E%22%7C%27%60?x=1&y=%C3%BC#z"
    )
    assert web_url("https://example.org/%20") == "https://example.org/%20", "not encoded twice"


@given(st.text(max_size=60))
def test_an_accepted_address_has_no_character_that_any_format_gives_a_meaning(path: str) -> None:
    url = web_url(f"https://example.org/{path}")
    assert not set(url) & set("<>\"'`| \n\\{}")

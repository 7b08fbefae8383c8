from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.digest.mrkdwn import LOOK_ALIKES, escape, escaped, link
from service.digest.safe import clean


def read_back(text: str) -> str:
    """What a person reads, look-alikes taken for what they stand for."""
    for real, shown in LOOK_ALIKES.items():
        text = text.replace(shown, real)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
        ("already &amp;", "already &amp;amp;"),
        ("*bold* and _it_", "∗bold∗ and ˍitˍ"),
        ("`code`", "ˋcodeˋ"),
        ("HLA-A*02:01 and IFN_g", "HLA-A*02:01 and IFN_g"),
        ("~50% of ~all~", "∼50% of ∼all∼"),
        ("diluted 1:100:5", "diluted 1∶100:5"),
        ("at 12:30", "at 12:30"),
        ("> 5 kPa > 3 kPa", "﹥ 5 kPa &gt; 3 kPa"),  # at the start of a line it would quote
    ],
)
def test_what_slack_would_read_as_markup_is_shown_literally(text: str, told: str) -> None:
    assert escape(text) == told


@given(st.text(max_size=300))
def test_escaped_text_has_no_markup_and_reads_as_it_was(text: str) -> None:
    told = escape(clean(text))
    assert "<" not in told
    assert ">" not in told
    if not set(clean(text)) & set(LOOK_ALIKES.values()):
        assert read_back(told) == clean(text)


@given(st.text(alphabet="*_~ ab<", max_size=60))
def test_no_formatting_character_stands_where_it_could_open_or_close(text: str) -> None:
    for match in re.finditer(r"[*_~]", escape(clean(text))):
        before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
        assert before.isalnum()
        assert after.isalnum()


@given(st.text(max_size=400), st.integers(20, 200))
def test_escaping_keeps_to_the_limit_without_tearing_an_escape(text: str, limit: int) -> None:
    told = escaped(text, limit)
    assert len(told) <= limit
    assert re.fullmatch(r"(?:[^&]|&amp;|&lt;|&gt;)*", told)


def test_a_label_cannot_end_its_link() -> None:
    assert link("https://a.example/1?a=1&b=2", "p > 0.5 | n\nfive") == (
        "<https://a.example/1?a=1&amp;b=2|p &gt; 0.5 ǀ n five>"
    )
    assert link("https://a.example/x|y>z", "t") == "<https://a.example/x%7Cy%3Ez|t>"


def test_an_address_that_slack_must_not_open_is_not_linked() -> None:
    assert link("javascript:alert(1)", "title") == "title"
    assert link("https://a.example/?" + "&" * 900, "title") == "title"

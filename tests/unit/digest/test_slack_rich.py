"""Parts of Slack's blocks, and the page on which people look at them."""

from __future__ import annotations

import pytest

from service.digest.slack import messages
from service.digest.slack_limits import problems
from service.digest.slack_rich import (
    bullets,
    emoji,
    heading,
    line,
    link,
    paragraph,
    quote,
    rich,
    small,
    text,
)
from tests.factories import digest_content, item, section
from tests.slack_page import mrkdwn, page


@pytest.mark.parametrize(
    "address",
    ["", "javascript:x", "data:text/html,x", "https://a@b.example/", "https://a/" + "a" * 991],
)
def test_an_address_that_must_not_be_opened_leaves_the_words_alone(address: str) -> None:
    assert link(address, "title", bold=True) == text("title", bold=True)


def test_words_are_taken_as_they_are() -> None:
    told = "<!channel> *a* :tada: &amp;"
    assert text(told) == {"type": "text", "text": told}
    assert heading(told)["text"] == {"type": "plain_text", "text": told, "emoji": False}


def test_a_small_block_has_words_or_markup_or_both() -> None:
    kinds = [[each["type"] for each in small(*told)["elements"]] for told in (("a", "b"), ("a",))]
    assert kinds == [["plain_text", "mrkdwn"], ["plain_text"]]
    assert [each["verbatim"] for each in small("", "b")["elements"]] == [True]


def test_every_part_is_sound() -> None:
    parts = rich(
        line(emoji("warning"), text("a", code=True)), quote("b"), bullets([line(text("c"))])
    )
    blocks = [parts, heading("d" * 900), paragraph("e" * 9000), small("f", "g")]
    assert problems({"text": "x", "blocks": blocks}) == []


def test_the_page_shows_hostile_words_as_words() -> None:
    content = digest_content(section(item(1, title="<script>x</script> & *a*")))
    shown = page(messages(content, "C0123456789"))
    assert "<script>" not in shown
    assert "&lt;script&gt;x&lt;/script&gt; &amp; *a*" in shown


def test_slacks_markup_is_shown_as_slack_does() -> None:
    told = mrkdwn(":warning: *Gut*\n• <https://a.example/?a=1&amp;b=2|p &lt; 0.05> HLA-A*02")
    assert told == (
        '⚠️ <b>Gut</b><br>• <a href="https://a.example/?a=1&amp;b=2">p &lt; 0.05</a> HLA-A*02'
    )

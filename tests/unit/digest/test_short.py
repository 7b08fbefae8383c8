"""The short digest: what it says, that it is short, and that it starts nothing in a chat."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.digest.short import LONGEST, Short, harmless, short
from service.records import Change, DigestChange, DigestContent, Flag
from tests.factories import digest_content, item, section, work

PAGE = "https://litwatch.example.org/d/abc"


def told(*sections: Any, page: str = "", **changes: Any) -> Short:
    return short(digest_content(*sections, **changes), page)


def change(number: int, what: Change = Change.RETRACTED, **changes: Any) -> DigestChange:
    return DigestChange(work(number, **changes), what, "stroma", "Europe/Berlin:2026-W45")


def test_it_says_what_matters_then_each_title_with_its_relevance_and_address() -> None:
    made = told(section(item(1), item(2, relevance=0.6)), page=PAGE)
    assert made.title.endswith(" · week 47")
    assert made.body.split("\n\n") == [
        "Screened 4,212 new records from 2 sources, 0 gaps; shown 2; 0 just below the line.\n"
        f"The whole digest: {PAGE}",
        "1. Stromal niche 1 shields tumour cells from neutrophil killing (Very likely, 83 %)\n"
        "https://doi.org/10.5555/stroma.1",
        "2. Stromal niche 2 shields tumour cells from neutrophil killing (Likely, 60 %)\n"
        "https://doi.org/10.5555/stroma.2",
    ]


def test_the_eight_most_relevant_of_all_topics_are_named_and_the_rest_counted() -> None:
    low = section(*[item(n, relevance=0.6) for n in range(1, 11)])
    high = section(*[item(n, relevance=0.9) for n in range(11, 14)], topic="tan", name="TAN")
    body = told(low, high).body
    named = [int(each) for each in re.findall(r"niche (\d+)", body)]
    assert named == [1, 2, 3, 4, 5, 11, 12, 13]
    assert re.findall(r"^(\d+)\.", body, re.MULTILINE) == [str(n) for n in range(1, 9)]
    assert body.endswith("and 5 more papers")


def test_it_uses_its_room_and_no_more() -> None:
    """Whatever the titles' lengths, what was left out is said within the limit."""
    for length in range(40, 100):
        titles = [f"{number} {'x' * length}" for number in range(20)]
        items = [item(number, title=title) for number, title in enumerate(titles)]
        news = tuple(change(100 + number) for number in range(5))
        made = told(section(*items), changes=news, page=PAGE + "y" * length)
        size = len(made.title) + len(made.body)
        assert LONGEST - 300 < size <= LONGEST
        assert "and 2 more changes" in made.body
        assert re.search(r"\n\nand \d+ more papers$", made.body)


def test_news_of_earlier_works_comes_before_the_new_ones_the_alarming_first() -> None:
    news = (change(71, Change.PUBLISHED), change(72), change(73), change(74))
    paragraphs = told(changes=news).body.split("\n\n")
    assert paragraphs[1].startswith("Retracted; shown in week 45: Stromal niche 72")
    assert paragraphs[1].endswith("\nhttps://doi.org/10.5555/stroma.72")
    assert paragraphs[4] == "and 1 more change"
    assert paragraphs[5].startswith("1. ")


def test_a_quiet_week_says_why() -> None:
    made = told(section(items=()), page=PAGE)
    assert made.body == (
        f"Nothing this week: none of 4,212 new records came near.\nThe whole digest: {PAGE}"
    )


def test_a_test_and_a_banner_are_said_first() -> None:
    body = told(banner="Ranked by words only", test=True).body
    assert body.startswith("This is a test digest.")
    assert body.split("\n\n")[1] == "Ranked by words only"


def test_a_retracted_work_is_marked() -> None:
    assert (
        "1. [Retracted] Stromal" in told(section(item(1, flags=frozenset({Flag.RETRACTED})))).body
    )


def test_an_address_that_takes_all_the_room_is_left_out() -> None:
    assert "The whole digest" not in told(page="https://example.org/" + "x" * 900).body


@pytest.mark.parametrize(
    "text",
    [
        "@everyone", "@here", "@channel", "@all", "@**all**", "@room", "<!channel>", "<@U123>",
        "<@&42>", "<#C1>", "<users/all>", "<at>Ana</at>", "[free](https://evil.example)",
        "[free][1]", "<https://evil.example|free>", "https://evil.example", "HTTP://EVIL.EXAMPLE",
        "www.evil.example", "```", "![x](//evil.example/p.png)",
    ],
)  # fmt: skip
def test_what_a_chat_would_act_on_is_only_text(text: str) -> None:
    made = harmless(f"A {text} B", 200)
    assert made.replace("\u200b", "") == f"A {text} B", "it looks the same"
    assert text not in made


def _links(content: DigestContent) -> set[str]:
    return {
        f"https://doi.org/10.5555/stroma.{n.work.id}" for s in content.sections for n in s.items
    }


nasty = st.lists(
    st.sampled_from(
        ["@", "everyone", "here", "<", "!", "channel", ">", "[", "]", "(", ")", "http", "://", "`",
         "www", ".evil.example", "\n", "\u200b", "\u202e", "|", "*", "_", "x", " ", "\U0001f600"]
    ),
    max_size=200,
).map("".join) | st.text(max_size=600)  # fmt: skip
ACTED_ON = re.compile(
    r"@(everyone|here|channel|all)|<[!@#a-z/]|\]\(|\]\[|```|www\.\w", re.IGNORECASE
)


@settings(max_examples=150, deadline=None)
@given(titles=st.lists(nasty, max_size=12), name=nasty, banner=nasty, earlier=nasty)
def test_whatever_the_titles_it_is_short_and_harmless(
    titles: list[str], name: str, banner: str, earlier: str
) -> None:
    """T62, for chats of any kind."""
    items = tuple(item(number, title=title) for number, title in enumerate(titles, 1))
    content = digest_content(
        section(items=items, name=name), banner=banner, changes=(change(99, title=earlier),)
    )
    made = short(content, PAGE)
    assert len(made.title) + len(made.body) <= LONGEST
    assert "\n" not in made.title
    lines = [made.title, *made.body.splitlines()]
    ours = _links(content) | {"https://doi.org/10.5555/stroma.99", f"The whole digest: {PAGE}"}
    for line in lines:
        assert line in ours or "://" not in line.replace("\u200b://", "")
        assert not ACTED_ON.search(line), ascii(line)
    assert made == short(content, PAGE)


def test_a_test_is_called_one_in_its_title() -> None:
    assert short(digest_content(test=True)).title.startswith("Test: Stromal niche 1")
    assert not short(digest_content()).title.startswith("Test")

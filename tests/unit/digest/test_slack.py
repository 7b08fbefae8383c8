"""A digest as Slack messages: what they say, where they are cut, and what cannot get into them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.digest import slack_limits, slack_votes, summary, words
from service.digest.slack import messages
from service.digest.slack_blocks import texts
from service.digest.slack_limits import problems
from service.records import Change, DigestChange, DigestItem, Flag, Identifiers, Kind
from tests.factories import digest_content, facet, item, ranked, receipt, section, work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import DigestContent

ROOM = "C0123456789"
HOSTILE = [
    "<!channel> <!here> <!everyone> <@U1> <#C1> <!subteam^S1> <!date^0^{date}|x>",
    "&amp; &lt;!channel&gt; *bold* _it_ ~gone~ `code` ```block``` | > quote",
    "> quoted",
    "<https://evil.example|click> [md](javascript:x) :tada: 1:100:1000",
    "\u200fמיקרו־סביבה של גידול \u202e drawkcab 👩\u200d🔬🧬 癌症",
    "x" * 40_000,
    "&" * 40_000,
    '"\\' * 20_000,
    "\x00\ud800\u2028\n\r\t",
    "",
]
anything = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=200))


def shown(message: dict[str, Any]) -> str:
    return "\n".join(text for block in message["blocks"] for text in texts(block))


def elements(value: Any) -> Iterator[dict[str, Any]]:
    """Everything in a message that has a type."""
    if isinstance(value, dict):
        if "type" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from elements(each)


def one(content: DigestContent, **options: Any) -> dict[str, Any]:
    (message,) = messages(content, ROOM, **options)
    assert problems(message) == []
    return message


def kinds(message: dict[str, Any]) -> list[str]:
    return [block["type"] for block in message["blocks"]]


def hostile_item(number: int, text: str) -> DigestItem:
    one = work(
        number,
        title=text,
        venue=text,
        authors=(text,) * 5,
        ids=Identifiers(doi=text or None, pmid="1", pmcid="PMC1"),
        url=text,
        pdf_url=f"https://a.example/{text}",
        published=text,
    )
    rank = ranked(
        number,
        facet=facet(text=text, kind=text),
        terms=(text,) * 9,
        sentences=(text,),
        reference=text,
        senses=(f"{text}: {text}", text),
    )
    return DigestItem(one, rank, theme=text)


# -- what is said -----------------------------------------------------------------------------------


def test_a_short_digest_is_one_sound_message() -> None:
    late = item(2, late=True, kind=Kind.PREPRINT, flags=frozenset({Flag.RETRACTED}))
    content = digest_content(
        section(item(1), late, below=(item(3, relevance=0.5),)), banner="Ranked by words only."
    )
    message = one(content)
    assert message["channel"] == ROOM
    assert message["unfurl_links"] is message["unfurl_media"] is False
    assert message["blocks"][0]["text"]["text"] == "2 papers · Week 47, 2026 (16-22 Nov)"
    text = shown(message)
    for told in (
        summary.lead(content),
        "Screened 4,212 new records from 2 sources, 0 gaps; shown 2; 1 just below the line.",
        " Ranked by words only.",
        "Tumour-associated stromal cells · 2 papers",
        "Stromal niche 1 shields tumour cells from neutrophil killing\n"
        "“Niches of fibroblasts hold neutrophils back.”\n"
        "Lindqvist Maja, Okafor Chidi … Marchetti Paolo · Journal of Stromal Biology · 18 Nov 2026"
        "\nVery likely, 83 % · Near the topic's key finding “Myofibroblastic CAFs wall off tumours and "
        "exclude neutrophils.” · Matched: CXCL12, myCAF, neutrophil\n"
        "<https://pubmed.ncbi.nlm.nih.gov/40000001/|PubMed>\n",
        "\nLate arrivals\n",
        "Retracted\n \nPreprint\n \nLate arrival\n",
        "Just below the line\nStromal niche 3 shields",
        "PubMed, 2026-11-16 to 2026-11-22: 1,204 stated",
    ):
        assert told in text, told


def test_a_work_is_its_title_and_quote_then_what_is_known_of_it_then_its_buttons() -> None:
    message = one(digest_content(section(item(1))))
    start = kinds(message).index("divider") + 2
    assert kinds(message)[start : start + 3] == ["rich_text", "context", "actions"]
    title, quote = message["blocks"][start]["elements"]
    assert title["elements"][0] == {
        "type": "link",
        "url": "https://doi.org/10.5555/stroma.1",
        "text": "Stromal niche 1 shields tumour cells from neutrophil killing",
        "style": {"bold": True},
    }
    assert quote["type"] == "rich_text_quote"
    assert slack_votes.subjects(message["blocks"]) == (("stroma", 1),)


def test_every_work_has_its_own_buttons_and_none_where_nobody_listens() -> None:
    content = digest_content(section(item(1), item(2)))
    assert slack_votes.subjects(one(content)["blocks"]) == (("stroma", 1), ("stroma", 2))
    assert "actions" not in kinds(one(content, buttons=False))


def test_a_work_without_anything_but_a_title_is_shown() -> None:
    bare = DigestItem(
        work(1, title="", authors=(), venue="", published=None, ids=Identifiers(), url=""),
        ranked(1, facet=facet(text=""), terms=(), sentences=()),
    )
    assert "(no title)\nVery likely, 83 %" in shown(one(digest_content(section(bare))))


def test_the_whole_digest_is_linked_where_it_has_a_page() -> None:
    message = one(digest_content(), page="https://litwatch.example.org/d/x?a=1&b=2")
    link = "<https://litwatch.example.org/d/x?a=1&amp;b=2|Read it all on one page>"
    assert link in shown(message)
    assert link in message["text"]
    assert "one page" not in shown(one(digest_content()))


def test_works_stand_on_shelves_the_late_ones_last() -> None:
    items = (
        replace(item(1), theme="collagen, stiffness"),
        item(2, late=True),
        item(3),
        replace(item(4), theme="collagen, stiffness"),
    )
    text = shown(one(digest_content(section(*items))))
    places = [text.rindex(f"niche {number} ") for number in (1, 4, 3, 2)]
    headings = [
        text.rindex(f"\n{told}\n") for told in ("collagen, stiffness", "Others", "Late arrivals")
    ]
    order = [headings[0], places[0], places[1], headings[1], places[2], headings[2], places[3]]
    assert order == sorted(order)


def test_the_contents_name_topics_and_shelves_where_there_are_several() -> None:
    other = section(item(5), topic="tan", name="Neutrophils")
    text = shown(one(digest_content(section(replace(item(1), theme="collagen"), item(2)), other)))
    assert (
        "In this digest\nTumour-associated stromal cells\n · 2 papers: collagen (1); Others (1)\n"
        "Neutrophils\n · 1 paper\n" in text
    )
    assert "In this digest" not in shown(one(digest_content()))


def test_news_of_earlier_works_come_before_the_works_the_alarming_with_a_sign() -> None:
    changes = (
        DigestChange(work(7, venue="Gut"), Change.PUBLISHED, "stroma", "Europe/Berlin:2026-W45"),
        DigestChange(work(8), Change.CORRECTED, "stroma", "Europe/Berlin:2026-W44"),
        DigestChange(work(9), Change.RETRACTED, "stroma", "Europe/Berlin:2026-W41"),
    )
    message = one(digest_content(changes=changes))
    text = shown(message)
    told = [
        "Corrections to earlier digests\n",
        "niche 9 shields tumour cells from neutrophil killing\n · Retracted; shown in week 41",
        "niche 8 shields tumour cells from neutrophil killing\n · Corrected; shown in week 44",
        "Now published\n",
        "niche 7 shields tumour cells from neutrophil killing\n · Published in Gut",
        "Tumour-associated stromal cells · 1 paper",
    ]
    places = [text.index(each) for each in told]
    assert places == sorted(places)
    signs = [e for e in elements(message) if e == {"type": "emoji", "name": "warning"}]
    assert len(signs) == 1, "one for the retraction, none for the others"
    assert "Retracted; shown in week 41" in message["text"]


def test_a_hundred_changes_are_all_told() -> None:
    changes = tuple(
        DigestChange(work(n), Change.CORRECTED, "stroma", "2026-W41") for n in range(1000, 1100)
    )
    parts = messages(digest_content(changes=changes), ROOM)
    assert [problems(part) for part in parts] == [[]] * len(parts)
    text = "\n".join(map(shown, parts))
    assert all(text.count(f"niche {change.work.id} ") == 1 for change in changes)
    assert text.count("Corrections to earlier digests") == 1


def test_a_test_says_so_first() -> None:
    message = one(digest_content(test=True))
    assert message["text"].startswith("Test: ")
    assert message["blocks"][0]["text"]["text"].startswith("Test: 1 paper")
    assert "count as not sent" in shown(message)


def test_a_quiet_week_is_short_and_says_why() -> None:
    message = one(digest_content(section(items=()), cutoffs={"stroma": 0.55}))
    assert "Nothing this week" in shown(message)
    assert "Nothing this week" in message["text"]
    assert len(message["blocks"]) <= 7
    assert "actions" not in kinds(message)


def test_similar_works_stand_in_one_line_each_under_their_lead() -> None:
    gone = item(2, venue="Gut", flags=frozenset({Flag.RETRACTED}))
    lead = replace(item(1), similar=(gone, item(3, venue="")))
    texts_in_order = [
        text
        for block in one(digest_content(section(lead, item(4))))["blocks"]
        for text in texts(block)
    ]
    place = texts_in_order.index(next(t for t in texts_in_order if t.startswith("+2 similar")))
    assert texts_in_order[place].splitlines() == [
        "+2 similar",
        "• <https://doi.org/10.5555/stroma.2|Stromal niche 2 shields tumour cells from neutrophil"
        " killing> · Gut · Retracted",
        "• <https://doi.org/10.5555/stroma.3|Stromal niche 3 shields tumour cells from neutrophil"
        " killing>",
    ]
    assert texts_in_order[place + 1] == "Relevant", "the buttons are the lead's"


@pytest.mark.parametrize(("count", "last"), [(5, "stroma.5|"), (6, "• and 1 more")])
def test_of_many_similar_works_five_are_named(count: int, last: str) -> None:
    lead = replace(item(100), similar=tuple(item(n) for n in range(1, count + 1)))
    message = one(digest_content(section(lead)))
    lines = shown(message).partition(f"+{count} similar\n")[2].splitlines()
    assert last in lines[min(count, 6) - 1]
    assert sum(f"stroma.{n}|" in shown(message) for n in range(1, count + 1)) == 5


def test_similar_works_with_endless_titles_and_addresses_keep_to_one_block() -> None:
    long = [item(n, ids=Identifiers(), url="https://a.example/" + "a" * 900) for n in range(4)]
    assert "• and 3 more" in shown(
        one(digest_content(section(replace(item(9), similar=tuple(long)))))
    )


# -- the text alone ---------------------------------------------------------------------------------


def test_the_text_alone_holds_what_matters() -> None:
    """T58. It is all that is posted when Slack refuses the blocks."""
    late = item(2, late=True, kind=Kind.PREPRINT)
    content = digest_content(section(item(1), late, below=(item(3, relevance=0.5),)))
    assert one(content)["text"].splitlines() == [
        "2 papers on Tumour-associated stromal cells.",
        summary.lead(content),
        "Screened 4,212 new records from 2 sources, 0 gaps; shown 2; 1 just below the line.",
        "*Tumour-associated stromal cells*",
        "• <https://doi.org/10.5555/stroma.1|Stromal niche 1 shields tumour cells from neutrophil"
        " killing> · Very likely, 83 %",
        "• <https://doi.org/10.5555/stroma.2|Stromal niche 2 shields tumour cells from neutrophil"
        " killing> · Preprint · Late arrival · Very likely, 83 %",
        "*Just below the line*",
        "• Stromal niche 3 shields tumour cells from neutrophil killing · 50 %",
        "PubMed, 2026-11-16 to 2026-11-22: 1,204 stated, 1,204 fetched, 980 new, no gaps",
        "bioRxiv, 2026-11-16 to 2026-11-22: total not stated, 310 fetched, 305 new, no gaps",
        "Ranked by all-MiniLM-L6-v2@0.1.0; stroma: line at 55 % relevance (the default)",
    ]


def test_each_message_tells_the_works_that_it_shows_and_no_others() -> None:
    for part in messages(digest_content(section(*[item(n) for n in range(1, 41)])), ROOM):
        for number in range(1, 41):
            in_blocks = any(
                element.get("url") == f"https://doi.org/10.5555/stroma.{number}"
                for element in elements(part["blocks"])
            )
            assert in_blocks == (f"stroma.{number}|" in part["text"])


# -- where it is cut --------------------------------------------------------------------------------


def test_what_does_not_fit_goes_into_the_thread_and_nothing_is_lost_or_torn() -> None:
    items = [item(n) for n in range(1, 61)]
    below = tuple(item(n, relevance=0.01) for n in range(100, 140))
    parts = messages(digest_content(section(*items, below=below)), ROOM)
    assert len(parts) > 1
    assert [problems(part) for part in parts] == [[]] * len(parts)
    linked = [e["url"] for part in parts for e in elements(part["blocks"]) if e["type"] == "link"]
    assert linked == [
        f"https://doi.org/10.5555/stroma.{number}" for number in (*range(1, 61), *range(100, 140))
    ]
    voted = [each for part in parts for each in slack_votes.subjects(part["blocks"])]
    assert voted == [("stroma", number) for number in range(1, 61)]
    everything = "\n".join(shown(part) for part in parts)
    assert everything.count("Tumour-associated stromal cells · 60 papers") == 1
    for part in parts:
        shape = " ".join(kinds(part))
        assert shape.count("rich_text context actions") == shape.count("actions")


def test_the_first_message_says_what_is_in_the_thread_and_each_reply_what_it_goes_on_with() -> None:
    other = section(*[item(n) for n in range(40, 60)], topic="tan", name="Neutrophils")
    parts = messages(digest_content(section(*[item(n) for n in range(1, 21)]), other), ROOM)
    first = len(slack_votes.subjects(parts[0]["blocks"]))
    more = f"In the thread: {40 - first} more papers and what was screened."
    assert texts(parts[0]["blocks"][-1]) == [more]
    assert parts[0]["text"].endswith(more)
    heads = [texts(part["blocks"][0])[0] for part in parts[1:]]
    assert heads[0] == f"Tumour-associated stromal cells, continued · part 2 of {len(parts)}"
    assert f"Neutrophils, continued · part {len(parts) - 1} of {len(parts)}" in heads
    for head, part in zip(heads, parts[1:], strict=True):
        assert part["text"].startswith(head)
        begins_anew = kinds(part)[1] == "divider"
        assert ("continued" in head) != begins_anew


def test_messages_are_filled_not_scattered() -> None:
    parts = messages(digest_content(section(*[item(n) for n in range(1, 16)])), ROOM)
    assert len(parts) == 3, "fifteen ordinary works"


def test_each_part_carries_its_own_delivery_in_its_metadata() -> None:
    parts = messages(digest_content(section(*[item(n) for n in range(60)])), ROOM)
    payloads = [part["metadata"]["event_payload"] for part in parts]
    assert [payload["part"] for payload in payloads] == list(range(1, len(parts) + 1))
    assert len({payload["delivery_id"] for payload in payloads}) == len(parts)
    assert {part["metadata"]["event_type"] for part in parts} == {"literature_digest"}


# -- what cannot get in -----------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.lists(anything, min_size=1, max_size=4), anything)
@example(HOSTILE, HOSTILE[0])
@example(["&" * 40_000] * 12, "&" * 40_000)
@example(['"' * 40_000] * 12, '"' * 40_000)
def test_no_title_can_break_a_message_or_mention_anyone(titles: list[str], other: str) -> None:
    """T62."""
    plain = tuple(hostile_item(n, title) for n, title in enumerate(titles))
    items = tuple(replace(one, similar=plain) for one in plain)
    changes = tuple(
        DigestChange(one.work, change, other, other) for one in plain for change in Change
    )
    content = digest_content(
        section(*items, name=other, topic=other, below=items),
        section(*items),
        banner=other,
        label=other or "label",
        encoder=other,
        cutoffs={other: 0.5},
        aims={other: other},
        changes=changes,
        receipts=(receipt(other, window=other, gaps=(other,) * 5),) * 30,
        test=True,
    )
    for message in messages(content, ROOM, page="https://a.example/d"):
        assert problems(message) == []
        json.dumps(message, ensure_ascii=False).encode()
        assert mentions(message) == []


_LINK = re.compile(r"<https?://[^<>|\s]+\|[^<>|]*>")


def mentions(message: dict[str, Any]) -> list[object]:
    """Whatever Slack would not show as the letters that it is, by a reading of its own."""
    marked = [e["text"] for e in elements(message["blocks"]) if e["type"] == "mrkdwn"]
    found: list[object] = [
        t for t in (*marked, message["text"]) if re.search("[<>]", _LINK.sub("", t))
    ]
    allowed = {"text", "link", "emoji", "mrkdwn", "plain_text", "button", "header", "section"}
    allowed |= {"context", "actions", "divider", "rich_text", "rich_text_section"}
    allowed |= {"rich_text_list", "rich_text_quote"}
    return found + [e for e in elements(message["blocks"]) if e["type"] not in allowed]


@pytest.mark.parametrize("kind", ["user", "usergroup", "broadcast", "channel"])
def test_a_mention_in_rich_text_would_be_seen(kind: str) -> None:
    block = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": kind}]}],
    }
    assert mentions({"text": "", "blocks": [block]})
    assert any(
        "mention" in trouble for trouble in problems(one(digest_content()) | {"blocks": [block]})
    )


@given(st.text(max_size=250))
def test_a_title_is_shown_letter_for_letter(title: str) -> None:
    """T62: nothing in it is replaced or escaped, as nothing in rich text is markup."""
    message = one(digest_content(section(item(1, title=title))))
    links = [e["text"] for e in elements(message["blocks"]) if e["type"] == "link"]
    assert links == [words.title(work(1, title=title), 300)]


def test_the_first_message_of_the_longest_opening_keeps_within_the_limits() -> None:
    content = digest_content(label='"' * 300, banner='"' * 900, subscription='"' * 300)
    for message in messages(content, ROOM, page="https://a.example/" + "a" * 900):
        assert problems(message) == []
        assert slack_limits.size(message) <= slack_limits.JSON_IN_ALL

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.digest.slack import messages
from service.digest.slack_limits import problems, texts
from service.records import DigestItem, Flag, Identifiers, Kind
from tests.factories import digest_content, facet, item, ranked, receipt, section, work

HOSTILE = [
    "<!channel> <!here> <!everyone> <@U1> <#C1> <!subteam^S1>",
    "&amp; &lt;!channel&gt; *bold* _it_ ~gone~ `code` ```block``` | > quote",
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


def hostile_item(number: int, text: str) -> DigestItem:
    one = work(
        number,
        title=text,
        venue=text,
        authors=(text,) * 5,
        ids=Identifiers(doi=text or None),
        url=text,
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
    return DigestItem(one, rank)


def test_a_short_digest_is_one_sound_message() -> None:
    late = item(2, late=True, kind=Kind.PREPRINT, flags=frozenset({Flag.RETRACTED}))
    content = digest_content(
        section(item(1), late, below=(item(3, relevance=0.5),)), banner="Ranked by words only."
    )
    (message,) = messages(content, "C0123456789")
    assert problems(message) == []
    assert message["channel"] == "C0123456789"
    assert message["unfurl_links"] is message["unfurl_media"] is False
    assert message["blocks"][0]["text"]["text"] == "2 papers · Week 47, 2026 (16-22 Nov)"
    text = shown(message)
    for told in (
        "Screened 4,212 new records from 2 sources, 0 gaps; shown 2; 1 just below the line.",
        ":warning: Ranked by words only.",
        "*Tumour-associated stromal cells*  (2 papers)",
        "*<https://doi.org/10.5555/stroma.1|Stromal niche 1 shields tumour cells from neutrophil"
        " killing>*\n> “Niches of fibroblasts hold neutrophils back.”",
        "Lindqvist Maja, Okafor Chidi … Marchetti Paolo · Journal of Stromal Biology · 18 Nov 2026",
        "Very likely, 83 % · near the key finding “Myofibroblastic CAFs",
        "`Retracted`  `Preprint`  `Late arrival`",
        "*Just below the line*\n• <https://doi.org/10.5555/stroma.3|",
        "PubMed, 2026-11-16 to 2026-11-22: 1,204 stated",
    ):
        assert told in text, told
    assert "• Stromal niche 1" in message["text"]


def test_similar_works_stand_in_one_line_each_under_their_lead() -> None:
    gone = item(2, venue="Gut", flags=frozenset({Flag.RETRACTED}))
    lead = replace(item(1), similar=(gone, item(3, venue="")))
    (message,) = messages(digest_content(section(lead, item(4))), "C0123456789")
    assert problems(message) == []
    texts_in_order = [text for block in message["blocks"] for text in texts(block)]
    place = next(n for n, text in enumerate(texts_in_order) if "stroma.1|" in text)
    assert texts_in_order[place + 2].splitlines() == [
        "+2 similar",
        "• <https://doi.org/10.5555/stroma.2|Stromal niche 2 shields tumour cells from neutrophil"
        " killing> · Gut · Retracted",
        "• <https://doi.org/10.5555/stroma.3|Stromal niche 3 shields tumour cells from neutrophil"
        " killing>",
    ]


@pytest.mark.parametrize(("count", "last"), [(5, "stroma.5|"), (6, "• and 1 more")])
def test_of_many_similar_works_five_are_named(count: int, last: str) -> None:
    lead = replace(item(100), similar=tuple(item(n) for n in range(1, count + 1)))
    (message,) = messages(digest_content(section(lead)), "C0123456789")
    lines = shown(message).partition(f"+{count} similar\n")[2].splitlines()
    assert last in lines[min(count, 6) - 1]
    assert sum(f"stroma.{n}|" in shown(message) for n in range(1, count + 1)) == 5


def test_similar_works_with_endless_titles_and_addresses_keep_to_one_block() -> None:
    long = [item(n, ids=Identifiers(), url="https://a.example/" + "a" * 900) for n in range(4)]
    lead = replace(item(9), similar=tuple(long))
    (message,) = messages(digest_content(section(lead)), "C0123456789")
    assert problems(message) == []
    assert "• and 3 more" in shown(message)


def test_a_quiet_week_says_so() -> None:
    (message,) = messages(digest_content(section(items=())), "C0123456789")
    assert problems(message) == []
    assert "Nothing this week" in shown(message)


def test_what_does_not_fit_goes_into_the_thread_and_nothing_is_lost_or_torn() -> None:
    items = [item(n) for n in range(1, 61)]
    content = digest_content(
        section(*items, below=tuple(item(n, relevance=0.01) for n in range(100, 140)))
    )
    parts = messages(content, "C0123456789")
    assert len(parts) > 1
    assert [problems(part) for part in parts] == [[]] * len(parts)
    for number in [*range(1, 61), *range(100, 140)]:
        assert sum(f"stroma.{number}|" in shown(part) for part in parts) == 1
    everything = "\n".join(shown(part) for part in parts)
    assert everything.count("*Tumour-associated stromal cells*") == 1
    for part in parts:
        blocks = part["blocks"]
        for place, block in enumerate(blocks):
            if "stroma." in json.dumps(block) and "below the line" not in json.dumps(block):
                assert blocks[place + 1]["type"] == "context", "a work keeps its authors"
    assert f"continued (2 of {len(parts)})" in shown(parts[1])


def test_each_part_carries_its_own_delivery_in_its_metadata() -> None:
    parts = messages(digest_content(section(*[item(n) for n in range(60)])), "C0123456789")
    payloads = [part["metadata"]["event_payload"] for part in parts]
    assert [payload["part"] for payload in payloads] == list(range(1, len(parts) + 1))
    assert len({payload["delivery_id"] for payload in payloads}) == len(parts)
    assert {part["metadata"]["event_type"] for part in parts} == {"literature_digest"}


@settings(deadline=None, max_examples=60)
@given(st.lists(anything, min_size=1, max_size=4), anything)
@example(HOSTILE, HOSTILE[0])
@example(["&" * 40_000] * 12, "&" * 40_000)
def test_no_title_can_break_a_message_or_mention_anyone(titles: list[str], other: str) -> None:
    plain = tuple(hostile_item(n, title) for n, title in enumerate(titles))
    items = tuple(replace(one, similar=plain) for one in plain)
    content = digest_content(
        section(*items, name=other, topic=other, below=items),
        banner=other,
        label=other or "label",
        encoder=other,
        cutoffs={other: 0.5},
        aims={other: other},
        receipts=(receipt(other, window=other, gaps=(other,) * 5),) * 30,
    )
    for message in messages(content, "C0123456789"):
        assert problems(message) == []
        json.dumps(message, ensure_ascii=False).encode()


# -- the check of whole messages --------------------------------------------------------------------


def sound() -> dict[str, Any]:
    return messages(digest_content(), "C0123456789")[0]


def section_block(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"blocks": []}, "0 blocks"),
        ({"blocks": [{"type": "divider"}] * 51}, "51 blocks"),
        ({"blocks": [{"type": "divider", "block_id": "a"}] * 2}, "occurs twice"),
        ({"blocks": [{"type": "divider", "block_id": "a" * 256}]}, "block_id is too long"),
        ({"blocks": [{"type": "table"}]}, "unknown block type"),
        ({"blocks": [section_block("a" * 3001)]}, "3001 characters"),
        ({"blocks": [section_block(" ")]}, "1 characters, not 1 to"),
        ({"blocks": [{"type": "section"}]}, "without text"),
        ({"blocks": [section_block("a" * 2900)] * 4}, "11600 characters of text"),
        ({"blocks": [section_block('"' * 2900)] * 3}, "JSON in all"),
        ({"blocks": [section_block("hi <!channel>")]}, "raw mention"),
        ({"blocks": [section_block("hi <@U1>")]}, "raw mention"),
        ({"blocks": [section_block("<javascript:x|y>")]}, "raw mention"),
        ({"blocks": [section_block("a > b")]}, "raw mention"),
        ({"blocks": [{"type": "context", "elements": []}]}, "1 to 10 elements"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}]}, "plain_text"),
        ({"text": ""}, "fallback text has 0"),
        ({"text": "a" * 4001}, "fallback text has 4001"),
        ({"text": "<!here>"}, "raw mention"),
        ({"link_names": True}, "link_names"),
        ({"parse": "full"}, "parse"),
    ],
)
def test_each_fault_of_a_message_is_found(change: dict[str, Any], told: str) -> None:
    assert problems(sound()) == []
    assert any(told in trouble for trouble in problems(sound() | change)), problems(
        sound() | change
    )

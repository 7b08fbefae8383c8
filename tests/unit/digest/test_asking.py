"""What a digest asks of its readers: to judge works below the line, and five of them once a month."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import html
from pydantic import TypeAdapter

from service.capabilities import Capabilities
from service.digest import summary
from service.digest.atom import entry
from service.digest.email import Letterhead
from service.digest.page import MAIL_BYTES, render_html
from service.digest.render import AtomRenderer, EmailRenderer, FileRenderer, SlackRenderer
from service.digest.slack import messages
from service.digest.slack_limits import problems
from service.digest.terminal import render_text
from service.records import DigestContent, DigestSection
from service.records.digests import Asks
from tests.factories import digest_content, item, section
from tests.fakes_links import NO_LINKS, FakeLinks

ANA = "ana@example.org"
SENTENCE = "A vote here teaches the ranking most."
OURS = Capabilities("https://litwatch.example.org", ("k" * 32,))


def asking(asks: Asks, *numbers: int, **changes: Any) -> DigestContent:
    """One work in full, and these below it."""
    below = tuple(item(number, relevance=0.5) for number in numbers or (5, 6, 7, 8, 9))
    return digest_content(section(item(1), below=below, asks=asks), **changes)


def page(content: DigestContent, links: Any = FakeLinks(), *, for_mail: bool = True) -> str:  # noqa: B008 (frozen)
    return render_html(content, for_mail=for_mail, links=links, reader=ANA)


def text(content: DigestContent, links: Any = FakeLinks()) -> str:  # noqa: B008 (frozen)
    return render_text(content, links=links, reader=ANA)


def judged(shown: str) -> list[str]:
    """Addresses of the links that judge one work below the line."""
    found: list[str] = html.document_fromstring(shown).xpath("//li/a[.='judge it']/@href")
    return found


def read(shown: str) -> str:
    return " ".join(html.document_fromstring(shown).text_content().split())


def address(content: DigestContent, number: int) -> str:
    return FakeLinks().feedback(content, ANA, "stroma", number)


# -- works below the line can be judged -----------------------------------------------------------


@pytest.mark.parametrize("for_mail", [True, False])
@pytest.mark.parametrize("asks", [Asks.VOTES, Asks.DOUBTS])
def test_each_title_below_the_line_leads_to_its_own_vote(asks: Asks, *, for_mail: bool) -> None:
    content = asking(asks, 5, 6)
    shown = page(content, for_mail=for_mail)
    assert judged(shown) == [address(content, 5), address(content, 6)]
    assert "Journal of Stromal Biology · 50 % · judge it" in read(shown)


def test_in_text_the_vote_is_a_line_under_the_title() -> None:
    content = asking(Asks.VOTES, 5)
    told = (
        "Just below the line:\n"
        "  - Stromal niche 5 shields tumour cells from neutrophil killing (50 %)\n"
        "    https://doi.org/10.5555/stroma.5\n"
        f"    Judge it: {address(content, 5)}\n"
    )
    assert told in text(content)


@pytest.mark.parametrize("links", [None, NO_LINKS, FakeLinks(base="javascript:alert(1)//")])
@pytest.mark.parametrize("asks", [Asks.VOTES, Asks.DOUBTS])
def test_without_pages_nothing_can_be_judged_and_nothing_is_asked(links: Any, asks: Asks) -> None:
    for shown in (page(asking(asks), links), text(asking(asks), links)):
        assert "judge it" not in shown.lower()
        assert SENTENCE not in shown
        assert "javascript" not in shown


@pytest.mark.parametrize(
    ("destination", "count"), [(ANA, 5), ("stroma.html", 0), ("stroma.txt", 0)]
)
def test_only_a_reader_with_an_address_can_judge(destination: str, count: int) -> None:
    """Who else reads a file would vote for all."""
    [part] = FileRenderer(OURS).render(asking(Asks.DOUBTS), destination)
    assert part.payload.decode().count("/f/") == count + (3 if count else 0)


def test_the_link_opens_the_vote_on_that_work() -> None:
    content = asking(Asks.VOTES, 5)
    [url] = judged(page(content, OURS))
    given = OURS.read_feedback(url.rpartition("/")[2], content.created_at)
    assert (given.reader, given.topic, given.work_id) == (ANA, "stroma", 5)


def test_a_search_asks_for_nothing() -> None:
    """A vote is for a topic."""
    found = replace(section(item(1), below=(item(2),)), topic="search:nets", query="nets")
    for asks in Asks:
        content = digest_content(replace(found, asks=asks))
        assert judged(page(content)) == []
        assert "Judge it" not in text(content)


# -- five we were unsure about --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "heading"), [(1, "One"), (4, "Four"), (5, "Five"), (12, "12"), (1200, "1,200")]
)
def test_the_heading_counts_what_stands_under_it(count: int, heading: str) -> None:
    part = replace(section(asks=Asks.DOUBTS), below=(item(2),) * count)
    assert summary.below_heading(part, {"stroma": 0.9}) == f"{heading} we were unsure about"
    assert summary.below_heading(part, {"stroma": 0.1}) == f"{heading} we were unsure about"


def test_every_channel_has_the_heading_and_says_why_where_a_vote_can_be_given() -> None:
    content = asking(Asks.DOUBTS)
    for shown in (read(page(content)), text(content)):
        heading, _, rest = shown.partition("Five we were unsure about")
        assert SENTENCE in rest[: len(SENTENCE) + 2]
        assert rest.count(SENTENCE) == 1
        assert SENTENCE not in heading
    assert "Just below" not in page(content) + text(content)
    [message] = messages(content, "C0123456789")
    slack = json.dumps(message, ensure_ascii=False)
    assert slack.count("Five we were unsure about") == 2, "in the blocks and in the fallback text"
    feed = entry(content, "0b5c9f0e").decode()
    assert feed.count("Five we were unsure about") == 1
    for nobody in (slack, feed):
        assert SENTENCE not in nobody
        assert "judge" not in nobody.lower()


def test_other_weeks_keep_their_heading_and_explain_nothing() -> None:
    content = asking(Asks.VOTES)
    for shown in (page(content), text(content)):
        assert "Just below the line" in shown
        assert SENTENCE not in shown
        assert "unsure" not in shown


def test_asking_takes_no_more_room_in_slack() -> None:
    bare, full = (messages(asking(asks), "C0123456789") for asks in (Asks.NOTHING, Asks.DOUBTS))
    assert [len(part["blocks"]) for part in bare] == [len(part["blocks"]) for part in full]
    assert [problems(part) for part in full] == [[]] * len(full)


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ((), "shown 1; 5 we were unsure about."),
        ((2,), "shown 2; 5 we were unsure about; 1 just below the line."),
        ((2, 3), "shown 2; 5 we were unsure about; 2 just below the line."),
    ],
)
def test_the_receipt_counts_the_doubts_apart(others: tuple[int, ...], told: str) -> None:
    content = asking(Asks.DOUBTS)
    if others:
        below = tuple(item(number, relevance=0.5) for number in others)
        part = section(item(11), below=below, topic="tan", asks=Asks.VOTES)
        content = replace(content, sections=(*content.sections, part))
    assert summary.receipt_line(content).endswith(told)


def test_doubts_are_not_shown_as_works_in_full() -> None:
    content = asking(Asks.DOUBTS)
    assert content.shown == 1
    assert [one.work.id for one in content.sections[0].sent] == [1]


# -- digests that were frozen before --------------------------------------------------------------

HEAD = Letterhead("Litwatch <litwatch@example.org>", "example.org")
CHANNELS = (
    (EmailRenderer(HEAD, OURS), ANA),
    (FileRenderer(OURS), ANA),
    (SlackRenderer(OURS), "C0123456789"),
    (AtomRenderer(OURS), "topics"),
)


def test_an_old_digest_is_read_as_one_that_asks_for_nothing() -> None:
    stored = TypeAdapter(DigestContent)
    frozen = stored.dump_python(asking(Asks.DOUBTS), mode="json")
    assert stored.validate_python(frozen) == asking(Asks.DOUBTS)
    assert frozen["sections"][0].pop("asks") == "doubts"
    assert stored.validate_python(frozen) == asking(Asks.NOTHING)
    assert DigestSection("stroma", "Stroma", ()).asks is Asks.NOTHING


def test_an_old_digest_has_no_trace_of_it() -> None:
    """Else its bytes would not be those that were sent: neither link, nor sentence, nor style."""
    content = asking(Asks.NOTHING)
    shown = page(content)
    assert ".judge" not in shown
    assert ".note" not in shown
    assert "judge" in page(asking(Asks.VOTES))
    assert len(re.findall(r"/f/", shown)) == 3, "of the work in full"
    below = text(content).partition("Just below the line:\n")[2].splitlines()
    assert below[:3] == [
        "  - Stromal niche 5 shields tumour cells from neutrophil killing (50 %)",
        "    https://doi.org/10.5555/stroma.5",
        "  - Stromal niche 6 shields tumour cells from neutrophil killing (50 %)",
    ]
    [line] = html.document_fromstring(shown).xpath("//li[contains(., 'niche 5')]")
    assert html.tostring(line, encoding="unicode").endswith(
        "<br><bdi>Journal of Stromal Biology</bdi> · 50 %\n</li>\n"
    )


@pytest.mark.parametrize("asks", list(Asks))
def test_the_same_digest_gives_the_same_bytes(asks: Asks) -> None:
    content, stored = asking(asks), TypeAdapter(DigestContent)
    thawed = stored.validate_python(stored.dump_python(content, mode="json"))
    for renderer, destination in CHANNELS:
        assert renderer.render(content, destination) == renderer.render(thawed, destination)


# -- the size of a mail ---------------------------------------------------------------------------


def crowded(works: int, topics: int, pad: int, asks: Asks = Asks.DOUBTS) -> tuple[str, int]:
    """A mail of so many topics with five below each, and its length."""
    below = tuple(item(number, relevance=0.5) for number in range(900, 905))
    parts = [
        section(*(item(n) for n in range(works)), below=below, topic=f"t{at}", asks=asks)
        for at in range(topics)
    ]
    shown = page(digest_content(*parts), FakeLinks(pad=pad))
    return shown, len(shown.replace("\n", "\r\n").encode())


def test_the_links_below_the_line_go_before_its_titles_do() -> None:
    """And after the quotes; whoever wants to vote reads the whole digest."""
    seen = set()
    for works in range(1, 60, 3):
        shown, length = crowded(works, 2, 150)
        assert length < MAIL_BYTES
        links, titles = len(judged(shown)), read(shown).count("niche 90")
        assert (links, titles) in {(10, 10), (0, 10), (0, 0)}
        assert (SENTENCE in shown) == bool(links)
        seen.add((links, titles))
    assert seen == {(10, 10), (0, 10), (0, 0)}


@pytest.mark.parametrize(("works", "topics"), [(0, 60), (1, 25), (8, 12), (150, 2)])
@pytest.mark.parametrize("pad", [150, 900])
def test_no_mail_that_asks_is_ever_too_long(works: int, topics: int, pad: int) -> None:
    """T74."""
    assert crowded(works, topics, pad)[1] < MAIL_BYTES

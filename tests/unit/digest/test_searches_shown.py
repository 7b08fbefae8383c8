"""A saved search in a digest: told by what it found, never by a relevance that nobody measured."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from service.digest import compose, summary, words
from service.digest.atom import entry
from service.digest.layout import shelves
from service.digest.page import render_html
from service.digest.render import SlackRenderer
from service.digest.short import short
from service.digest.slack import messages
from service.digest.slack_votes import subjects
from service.digest.terminal import render_text
from service.records import DigestContent, DigestItem, DigestSection, Facet, RankedWork
from service.slackapp import home
from tests.factories import NOW, digest_content, item, section, work
from tests.fakes_links import FakeLinks

QUERY = '("extracellular traps" OR NETosis) pdac'


def hit(number: int = 11, *terms: str, sentence: str = "", **changes: Any) -> DigestItem:
    """A work that the search "nets" found."""
    title = changes.pop("title", f"Traps of kind {number}")
    found = RankedWork(
        number, "search:nets", -1.0, Facet("", "", ""), terms=terms,
        sentences=(sentence,) if sentence else (),
    )  # fmt: skip
    return DigestItem(work(number, title=title, **changes), found)


def search(*items: DigestItem, **changes: Any) -> DigestSection:
    values: dict[str, Any] = {"query": QUERY, "found": len(items)}
    name = compose.search_name("nets")
    return DigestSection("search:nets", name, items, **(values | changes))


def alone(*sections: DigestSection, **changes: Any) -> DigestContent:
    """A digest of searches, and no topic."""
    return digest_content(*sections, **({"cutoffs": {}, "aims": {}, "encoder": ""} | changes))


def flat(text: str) -> str:
    return " ".join(text.split())


def everywhere(content: DigestContent) -> dict[str, str]:
    """What each channel shows."""
    html = render_html(content, for_mail=True)
    return {
        "text": flat(render_text(content)),
        "mail": flat(re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)),
        "slack": json.dumps(messages(content, "C0123456789"), ensure_ascii=False),
        "atom": flat(entry(content, "0b5c9f0e").decode()),
        "short": flat(short(content).title + short(content).body),
    }


# -- a work -----------------------------------------------------------------------------------------


def test_a_work_says_by_which_search_it_was_found_and_by_what() -> None:
    found = hit(11, "NETosis", "Okafor (author)").ranked
    told = "Found by your search “nets”: NETosis, Okafor (author)"
    assert words.relevance_line(found, {}) == told
    assert words.relevance_line(hit(11).ranked, {}) == "Found by your search “nets”"
    assert words.reasons(hit(11, "NETosis")) == ()


def test_every_channel_says_it() -> None:
    content = alone(search(hit(11, "NETosis", sentence="NETosis feeds PDAC.")))
    for channel, shown in everywhere(content).items():
        assert "Found by your search “nets”: NETosis" in shown, channel
        assert "Search “nets”" in shown or channel == "short", channel
        assert "NETosis feeds PDAC." in shown or channel == "short", channel


def test_no_channel_says_a_relevance() -> None:
    shown = hit(11, "NETosis")
    content = alone(search(shown, below=(hit(12),)))
    for channel, told in everywhere(content).items():
        assert not re.search(r"\d %|0\.00|-1\.0|[Rr]elevan|likely|Under the line|[●○]", told), (
            channel
        )


def test_a_name_from_the_configuration_is_told_as_it_is_however_long() -> None:
    shown = replace(hit(11).ranked, topic=f"search:{'n' * 64}")
    assert words.relevance(shown, {}) == f"Found by your search “{'n' * 64}”"


def test_the_quoted_sentence_is_the_passage_that_answers() -> None:
    assert "> “NETosis feeds PDAC.”" in render_text(
        alone(search(hit(11, "NETosis", sentence="NETosis feeds PDAC.")))
    )


# -- votes ------------------------------------------------------------------------------------------


def test_only_works_of_topics_can_be_voted_on() -> None:
    """A vote is a vote for a topic; a search has none."""
    content = digest_content(section(item(1)), search(hit(11)))
    [message] = messages(content, "C0123456789")
    assert subjects(message["blocks"]) == (("stroma", 1),)
    page = render_html(content, for_mail=True, links=FakeLinks(), reader="ida@example.org")
    assert page.count("Not relevant") == 1


def test_a_digest_of_searches_alone_offers_no_votes() -> None:
    text = render_text(alone(search(hit(11))), links=FakeLinks(), reader="ida@example.org")
    assert "vote" not in text
    assert "Read it on the web: https://" in text
    both = render_text(
        digest_content(section(item(1)), search(hit(11))), links=FakeLinks(), reader="x"
    )
    assert "To vote or save, open it on the web: https://" in both


# -- the section ------------------------------------------------------------------------------------


def test_a_section_counts_its_works_and_those_of_other_sections() -> None:
    assert summary.count(search(hit(11))) == "1 paper"
    assert summary.count(search(hit(11), hit(12), elsewhere=1)) == (
        "2 papers, 1 more in other sections"
    )
    assert summary.count(search()) == "nothing"


def test_what_a_full_digest_leaves_out_is_next_in_line() -> None:
    part = search(hit(11), below=(hit(12, title="Left out"),))
    assert summary.below_heading(part, {}).startswith("Next in line")
    for channel, told in everywhere(alone(part)).items():
        assert "Left out" in told or channel == "short", channel
    assert "  - Left out\n" in render_text(alone(part))
    assert "shown 1; 1 next in line." in summary.receipt_line(alone(part))


def test_late_arrivals_stand_apart_as_in_a_topic() -> None:
    part = search(hit(11), replace(hit(12), late=True))
    assert [shelf.heading for shelf in shelves(part)] == ["", "Late arrivals"]


def test_what_was_asked_and_found_is_told_at_the_end() -> None:
    part = search(hit(11), found=3, elsewhere=2)
    told = f"Search “nets”: 3 new, 2 of them in other sections; it asks for {QUERY}"
    assert summary.search_line(part) == told
    assert summary.search_line(search()) == f"Search “nets”: nothing new; it asks for {QUERY}"
    for channel, shown in everywhere(digest_content(section(), part)).items():
        if channel != "short":
            plain = shown.replace("&quot;", '"').replace("&#34;", '"').replace("&amp;#34;", '"')
            assert told.replace('"', '\\"' if channel == "slack" else '"') in plain, channel


def test_many_searches_leave_a_mail_room_for_its_end() -> None:
    parts = [replace(search(), topic=f"search:s{n}", query="q" * 500) for n in range(300)]
    page = render_html(alone(*parts), for_mail=True)
    assert len(page.encode()) < 95_000
    assert "more of your searches" in page
    assert "What was screened" in page


# -- the digest -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ((search(hit(11)),), "1 paper from your search “nets”"),
        ((search(hit(11)), replace(search(), topic="search:caf")), "1 paper from 2 searches"),
        (
            (section(item(1)), search(hit(11))),
            "2 papers on Tumour-associated stromal cells and from your search “nets”",
        ),
        ((search(),), "Nothing new from your search “nets”"),
    ],
)
def test_the_headline_tells_topics_from_searches(
    parts: tuple[DigestSection, ...], told: str
) -> None:
    assert summary.headline(alone(*parts)) == told


def test_a_topics_work_leads_and_without_one_the_first_that_was_found() -> None:
    found = search(hit(11, title="First"), hit(12, title="Second"))
    assert summary.lead(alone(found)) == "First"
    assert summary.lead(digest_content(found, section(item(1, relevance=0.6)))).endswith(
        "(likely relevant)"
    )


def test_searches_alone_were_ranked_by_no_model() -> None:
    assert summary.model_line(alone(search(hit(11)))) == ""
    both = digest_content(section(), search(hit(11)))
    assert summary.model_line(both).startswith("Ranked by all-MiniLM-L6-v2@0.1.0; stroma: line")


def test_a_week_without_answers_says_so() -> None:
    other = replace(search(), topic="search:caf")
    assert summary.quiet(alone(search())) == (
        "Nothing this week: none of 4,212 new records answered to your search."
    )
    assert "answered to your searches." in summary.quiet(alone(search(), other))
    topic = section(below=(item(1, relevance=0.4),))
    both = digest_content(replace(topic, items=()), search())
    assert summary.quiet(both) == (
        "Nothing this week: none of 4,212 new records reached the line (nearest 40 %, needed "
        "55 %) or answered to your search."
    )


def test_what_searches_found_moves_no_mean() -> None:
    both = digest_content(section(item(1, relevance=0.8)), search(hit(11)))
    assert (compose.figures(both).shown, compose.figures(both).relevance) == (2, 0.8)
    assert compose.figures(alone(search(hit(11)))).relevance is None


def test_the_same_digest_gives_the_same_bytes() -> None:
    content = digest_content(section(), search(hit(11, "NETosis")))
    assert SlackRenderer().render(content, "C1") == SlackRenderer().render(content, "C1")


def test_the_home_tab_lists_what_was_found() -> None:
    content = alone(search(hit(11)))
    view = json.dumps(home.view([home.Issue("Lab", "UTC", NOW, content)]), ensure_ascii=False)
    assert "*Search “nets”*" in view
    assert "|Traps of kind 11>" in view
    assert "0.00" not in view


def test_a_query_is_hostile_text_too() -> None:
    """Whoever may save a search may not ping a channel with it, or write into a page."""
    bad = search(hit(11, "<!here>"), query='<!channel> <script>alert("x")</script> *b*')
    body = json.dumps(
        [{k: v for k, v in m.items() if k == "text"} for m in messages(alone(bad), "C1")]
    )
    assert "<!" not in body
    page = render_html(alone(bad), for_mail=False)
    assert "<script>alert" not in page
    assert "<!here>" not in page
    blocks = messages(alone(bad), "C1")[0]["blocks"]
    marked = [e["text"] for b in blocks if b["type"] == "context" for e in b["elements"]
              if e["type"] == "mrkdwn"]  # fmt: skip
    assert all("<!" not in text for text in marked)

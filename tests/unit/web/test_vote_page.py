"""T76: the page behind the vote links of a mail."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest

from service import voting
from service.records import Flag, Judgement, Kind, Relation
from tests.papers import Archive, paper, preprint, states
from tests.web_site import harmless, text

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.web_site import Site

RELEVANT, AGAINST = Judgement.RELEVANT, Judgement.NOT_RELEVANT
SAVED, WITHDRAWN = Judgement.SAVED, Judgement.WITHDRAWN
VOTER = "mail:ida@example.org"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg/onload=alert(1)>",
    "</title><iframe src=javascript:alert(1)>",
    "' autofocus onfocus='alert(1)",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt; javascript:alert(1)",
)


def chosen(page: Response) -> list[str]:
    """The values of the highlighted buttons."""
    return re.findall(r'value="([a-z-]+)" class="chosen"', page.text)


def test_a_page_that_would_run_something_is_seen() -> None:
    assert harmless('<p><a href="https://example.org">x</a></p>')
    for bad in HOSTILE[:4]:
        assert not harmless(f'<p title="">{bad}</p>')
    assert not harmless(f"<p title='{HOSTILE[4]}'>")
    assert not harmless('<a href="javascript:alert(1)">x</a>')


# -- opening --------------------------------------------------------------------------------------


def test_the_page_shows_the_work_and_asks(site: Site) -> None:
    page = site.browser.get(site.vote_link(2))
    assert page.status_code == 200
    told = text(page)
    assert "Stromal niche 2 shields tumour cells from neutrophil killing" in told
    assert "Lindqvist2 Maja, Okafor Chidi" in told
    assert "Journal of Stromal Biology · 12 Nov 2026" in told
    assert "Is it relevant to Tumour-associated stromal cells?" in told
    assert "Ida@example.org" in told
    assert 'href="https://doi.org/10.5555/stroma.2"' in page.text
    assert re.findall(r'name="say" value="([a-z-]+)"', page.text) == [
        "relevant",
        "not-relevant",
        "save",
    ]


@pytest.mark.parametrize("say", ["relevant", "not-relevant", "save"])
def test_what_the_mail_said_is_offered_first(site: Site, say: str) -> None:
    page = site.browser.get(f"{site.vote_link()}?say={say}")
    assert chosen(page) == [say]
    assert "Press the highlighted button" in text(page)
    assert site.votes() == []


@pytest.mark.parametrize("say", ["", "withdraw", "RELEVANT", "x" * 500, "<b>"])
def test_nothing_is_offered_first_for_another_word(site: Site, say: str) -> None:
    page = site.browser.get(site.vote_link(), params={"say": say})
    assert (page.status_code, chosen(page)) == (200, [])
    assert "highlighted" not in text(page)


def test_opening_never_votes(site: Site) -> None:
    """T76: scanners open every link of a mail, again and again."""
    before = site.rows()
    for work in (1, 2, 3):
        for say in ("", "?say=relevant", "?say=not-relevant", "?say=save", "?say=withdraw"):
            for method in ("GET", "HEAD", "GET", "HEAD", "GET"):
                answer = site.browser.request(method, site.vote_link(work) + say)
                assert answer.status_code == 200
                assert "set-cookie" not in answer.headers
    assert site.rows() == before


def test_the_page_needs_no_script_and_presses_nothing_by_itself(site: Site) -> None:
    page = site.browser.get(f"{site.vote_link()}?say=relevant").text
    assert harmless(page)
    assert "http-equiv" not in page


def test_what_must_be_known_of_a_work_is_told(site: Site) -> None:
    retracted = paper(4, flags=frozenset({Flag.RETRACTED}), kind=Kind.PREPRINT)
    Archive(site.app.store).take_in(retracted)
    page = site.browser.get(site.vote_link(4)).text
    assert '<span class="alarm">Retracted</span>' in page
    assert '<span class="badge">Preprint</span>' in page


def test_a_work_without_an_address_is_shown_without_a_link(site: Site) -> None:
    bare = paper(4, url="", ids=replace(paper().ids, doi=None, pmid=None), authors=(), venue="")
    Archive(site.app.store).take_in(replace(bare, published=None))
    page = site.browser.get(site.vote_link(4))
    assert page.status_code == 200
    assert "href" not in page.text


# -- voting ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "judgement"), [("relevant", RELEVANT), ("not-relevant", AGAINST), ("save", SAVED)]
)
def test_a_press_counts(site: Site, say: str, judgement: Judgement) -> None:
    page = site.browser.post(site.vote_link(), data={"say": say, "note": " see fig. 2 "})
    assert page.status_code == 200
    assert site.votes() == [(1, VOTER, judgement, "see fig. 2")]
    assert "Thank you. Counted as" in text(page)
    assert chosen(page) == [say]


def test_a_vote_says_when_and_by_which_way_it_came(site: Site) -> None:
    site.browser.post(site.vote_link(), data={"say": "save"})
    with site.app.store.reading() as tx:
        (vote,) = tx.votes.current("stroma")
    assert (vote.via, vote.at) == ("mail", site.time.at)


def test_pressing_again_changes_nothing(site: Site) -> None:
    site.browser.post(site.vote_link(), data={"say": "relevant", "note": "yes"})
    before = site.rows()
    for _ in range(4):
        page = site.browser.post(site.vote_link(), data={"say": "relevant", "note": "yes"})
        assert page.status_code == 200
    assert site.rows() == before


def test_a_mind_can_be_changed_and_taken_back(site: Site) -> None:
    link = site.vote_link()
    for say in ("relevant", "not-relevant"):
        site.browser.post(link, data={"say": say})
    assert site.votes() == [(1, VOTER, AGAINST, "")]
    page = site.browser.post(link, data={"say": "withdraw"})
    assert site.votes() == []
    assert "Your answer is taken back" in text(page)
    assert chosen(page) == []
    with site.app.store.reading() as tx:
        said = [vote.judgement for vote in tx.votes.history("stroma", 1)]
    assert said == [WITHDRAWN, AGAINST, RELEVANT]


def test_the_page_tells_what_this_reader_said_before(site: Site) -> None:
    site.browser.post(site.vote_link(), data={"say": "not-relevant", "note": "other tumour"})
    ballot = voting.Ballot("1", RELEVANT, note="of another reader")
    voting.cast(site.app.parts, "stroma", [ballot], voter="rei", via="web")
    site.time.pass_time(days=3)
    page = site.browser.get(site.vote_link())
    assert "On 17 Nov 2026 you said: not relevant." in text(page)
    assert "other tumour" in page.text
    assert "of another reader" not in page.text
    assert "Take my answer back" in text(page)
    assert chosen(page) == ["not-relevant"]


def test_the_page_tells_what_the_person_said_under_another_name(site: Site) -> None:
    with site.app.store.writing() as tx:
        tx.aliases.link(VOTER, "Ida", "Rei", site.app.clock.now())
    ballot = voting.Ballot("1", SAVED, note="for journal club")
    voting.cast(site.app.parts, "stroma", [ballot], voter="Ida", via="command line")
    page = site.browser.get(site.vote_link())
    assert "for journal club" in page.text
    assert chosen(page) == ["save"]


def test_a_reader_is_one_however_their_address_is_spelled(site: Site) -> None:
    site.browser.post(site.vote_link(), data={"say": "relevant"})
    site.browser.post(site.vote_link(reader="ida@EXAMPLE.org"), data={"say": "save"})
    assert site.votes() == [(1, VOTER, SAVED, "")]


def test_readers_have_votes_of_their_own(site: Site) -> None:
    site.browser.post(site.vote_link(), data={"say": "relevant"})
    site.browser.post(site.vote_link(reader="rei@example.org"), data={"say": "not-relevant"})
    assert [voter for _, voter, _, _ in site.votes()] == [VOTER, "mail:rei@example.org"]


def test_a_vote_on_a_merged_work_counts_for_what_it_became(site: Site) -> None:
    archive = Archive(site.app.store)
    own = {"title": "A preprint of its own", "authors": ()}
    archive.take_in(preprint(9, **own))
    link = site.vote_link(archive.work("10.1101/2026.000009"))
    published = states(Relation.HAS_PREPRINT, doi="10.1101/2026.000009")
    archive.take_in(paper(1, links=(published,)))
    page = site.browser.post(link, data={"say": "relevant"})
    assert page.status_code == 200
    assert [work for work, *_ in site.votes()] == [archive.work("10.5555/stroma.1")]


@pytest.mark.parametrize("fields", [{}, {"say": ""}, {"say": "RELEVANT"}, {"note": "hm"}])
def test_a_form_without_an_answer_is_shown_again(site: Site, fields: dict[str, str]) -> None:
    page = site.browser.post(site.vote_link(), data=fields)
    assert page.status_code == 400
    assert "Nothing was chosen" in text(page)
    assert site.votes() == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"say": "relevant"}'),
        ("text/plain", b"say=relevant"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("", b"say=relevant"),
        ("application/x-www-form-urlencoded", b"\xff\xfe&=&%%%&" + b"a=1"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(99))),
    ],
)
def test_a_body_of_another_kind_counts_for_nothing(site: Site, kind: str, body: bytes) -> None:
    page = site.browser.post(site.vote_link(), content=body, headers={"Content-Type": kind})
    assert page.status_code == 400
    assert site.votes() == []


def test_a_note_may_have_two_thousand_characters(site: Site) -> None:
    note = "line\r\n" * 399 + "12345"  # browsers send line ends as two, and count them as one
    assert (
        site.browser.post(site.vote_link(), data={"say": "save", "note": note}).status_code == 200
    )
    ((_, _, _, kept),) = site.votes()
    assert kept == note.replace("\r\n", "\n")


def test_a_note_that_is_too_long_is_given_back_to_be_shortened(site: Site) -> None:
    page = site.browser.post(site.vote_link(), data={"say": "save", "note": "x" * 2001})
    assert page.status_code == 413
    assert "longer than 2,000 characters" in text(page)
    assert "x" * 2001 in page.text
    assert chosen(page) == ["save"]
    assert site.votes() == []


# -- what has gone --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_work_or_topic_that_is_gone_is_told(site: Site, method: str) -> None:
    for link, told in (
        (site.vote_link(99), "This paper is no longer in the archive."),
        (site.vote_link(topic="glia"), "This topic is no longer followed here."),
    ):
        page = site.browser.request(method, link, data={"say": "relevant"})
        assert page.status_code == 410
        assert told in text(page)
    assert site.votes() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_old_link_says_so_and_counts_nothing(site: Site, method: str) -> None:
    site.time.at = site.content.created_at + timedelta(days=61)
    page = site.browser.request(method, site.vote_link(), data={"say": "relevant"})
    assert page.status_code == 410
    assert "This link has expired" in text(page)
    assert site.votes() == []


# -- hostile text ---------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_titles_names_and_notes_stay_text(site: Site, hostile: str) -> None:
    evil = paper(
        4,
        title=f"{hostile} in stroma",
        venue=hostile,
        authors=(replace(paper().authors[0], family=hostile),),
        url="javascript:alert(1)",
    )
    Archive(site.app.store).take_in(evil)
    link = site.vote_link(4, reader=f"{hostile}@example.org")
    for page in (
        site.browser.get(link),
        site.browser.get(link, params={"say": hostile}),
        site.browser.post(link, data={"say": "relevant", "note": hostile}),
        site.browser.get(link),
        site.browser.post(link, data={"say": "relevant", "note": hostile * 500}),
    ):
        assert harmless(page.text), page.text
        assert "alert(1)" in unescape(page.text) or "{{ 7*7 }}" in page.text
    assert site.votes()[0][3] == hostile

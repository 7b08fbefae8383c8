"""The HTML page, read back by a parser: what a browser or mail program would make of it."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise, product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html

from service.digest.page import DARK, LIGHT, MAIL_BYTES, render_html
from service.digest.terminal import render_text
from service.records import DigestItem, Flag, Identifiers, Kind
from tests.factories import digest_content, facet, item, ranked, receipt, section, work

PAYLOADS = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><svg/onload=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    'https://example.org/" onclick="alert(1)',
    "data:text/html;base64,PHNjcmlwdD4=",
    "{{ 7*7 }}{% raw %}",
    "<iframe srcdoc='&lt;script&gt;'>",
    "--><!--[if mso]><script>",
    "&lt;script&gt;&#60;script&#62;",
    "<style>@import url(https://evil.example/x.css)</style>",
]


def parsed(page: str) -> html.HtmlElement:
    return html.document_fromstring(page)


def read(page: str) -> str:
    return " ".join(parsed(page).text_content().split())


def hostile(number: int, text: str) -> DigestItem:
    one = work(
        number,
        title=text,
        venue=text,
        authors=(text,) * 5,
        url=text,
        pdf_url=text,
        ids=Identifiers(doi=text),
    )
    rank = ranked(
        number,
        facet=facet(text=text),
        terms=(text,) * 3,
        sentences=(text,),
        reference=text,
        senses=(f"{text}: {text}", text),
    )
    return DigestItem(one, rank)


@pytest.mark.parametrize("for_mail", [True, False])
def test_a_page_shows_what_a_reader_needs(for_mail: bool) -> None:
    late = item(2, late=True, kind=Kind.PREPRINT, flags=frozenset({Flag.RETRACTED}))
    content = digest_content(
        section(item(1), late, below=(item(3, relevance=0.5),)), banner="Ranked by words only."
    )
    page = render_html(content, for_mail=for_mail)
    text = read(page)
    for told in (
        "Week 47, 2026 (16-22 Nov)",
        "2 papers on Tumour-associated stromal cells",
        "Screened 4,212 new records from 2 sources, 0 gaps; shown 2; 1 just below the line.",
        "Ranked by words only.",
        "Very likely, 83 %",
        "Lindqvist Maja, Okafor Chidi … Marchetti Paolo",
        "Journal of Stromal Biology · 18 Nov 2026",
        "“Niches of fibroblasts hold neutrophils back.”",
        "Near the key finding “Myofibroblastic CAFs",
        "Matched: CXCL12, myCAF, neutrophil",
        "Retracted",
        "Late arrival",
        "Just below the line",
        "Journal of Stromal Biology · 50 %",
        "PubMed, 2026-11-16 to 2026-11-22: 1,204 stated",
    ):
        assert told in text, told


def test_the_page_is_made_for_mail_programs_and_screen_readers() -> None:
    page = render_html(digest_content(), for_mail=True)
    tree = parsed(page)
    assert page.startswith("<!DOCTYPE html>")
    assert tree.get("lang") == "en"
    assert tree.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
    assert tree.xpath("//meta[@name='viewport']")
    assert b'<meta charset="utf-8">' in page.encode()[:1024], "where a browser looks for it"
    assert all(table.get("role") == "presentation" for table in tree.iter("table"))
    levels = [int(tag.tag[1]) for tag in tree.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels)), "no level is skipped"
    assert all(link.text_content().strip() not in {"", "here"} for link in tree.iter("a"))
    assert "prefers-color-scheme:" in page.replace(" ", "")
    assert all(p.get("style") for p in tree.xpath("//p[@class]")), "styles are inlined"


def test_the_page_asks_nothing_of_the_network() -> None:
    page = render_html(digest_content(), for_mail=False)
    tree = parsed(page)
    assert not tree.xpath("//img | //link | //script | //iframe | //object | //form | //base")
    assert not tree.xpath("//@src | //@srcset | //@background")
    assert "url(" not in page
    assert "@import" not in page


def test_a_quiet_week_is_short() -> None:
    page = render_html(digest_content(section(items=())), for_mail=True)
    assert "Nothing this week" in read(page)
    assert "Screened 4,212" in read(page)
    assert len(page) < 8000


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_field_can_carry_code(payload: str) -> None:
    plain = parsed(render_html(digest_content(), for_mail=True))
    content = digest_content(
        section(hostile(1, payload), name=payload, topic=payload, below=(hostile(2, payload),)),
        banner=payload,
        label=payload,
        subscription=payload,
        encoder=payload,
        cutoffs={payload: 0.5},
        aims={payload: payload},
        receipts=(receipt(payload, window=payload, gaps=(payload,)),),
    )
    assert_harmless(render_html(content, for_mail=True), plain)
    assert_harmless(render_html(content, for_mail=False), plain)


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=200))
@example("a" * 40_000)
@example("\u200fכותרת <b>")
def test_any_title_gives_a_sound_page_with_the_same_works_as_the_text(title: str) -> None:
    lead = replace(hostile(1, title), similar=(hostile(4, title),))
    content = digest_content(section(lead, item(2), below=(item(3),)))
    page = render_html(content, for_mail=True)
    assert_harmless(page, parsed(render_html(digest_content(), for_mail=True)))
    assert read(page).count("Stromal niche") == 2 + 2 * title.count("Stromal niche")
    assert addresses(page) >= set(re.findall(r"https?://\S+", render_text(content)))


def assert_harmless(page: str, plain: html.HtmlElement) -> None:
    tree = parsed(page)
    tags = {tag.tag for tag in tree.iter() if isinstance(tag.tag, str)}
    usual = {tag.tag for tag in plain.iter() if isinstance(tag.tag, str)}
    assert tags <= usual | {"ul", "li", "h4", "blockquote", "br", "a"}
    assert not [name for name in tree.xpath("//@*") if name.attrname.startswith("on")]
    assert all(url.startswith(("https://", "http://")) for url in tree.xpath("//@href"))
    assert len(tree.xpath("//style")) == 1, "ours"


def addresses(page: str) -> set[str]:
    return set(parsed(page).xpath("//@href"))


def test_html_and_text_list_the_same_works() -> None:
    content = digest_content(
        section(*[item(n) for n in range(1, 21)], below=tuple(item(n) for n in range(30, 39))),
        section(item(21), topic="tan", name="Neutrophils"),
    )
    page = addresses(render_html(content, for_mail=True))
    text = set(re.findall(r"https?://\S+", render_text(content)))
    assert {url for url in page if "doi.org" in url} == text
    assert len(text) == 30


@pytest.mark.parametrize("count", [60, 400])
def test_a_large_mail_stays_small_and_says_what_it_leaves_out(count: int) -> None:
    content = digest_content(section(*[item(n) for n in range(count)]))
    page = render_html(content, for_mail=True)
    assert len(page.replace("\n", "\r\n").encode()) < MAIL_BYTES
    shown = len(parsed(page).xpath("//h3"))
    assert shown >= 60, "quoted sentences are given up before works"
    more = re.search(r"And (\d+) more in the archive", read(page))
    assert shown + int(more[1] if more else 0) == count
    assert len(page.encode()) > MAIL_BYTES * 0.6, "no more is left out than must be"


def test_the_limit_holds_with_a_mails_line_ends() -> None:
    for length in range(30, 46):  # some of these end just under the limit
        content = digest_content(section(*[item(n, title="x" * length) for n in range(100)]))
        page = render_html(content, for_mail=True)
        assert len(page.replace("\n", "\r\n").encode()) < MAIL_BYTES


def test_the_largest_mail_stays_small_whatever_it_holds() -> None:
    long = [item(n, title="Ω" * 400, venue="&" * 90) for n in range(100)]
    sections = [section(*long, below=tuple(long), name="<" * 100) for _ in range(4)]
    page = render_html(
        digest_content(*sections, receipts=(receipt("<" * 60),) * 200), for_mail=True
    )
    assert len(page.replace("\n", "\r\n").encode()) < MAIL_BYTES
    assert "160 more sources" in read(page)


def led(number: int, count: int) -> DigestItem:
    """A work with so many listed under it."""
    others = tuple(item(1000 * number + n, venue="Gut") for n in range(1, count + 1))
    return replace(item(number), similar=others)


def test_similar_works_are_linked_under_their_lead_with_venue_and_warnings() -> None:
    gone = item(2, venue="Gut", flags=frozenset({Flag.RETRACTED}))
    bare = item(3, venue="", ids=Identifiers(), url="")
    lead = replace(item(1), similar=(gone, bare))
    tree = parsed(render_html(digest_content(section(lead, item(4))), for_mail=True))
    [heading] = tree.xpath("//p[contains(text(), 'similar') and not(contains(text(), 'Screened'))]")
    assert heading.text_content() == "+2 similar"
    first, second = heading.getnext().xpath("./li")
    assert " ".join(first.text_content().split()) == (
        "Stromal niche 2 shields tumour cells from neutrophil killing Gut Retracted"
    )
    assert first.xpath("./a/@href") == ["https://doi.org/10.5555/stroma.2"]
    assert not second.xpath("./a")
    assert len(tree.xpath("//h3")) == 2


@pytest.mark.parametrize(("count", "more"), [(5, ""), (9, "and 4 more")])
def test_a_mail_names_five_similar_works_and_a_file_all(count: int, more: str) -> None:
    content = digest_content(section(led(1, count)))
    mail = render_html(content, for_mail=True)
    assert len([url for url in addresses(mail) if "stroma.100" in url]) == 5
    assert ("more" in read(mail)) == bool(more)
    assert more in read(mail)
    file = render_html(content, for_mail=False)
    assert len([url for url in addresses(file) if "stroma.100" in url]) == count
    assert "more" not in read(file)


def test_in_a_mail_that_grows_too_long_similar_titles_go_before_works() -> None:
    short = render_html(digest_content(section(*[led(n, 5) for n in range(1, 10)])), for_mail=True)
    assert short.count("Gut") == 45
    content = digest_content(section(*[led(n, 5) for n in range(1, 61)]))
    page = render_html(content, for_mail=True)
    assert len(page.replace("\n", "\r\n").encode()) < MAIL_BYTES
    assert len(parsed(page).xpath("//h3")) == 60
    assert read(page).count("+5 similar") == 60, "how many there are is still told"
    assert "Gut" not in page


def test_a_file_is_complete_whatever_its_size() -> None:
    page = render_html(digest_content(section(*[item(n) for n in range(200)])), for_mail=False)
    assert len(parsed(page).xpath("//h3")) == 200


def test_a_work_without_an_address_is_shown_unlinked() -> None:
    one = item(ids=Identifiers(), url="javascript:alert(1)")
    tree = parsed(render_html(digest_content(section(one)), for_mail=True))
    assert not tree.xpath("//a")
    assert "Stromal niche 1" in tree.xpath("//h3")[0].text_content()


def test_the_way_out_is_in_the_footer() -> None:
    page = render_html(digest_content(), for_mail=True, unsubscribe="https://lit.example.org/u/1")
    (link,) = parsed(page).xpath("//a[contains(text(), 'Unsubscribe')]")
    assert link.get("href") == "https://lit.example.org/u/1"


def test_the_same_digest_gives_the_same_page() -> None:
    assert render_html(digest_content(), for_mail=True) == render_html(
        digest_content(), for_mail=True
    )


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_colour_can_be_read_on_every_ground(palette: dict[str, str]) -> None:
    for ink, ground in product(
        ("ink", "muted", "accent", "link", "alarm"), ("card", "paper", "notice")
    ):
        assert contrast(palette[ink], palette[ground]) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two #rrggbb colours."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

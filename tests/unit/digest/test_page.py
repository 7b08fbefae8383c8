"""The HTML page, read back by a parser: what a browser or mail program would make of it."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html

from service.digest.page import MAIL_BYTES, render_html
from service.digest.palette import DARK, LIGHT
from service.digest.pictures import Figure
from service.digest.terminal import render_text
from service.records import Change, DigestChange, DigestContent, DigestItem, Flag, Identifiers, Kind
from service.records.digests import Asks
from tests.factories import digest_content, facet, item, ranked, receipt, section, work
from tests.fakes_links import NO_LINKS, FakeLinks

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


def length(page: str) -> int:
    """Bytes as a mail carries them: its lines end in CR LF."""
    return len(page.replace("\n", "\r\n").encode())


def works(page: str) -> list[html.HtmlElement]:
    """The headings of the works shown in full."""
    return parsed(page).xpath("//*[self::h3 or self::h4][@class='name']")


def change(number: int, what: Change, **changes: Any) -> DigestChange:
    return DigestChange(work(number, **changes), what, "stroma", "Europe/Berlin:2026-W41")


def links_to(page: str, kind: str) -> list[html.HtmlElement]:
    """Links to this installation's own pages of one kind: f(eedback), d(igest)."""
    return parsed(page).xpath(f"//a[contains(@href, 'litwatch.example.org/{kind}/')]")


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
        "Near the topic's key finding “Myofibroblastic CAFs",
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
    assert not unsound(page)
    assert len(tree.xpath("//style")) == 1, "ours"


def unsound(page: str) -> list[str]:
    """What a strict reader would object to; libxml2 does not know the elements of HTML 5."""
    parser = html.HTMLParser()
    html.document_fromstring(page, parser=parser)
    return [str(each) for each in parser.error_log if each.type_name != "HTML_UNKNOWN_TAG"]


def addresses(page: str) -> set[str]:
    return set(parsed(page).xpath("//@href"))


def test_html_and_text_list_the_same_works_with_the_same_addresses() -> None:
    content = digest_content(
        section(*[item(n) for n in range(1, 21)], below=tuple(item(n) for n in range(30, 39))),
        section(item(21), topic="tan", name="Neutrophils"),
        changes=(change(50, Change.RETRACTED), change(51, Change.PUBLISHED)),
    )
    page = addresses(render_html(content, for_mail=True))
    text = set(re.findall(r"https?://\S+", render_text(content)))
    assert page == text
    assert len([url for url in text if "doi.org" in url]) == 32


@pytest.mark.parametrize("count", [60, 400])
def test_a_large_mail_stays_small_and_says_what_it_leaves_out(count: int) -> None:
    content = digest_content(section(*[item(n) for n in range(count)]))
    page = render_html(content, for_mail=True)
    assert length(page) < MAIL_BYTES
    shown = len(works(page))
    assert shown >= 60, "quoted sentences are given up before works"
    more = re.search(r"And (\d+) more in the archive", read(page))
    assert shown + int(more[1] if more else 0) == count
    assert len(page.encode()) > MAIL_BYTES * 0.6, "no more is left out than must be"


def test_the_limit_holds_with_a_mails_line_ends() -> None:
    for size in range(30, 46):  # some of these end just under the limit
        content = digest_content(section(*[item(n, title="x" * size) for n in range(100)]))
        page = render_html(content, for_mail=True)
        assert length(page) < MAIL_BYTES


def test_the_largest_mail_stays_small_whatever_it_holds() -> None:
    long = [item(n, title="Ω" * 400, venue="&" * 90) for n in range(100)]
    sections = [section(*long, below=tuple(long), name="<" * 100) for _ in range(4)]
    page = render_html(
        digest_content(*sections, receipts=(receipt("<" * 60),) * 200), for_mail=True
    )
    assert length(page) < MAIL_BYTES
    assert "192 more sources" in read(page)


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
    assert len(tree.xpath("//h3[@class='name']")) == 2


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
    assert length(page) < MAIL_BYTES
    assert len(works(page)) == 60
    assert read(page).count("+5 similar") == 60, "how many there are is still told"
    assert "Gut" not in page


def test_a_file_is_complete_whatever_its_size() -> None:
    page = render_html(digest_content(section(*[item(n) for n in range(200)])), for_mail=False)
    assert len(works(page)) == 200


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
    for ground in ("new", "gone"):
        assert contrast(palette["ink"], palette[ground]) >= 4.5, ground


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two #rrggbb colours."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_words_on_a_filled_warning_can_be_read_by_day_and_by_night() -> None:
    assert contrast(LIGHT["card"], LIGHT["alarm"]) >= 4.5
    assert contrast(DARK["card"], DARK["alarm"]) >= 4.5


def test_themes_stand_under_their_topic_and_works_under_their_theme() -> None:
    content = digest_content(
        section(
            replace(item(1), theme="Atlases"),
            item(2),
            replace(item(3), theme="Atlases"),
            item(4, late=True),
            below=(item(5, relevance=0.5),),
        )
    )
    tree = parsed(render_html(content, for_mail=True))
    headings = [(tag.tag, tag.text_content()) for tag in tree.iter("h2", "h3", "h4")]
    told = [(level, re.sub(r"Stromal niche (\d).*", r"\1", text)) for level, text in headings]
    assert told == [
        ("h2", "Tumour-associated stromal cells\u20024 papers"),
        ("h3", "Atlases"),
        ("h4", "1"),
        ("h4", "3"),
        ("h3", "Others"),
        ("h4", "2"),
        ("h3", "Late arrivals"),
        ("h4", "4"),
        ("h3", "Just below the line"),
        ("h2", "What was screened"),
    ]


def test_news_of_earlier_works_comes_first_and_what_is_grave_cannot_be_missed() -> None:
    content = digest_content(
        changes=(
            change(8, Change.PUBLISHED, venue="Gut"),
            change(7, Change.CORRECTED),
            change(9, Change.RETRACTED),
        )
    )
    page = render_html(content, for_mail=True)
    tree = parsed(page)
    headings = [tag.text_content() for tag in tree.iter("h2")]
    assert headings[:2] == ["Corrections to earlier digests", "Now published"]
    numbers = [re.search(r"niche (\d)", tag.text_content())[1] for tag in works(page)]  # type: ignore[index]
    assert numbers == ["9", "7", "8", "1"]
    [grave] = tree.xpath("//td[@class='grave']")
    assert LIGHT["alarm"] in grave.get("style")
    assert grave.xpath(".//span[@class='alarm']")[0].text == "Retracted"
    assert "Published in Gut · 18 Nov 2026; shown in week 41" in read(page)
    assert "grave" not in [
        tag.get("class")
        for tag in parsed(
            render_html(digest_content(changes=content.changes[:2]), for_mail=True)
        ).iter("td")
    ]


def test_each_work_can_be_judged_by_links_that_only_open_a_page() -> None:
    """T76. Nothing in the page asks for more than a look: no form, no script, no ping."""
    content = digest_content(section(item(1), item(2), below=(item(3, relevance=0.5),)))
    page = render_html(content, for_mail=True, links=FakeLinks(), reader="ana@example.org")
    told = [(link.text, link.get("href")) for link in links_to(page, "f")]
    own = f"https://litwatch.example.org/f/{content.digest_id}.stroma."
    assert told == [
        (name, f"{own}{number}?say={say}")
        for number in (1, 2)
        for name, say in (
            ("Relevant", "relevant"),
            ("Not relevant", "not-relevant"),
            ("Save", "save"),
        )
    ]
    assert not parsed(page).xpath("//form | //script | //iframe | //@ping | //@action")


@pytest.mark.parametrize("links", [None, NO_LINKS, FakeLinks(base="javascript:alert(1)//")])
def test_without_pages_there_is_nothing_to_judge_with(links: FakeLinks | None) -> None:
    page = render_html(digest_content(), for_mail=True, links=links)
    assert "Not relevant" not in page
    assert "on the web" not in page
    assert "javascript" not in page


def test_what_a_mail_leaves_out_is_linked_to_the_whole_digest() -> None:
    content = digest_content(section(*[item(n) for n in range(400)]))
    page = render_html(content, for_mail=True, links=FakeLinks(pad=150))
    left = re.search(r"And (\d+) more: read the whole digest", read(page))
    assert left is not None
    assert int(left[1]) + len(works(page)) == 400
    assert len(links_to(page, "d")) == 3, "at the top, where works are missing, at the end"
    short = render_html(digest_content(), for_mail=True, links=FakeLinks())
    assert [link.text for link in links_to(short, "d")] == ["Read the whole digest on the web"]


def test_one_way_to_judge_is_left_where_three_would_cost_works() -> None:
    content = digest_content(section(*[item(n) for n in range(60)]))
    page = render_html(content, for_mail=True, links=FakeLinks(pad=150))
    assert {link.text for link in links_to(page, "f")} == {"Vote or save"}
    assert len(links_to(page, "f")) == len(works(page))


def test_a_test_says_that_it_is_one() -> None:
    assert "This is a test digest." in read(render_html(digest_content(test=True), for_mail=True))
    assert "test digest" not in read(render_html(digest_content(), for_mail=True))


FIGURE = Figure("The last weeks", "Shown 12, as in most weeks.", "cid:weeks", "cid:weeks-dark")


def test_charts_are_shown_by_day_and_by_night_and_told_in_words() -> None:
    tree = parsed(render_html(digest_content(), for_mail=True, figures=(FIGURE,)))
    day, night = tree.xpath("//img")
    assert (day.get("src"), night.get("src")) == ("cid:weeks", "cid:weeks-dark")
    assert day.get("alt") == night.get("alt") == "Shown 12, as in most weeks."
    assert "display:none" in night.getparent().get("style")
    assert "display" not in day.getparent().get("style")
    assert day.get("width"), "or Outlook shows every pixel of it"


def test_a_chart_that_could_not_be_drawn_is_told_in_words() -> None:
    bare = Figure("The last weeks", "Shown 12, as in most weeks.")
    page = render_html(digest_content(), for_mail=True, figures=(bare,))
    assert "The last weeks Shown 12, as in most weeks." in read(page)
    assert "<img" not in page


def test_a_mailbox_shows_how_much_there_is_beside_the_subject() -> None:
    tree = parsed(render_html(digest_content(), for_mail=True))
    told = " ".join(tree.xpath("//div[@class='hidden']")[0].text_content().split())
    assert told.startswith("1 paper on Tumour-associated stromal cells. Screened 4,212 new")
    assert not parsed(render_html(digest_content(), for_mail=False)).xpath("//div[@class='hidden']")


texts = st.sampled_from(
    ["", "niche", "Ω" * 400, "<&'\"" * 100, "x" * 2000, "a&b " * 300, "\U0001f9ec" * 500]
)
long_links = st.sampled_from(["https://x.example/a", "https://x.example/" + "&" * 950])


@st.composite
def any_content(draw: st.DrawFn) -> DigestContent:
    """Digests of any size, their texts as long as anything gets when it is escaped."""
    text, url = draw(texts), draw(long_links)
    fields: dict[str, Any] = {
        "title": text,
        "venue": text,
        "authors": (text,) * 4,
        "url": url,
        "pdf_url": url,
        "ids": Identifiers(doi=text[:300] or "10.5555/x"),
    }
    one = replace(item(1, **fields), theme=draw(texts))
    one = replace(one, similar=(one,) * draw(st.sampled_from([0, 3])))
    parts = [
        section(
            *(one,) * draw(st.sampled_from([0, 1, 15, 150])),
            below=(one,) * draw(st.sampled_from([0, 5, 20])),
            asks=draw(st.sampled_from(Asks)),
            name=text,
        )
        for _ in range(draw(st.sampled_from([1, 2, 25])))
    ]
    return digest_content(
        *parts,
        banner=text,
        label=text,
        subscription=text,
        changes=(change(9, Change.RETRACTED, **fields),) * draw(st.sampled_from([0, 2, 100])),
        receipts=(receipt(text, gaps=(text,) * 5, window=text),) * draw(st.sampled_from([1, 60])),
        cutoffs={f"{n}{text}": 0.5 for n in range(draw(st.sampled_from([1, 50])))},
    )


@settings(deadline=None, max_examples=8)
@given(any_content(), st.sampled_from([0, 150, 900]))
def test_no_mail_is_ever_too_long(content: DigestContent, pad: int) -> None:
    """T74."""
    page = render_html(
        content,
        for_mail=True,
        links=FakeLinks(pad=pad),
        unsubscribe="https://x.example/" + "&" * 900,
        figures=(replace(FIGURE, alt="<" * 5000),) * 2,
    )
    assert length(page) < MAIL_BYTES


def test_a_work_below_the_line_is_marked_when_nobody_should_rely_on_it() -> None:
    gone = item(2, relevance=0.5, flags=frozenset({Flag.RETRACTED}), kind=Kind.PREPRINT)
    content = digest_content(section(item(1), below=(gone,)))
    tree = parsed(render_html(content, for_mail=True))
    [line] = tree.xpath("//li[contains(., 'niche 2')]")
    assert line.xpath("./span[@class='alarm']/text()") == ["Retracted"]
    assert "Preprint" not in line.text_content()
    assert "  - [Retracted] Stromal niche 2" in render_text(content)


def test_the_works_that_are_tried_at_all_are_more_than_ever_fit() -> None:
    bare = [
        item(n, title="x", authors=(), venue="", published=None, ids=Identifiers(), url="")
        for n in range(260)
    ]
    page = render_html(digest_content(section(*bare)), for_mail=True)
    assert len(works(page)) < 250
    assert length(page) > MAIL_BYTES * 0.95

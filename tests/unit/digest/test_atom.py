"""A digest as an Atom entry: what RFC 4287 demands, and that hostile text stays text."""

from __future__ import annotations

import io
from typing import Any

import feedparser
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from service.digest.atom import ATOM, entry
from service.records import Change, DigestChange, Flag
from tests.factories import digest_content, item, receipt, section, work

ID = "42df53a9-1eea-57e8-96bf-3d88c84b03e4"
PAGE = "https://litwatch.example.org/d/a?b=1&c=2"


def made(*sections: Any, page: str = "", **changes: Any) -> etree._Element:
    return etree.fromstring(entry(digest_content(*sections, **changes), ID, page))


def text(root: etree._Element, tag: str) -> str:
    (found,) = root.findall(f"{{{ATOM}}}{tag}")
    return found.text or ""


def content(root: etree._Element) -> html.HtmlElement:
    return html.fragment_fromstring(text(root, "content"), create_parent="div")


def test_an_entry_has_what_the_standard_demands() -> None:
    root = made(page=PAGE)
    assert root.tag == f"{{{ATOM}}}entry"
    assert text(root, "id") == f"urn:uuid:{ID}"
    assert text(root, "updated") == text(root, "published") == "2026-11-23T07:00:00Z"
    assert text(root, "title").endswith(" · week 47")
    assert root.findtext(f"{{{ATOM}}}author/{{{ATOM}}}name") == "Litwatch"
    (link,) = root.findall(f"{{{ATOM}}}link")
    assert dict(link.attrib) == {"rel": "alternate", "type": "text/html", "href": PAGE}
    (body,) = root.findall(f"{{{ATOM}}}content")
    assert dict(body.attrib) == {"type": "html"}
    assert not len(body), "the markup is escaped"


def test_without_a_page_there_is_no_link() -> None:
    assert made().find(f"{{{ATOM}}}link") is None


def test_a_reader_of_feeds_finds_every_work_with_its_links_and_reasons() -> None:
    body = content(made(section(item(1), item(2, late=True), below=(item(3),))))
    assert body.xpath("//strong/a/@href") == [
        "https://doi.org/10.5555/stroma.1",
        "https://doi.org/10.5555/stroma.2",
    ]
    assert body.xpath("//li/a/@href") == ["https://doi.org/10.5555/stroma.3"]
    said = body.text_content()
    for expected in (
        "Very likely, 83 %", "Niches of fibroblasts hold neutrophils back.", "Near the topic's key finding",
        "Lindqvist Maja, Okafor Chidi … Marchetti Paolo", "Late arrivals", "PubMed, 2026-11-16",
    ):  # fmt: skip
        assert expected in said


def test_news_and_warnings_are_told() -> None:
    news = DigestChange(work(9), Change.RETRACTED, "stroma", "Europe/Berlin:2026-W45")
    root = made(section(item(1, flags=frozenset({Flag.CORRECTED}))), changes=(news,), test=True)
    said = content(root).text_content()
    assert said.startswith("This is a test digest.")
    assert "Corrections to earlier digests" in said
    assert "Retracted; shown in week 45: Stromal niche 9" in said
    assert "[Corrected] Stromal niche 1" in said


def test_a_quiet_week_is_an_entry_too() -> None:
    said = text(made(section(items=())), "summary")
    assert said == "Nothing this week: none of 4,212 new records came near."


def test_the_same_digest_gives_the_same_bytes() -> None:
    assert entry(digest_content(), ID, PAGE) == entry(digest_content(), ID, PAGE)


def test_feedparser_reads_it() -> None:
    """feedparser opens paths and addresses that it is given as text: bytes go in as a file."""
    feed = b'<feed xmlns="http://www.w3.org/2005/Atom">' + entry(digest_content(), ID) + b"</feed>"
    read = feedparser.parse(io.BytesIO(feed))
    assert not read.bozo
    (one,) = read.entries
    assert one.id == f"urn:uuid:{ID}"
    assert one.content[0].type == "text/html"


hostile = st.text(max_size=300) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "]]>",
        "&lt;b&gt;",
        "<img src=x onerror=y>",
        "\x00\x0b\ud800\ufffe",
    ]
)


@settings(max_examples=100, deadline=None)
@given(title=hostile, venue=hostile, name=hostile, source=hostile)
def test_whatever_is_in_it_the_entry_is_well_formed_and_holds_no_foreign_markup(
    title: str, venue: str, name: str, source: str
) -> None:
    root = made(
        section(item(1, title=title, venue=venue), name=name),
        receipts=(receipt(source, gaps=(title,)),),
        banner=name,
    )
    tags = {each.tag for each in content(root).iter()}
    assert tags <= {"div", "p", "h3", "h4", "ul", "li", "a", "strong", "br", "blockquote"}
    for address in content(root).xpath("//@href"):
        assert address.startswith("https://")

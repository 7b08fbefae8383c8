"""Lists of feeds in OPML: read from anywhere, written for anybody."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from service.config import opml
from service.config.opml import Outline, read, write
from service.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

ONE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.1">
  <head><title>My subscriptions</title><ownerEmail>ida@example.org</ownerEmail></head>
  <body>
    <outline text="Journals">
      <outline text="Gut" title="Gut (current)" type="rss" version="RSS"
               htmlUrl="https://gut.example.org" xmlUrl="https://gut.example.org/rss/current.xml"/>
      <outline text="Cancers">
        <outline text="Caf\xe9" xmlUrl="https://cafe.example.org/feed"/>
      </outline>
    </outline>
    <outline text="A note to myself"/>
    <outline text="A page" type="link" url="https://page.example.org"/>
  </body>
</opml>"""


def document(body: str) -> bytes:
    return f'<opml version="2.0"><head/><body>{body}</body></opml>'.encode()


def test_folders_are_opened_and_what_is_no_feed_is_left_out() -> None:
    assert read(ONE.encode("latin-1")) == (
        Outline("Gut (current)", "https://gut.example.org/rss/current.xml"),
        Outline("Café", "https://cafe.example.org/feed"),
    )


def test_attributes_are_known_in_any_case() -> None:
    body = document('<outline TEXT="Gut" TYPE="RSS" xmlurl="https://a.example.org/"/>')
    assert read(body) == (Outline("Gut", "https://a.example.org/"),)


def test_a_feed_without_an_address_is_told_not_dropped() -> None:
    assert read(document('<outline text="Gut" type="rss"/>')) == (Outline("Gut", ""),)


def test_a_feed_without_a_name_is_called_by_its_address() -> None:
    url = "https://a.example.org/feed"
    assert read(document(f'<outline xmlUrl=" {url}&#10; "/>')) == (Outline(url, url),)


def test_what_is_commented_out_and_all_that_is_in_it_is_switched_off() -> None:
    body = document(
        '<outline text="a" xmlUrl="https://a.org/"/>'
        '<outline text="off" isComment="true"><outline text="b" xmlUrl="https://b.org/"/></outline>'
        '<outline text="c" xmlUrl="https://c.org/" isComment="false"/>'
    )
    assert [outline.enabled for outline in read(body)] == [True, False, True]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "is not XML"),
        (b"<opml><body>", "is not XML"),
        (b"<html><body/></html>", "is no OPML: its root is <html>"),
        (b'<rss version="2.0"><channel/></rss>', "is no OPML: its root is <rss>"),
        (b"name,url\nGut,https://a.org", "is not XML"),
        (b" " * (opml.LONGEST + 1), "is larger than 5 MiB"),
        (document('<outline xmlUrl="https://a.org/"/>' * 2_001), "has more than 2,000 feeds"),
        (document("<outline>" * 300 + "</outline>" * 300), "is not XML"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(body: bytes, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(body)
    assert told in str(caught.value)
    assert caught.value.remedy


def test_an_entity_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    head = f'<!DOCTYPE opml [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    outline = '<outline text="t" xmlUrl="https://a.org/">&x;</outline>'
    found = read(f"{head}<opml><body>{outline}</body></opml>".encode())
    assert found == (Outline("t", "https://a.org/"),)


@pytest.mark.parametrize("place", ['<outline xmlUrl="&i;"/>', "<outline>&i;</outline>"])
def test_entities_that_grow_are_refused(place: str) -> None:
    pairs = pairwise("abcdefghi")
    bomb = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairs)
    body = f'<!DOCTYPE opml [<!ENTITY a "lol">{bomb}]><opml><body>{place}</body></opml>'
    with pytest.raises(InputError, match="is not XML"):
        read(body.encode())


def test_a_list_is_written_as_other_programs_read_it() -> None:
    own = Outline("Litwatch: topics/stroma", "https://litwatch.example.org/feed/a.b.atom")
    body = write("Litwatch", [Outline("gut", "https://a.org/?a=1&b=2", enabled=False)], [own])
    root = etree.fromstring(body)
    assert (root.tag, root.get("version"), root.findtext("head/title")) == (
        "opml",
        "2.0",
        "Litwatch",
    )
    polled, folder = root.findall("body/outline")
    assert dict(polled.attrib) == {
        "type": "rss", "text": "gut", "title": "gut", "xmlUrl": "https://a.org/?a=1&b=2",
        "isComment": "true",
    }  # fmt: skip
    assert dict(folder.attrib) == {"text": "Litwatch", "title": "Litwatch"}
    assert [each.get("xmlUrl") for each in folder] == [own.url]


def test_a_list_of_nothing_is_a_list() -> None:
    assert read(write("Litwatch", ())) == ()


_LINES = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Cf", "Cn", "Co")),
    min_size=1,
    max_size=50,
)


@given(st.lists(st.builds(Outline, _LINES, _LINES.map("https://a.org/{}".format), st.booleans())))
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_back(outlines: list[Outline]) -> None:
    assert list(read(write("Litwatch", outlines))) == outlines


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_title_can_be_written(title: str) -> None:
    assert len(read(write("Litwatch", [Outline(title, "https://a.org/")]))) == 1

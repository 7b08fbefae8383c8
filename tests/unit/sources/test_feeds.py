from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.errors import NotDataError, ThrottledError, TransientError
from service.sources import feeds

if TYPE_CHECKING:
    from pathlib import Path

    from service.records import Page

ITEM = "<item><title>{0}</title><guid>g{0}</guid><link>https://j.example.org/{0}</link></item>"


def rss(*items: str, more: str = "") -> bytes:
    inside = "".join(items)
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Journal</title>{more}{inside}</channel></rss>"
    ).encode()


def entry(page: Page, place: int = 0) -> dict[str, object]:
    found: dict[str, object] = json.loads(page.records[place].payload)
    return found


def test_an_entry_becomes_a_record_with_the_fields_that_matter() -> None:
    page = feeds.read(rss(ITEM.format("a")), "journal")
    record = page.records[0]
    assert (record.key, record.format) == ("journal:ga", "feed-json")
    assert entry(page)["title"] == "a"
    assert entry(page)["feed"] == {"title": "Journal"}


@pytest.mark.parametrize(
    ("item", "source_id"),
    [
        ("<guid>one</guid><link>https://x.org/1</link>", "one"),
        ("<link>https://x.org/1</link>", "https://x.org/1"),
    ],
)
def test_the_id_is_the_guid_before_the_link(item: str, source_id: str) -> None:
    page = feeds.read(rss(f"<item><title>t</title>{item}</item>"), "s")
    assert page.records[0].source_id == source_id


def test_an_entry_without_guid_and_link_is_named_by_what_it_says() -> None:
    one, two = "<item><title>one</title></item>", "<item><title>two</title></item>"
    first = feeds.read(rss(one, two), "s").records
    again = feeds.read(rss(two, one), "s").records
    assert len({r.source_id for r in first}) == 2
    assert {r.source_id for r in first} == {r.source_id for r in again}


def test_an_entry_that_says_nothing_is_left_out_with_a_warning() -> None:
    page = feeds.read(rss("<item><category>x</category></item>", ITEM.format("a")), "s")
    assert len(page.records) == 1
    assert any("left out" in warning for warning in page.warnings)


def test_two_entries_with_one_guid_are_one_record() -> None:
    page = feeds.read(rss(ITEM.format("a"), ITEM.format("a")), "s")
    assert len(page.records) == 1
    assert page.warnings == ("two entries have the id ga",)


def test_the_same_feed_gives_the_same_bytes_at_any_hour() -> None:
    morning = rss(
        ITEM.format("a"), more="<lastBuildDate>Mon, 02 Nov 2026 06:00:00 GMT</lastBuildDate>"
    )
    evening = morning.replace(b"06:00:00", b"18:00:00")
    assert feeds.read(morning, "s").records == feeds.read(evening, "s").records


def test_all_creators_are_kept_and_namespaced_fields_too() -> None:
    item = (
        "<item><title>t</title><guid>1</guid><dc:creator>Ann Lee</dc:creator>"
        "<dc:creator>Bo Li</dc:creator><dc:identifier>doi:10.5555/x</dc:identifier></item>"
    )
    assert entry(feeds.read(rss(item), "s"))["authors"] == ["Ann Lee", "Bo Li"]
    assert entry(feeds.read(rss(item), "s"))["dc_identifier"] == "doi:10.5555/x"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"", TransientError),
        (b" \n ", TransientError),
        (b"<!DOCTYPE html><html><body>Just a moment...</body></html>", TransientError),
        (b"<?xml version='1.0'?><html><body>log in</body></html>", TransientError),
        (b"error code: 1015", ThrottledError),
        (b"/etc/hostname", NotDataError),
        (b"https://journal.example.org/feed", NotDataError),
        (b'{"version": "https://jsonfeed.org/version/1"}', NotDataError),
        (b"<opml><body/></opml>", NotDataError),
        (b'<?xml version="1.0" encoding="utf-7"?><rss/>', NotDataError),
        (b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaa">]><rss/>', NotDataError),
        (b'<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><rss/>', NotDataError),
        (b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss/>', NotDataError),
        (b"<rss>" + b"<a>" * 100_000, NotDataError),
        (b"<rss>" + b"<item>" * 100_001 + b"</rss>", NotDataError),
    ],
)  # fmt: skip
def test_what_is_no_feed_raises_its_own_error(reply: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        feeds.read(reply, "s")


def test_entities_hidden_in_another_encoding_are_seen() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a SYSTEM "file:///x">]><rss/>'
    with pytest.raises(NotDataError, match="entities"):
        feeds.read(bomb.encode("utf-16"), "s")


def test_the_entities_of_old_feeds_are_read() -> None:
    body = rss(ITEM.format("a&nbsp;b")).replace(
        b"<rss", b'<!DOCTYPE rss [<!ENTITY nbsp "&#160;">]><rss', 1
    )
    assert entry(feeds.read(body, "s"))["title"] == "a\xa0b"


def test_a_body_that_names_a_file_does_not_open_it(tmp_path: Path) -> None:
    """feedparser opens a path given as bytes; it must only ever see a stream."""
    secret = tmp_path / "secret.xml"
    secret.write_bytes(rss(ITEM.format("secret")))
    with pytest.raises(NotDataError):
        feeds.read(str(secret).encode(), "s")


def test_a_feed_cut_anywhere_is_transient_and_never_half_an_entry() -> None:
    whole = rss(ITEM.format("alpha"), ITEM.format("beta"), ITEM.format("gamma"))
    for cut in range(len(whole)):
        with pytest.raises(TransientError):
            feeds.read(whole[:cut], "s")


def test_a_whole_feed_with_a_fault_is_read_with_a_warning() -> None:
    page = feeds.read(rss(ITEM.format("a & b"), ITEM.format("c")), "s")
    assert [entry(page, n)["title"] for n in (0, 1)] == ["a & b", "c"]
    assert any("not well-formed" in warning for warning in page.warnings)


def test_an_unescaped_sign_in_a_cut_feed_does_not_save_it() -> None:
    with pytest.raises(TransientError):
        feeds.read(rss(ITEM.format("a & b"), ITEM.format("c"))[:-40], "s")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "cp1252"])
def test_the_declared_encoding_is_believed(encoding: str) -> None:
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    text = rss(ITEM.format("Sørensen naïve")).decode().replace("?>", f' encoding="{name}"?>', 1)
    page = feeds.read(text.encode(encoding), "s")
    assert entry(page)["title"] == "Sørensen naïve"
    assert page.warnings == ()


def test_a_wrongly_declared_encoding_is_read_with_a_warning() -> None:
    page = feeds.read(rss(ITEM.format("x")).replace(b">x<", b">caf\xe9<"), "s")
    assert entry(page)["title"] == "café"
    assert any("Windows-1252" in warning for warning in page.warnings)


def test_control_characters_are_dropped_with_a_warning() -> None:
    page = feeds.read(rss(ITEM.format("x")).replace(b">x<", b">a\x00\x08b<"), "s")
    assert entry(page)["title"] == "ab"
    assert page.warnings == ("2 control characters are dropped",)


def test_an_endless_title_is_cut_with_a_warning() -> None:
    page = feeds.read(rss(f"<item><guid>1</guid><title>{'x' * 1_000_000}</title></item>"), "s")
    assert len(str(entry(page)["title"])) == feeds.MAX_LINE
    assert any("is cut to" in warning for warning in page.warnings)


def test_endless_lists_are_cut_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MAX_ENTRIES", 2)
    monkeypatch.setattr(feeds, "MAX_AUTHORS", 3)
    names = "".join(f"<dc:creator>A{n}</dc:creator>" for n in range(5))
    first = f"<item><guid>0</guid><title>t</title>{names}</item>"
    page = feeds.read(rss(first, *map(ITEM.format, "abc")), "s")
    assert len(page.records) == 2
    assert entry(page)["authors"] == ["A0", "A1", "A2"]
    assert len(page.warnings) == 2


def test_a_feed_without_entries_is_an_empty_page() -> None:
    assert feeds.read(rss(), "s").records == ()


def test_text_is_kept_as_it_came() -> None:
    """The record is evidence; making it harmless is the normaliser's and the renderers' work."""
    text = '<p onclick="x()">P &lt; 0.05 &amp; n > 3</p>'
    item = (
        f"<item><guid>1</guid><title>t</title><description><![CDATA[{text}]]></description></item>"
    )
    assert entry(feeds.read(rss(item), "s"))["summary"] == text

"""Feeds as Atom and JSON Feed: valid by the standards, whatever stands in the texts."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.archive.feeds import FORMS, Category, Entry, Feed
from tests.exported import HOSTILE
from tests.factories import NOW
from tests.feed_rules import atom_faults, json_faults

FAULTS = {"atom": atom_faults, "json": json_faults}
OWN = "https://litwatch.example.org/feed/a.b.atom"


def entry(number: int = 1, **changes: Any) -> Entry:
    values: dict[str, Any] = {
        "id": f"tag:litwatch.example.org,2026:works/{number}",
        "title": f"Stromal niche {number} & <i>friends</i>",
        "published": NOW,
        "updated": NOW + timedelta(hours=number),
        "summary": "Review · Gut",
        "html": "<p>Less than: &lt; and more.</p>",
        "link": f"https://doi.org/10.5555/stroma.{number}",
        "authors": ("Lindqvist Maja", "Okafor Chidi"),
        "categories": (Category("stroma", "Tumour stroma"),),
    }
    return Entry(**(values | changes))


def feed(*entries: Entry, **changes: Any) -> Feed:
    values: dict[str, Any] = {
        "id": "tag:litwatch.example.org,2026:topics/stroma",
        "title": "Litwatch: stroma",
        "subtitle": "Papers",
        "updated": NOW,
        "entries": entries,
        "address": OWN,
    }
    return Feed(**(values | changes))


def atom(made: Feed) -> Any:
    """What a reader of feeds makes of it."""
    return feedparser.parse(io.BytesIO(FORMS["atom"].written(made)))


def document(made: Feed) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FORMS["json"].written(made))
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "made",
    [
        feed(entry(1), entry(2)),
        feed(),
        feed(entry(), address=""),
        feed(entry(link="", authors=(), categories=(), summary="")),
    ],
)
def test_a_feed_is_valid(form: str, made: Feed) -> None:
    assert FAULTS[form](FORMS[form].written(made)) == []


def test_a_reader_of_atom_sees_what_is_told() -> None:
    found = atom(feed(entry()))
    assert (found.feed.title, found.feed.id, found.feed.updated) == (
        "Litwatch: stroma",
        "tag:litwatch.example.org,2026:topics/stroma",
        "2026-11-23T07:00:00Z",
    )
    assert [(link.rel, link.href) for link in found.feed.links] == [("self", OWN)]
    (one,) = found.entries
    assert one.title_detail.type == "text/plain"
    assert one.title == "Stromal niche 1 & <i>friends</i>"
    assert one.id == "tag:litwatch.example.org,2026:works/1"
    assert (one.published, one.updated) == ("2026-11-23T07:00:00Z", "2026-11-23T08:00:00Z")
    assert [author.name for author in one.authors] == ["Lindqvist Maja", "Okafor Chidi"]
    assert [(tag.term, tag.label) for tag in one.tags] == [("stroma", "Tumour stroma")]
    assert one.link == "https://doi.org/10.5555/stroma.1"
    assert one.content[0].value == "<p>Less than: &lt; and more.</p>"
    assert one.content[0].type == "text/html"
    assert one.summary == "Review · Gut"


def test_a_reader_of_json_sees_the_same() -> None:
    found = document(feed(entry()))
    assert found["feed_url"] == OWN
    assert found["items"] == [
        {
            "id": "tag:litwatch.example.org,2026:works/1",
            "url": "https://doi.org/10.5555/stroma.1",
            "title": "Stromal niche 1 & <i>friends</i>",
            "summary": "Review · Gut",
            "date_published": "2026-11-23T07:00:00Z",
            "date_modified": "2026-11-23T08:00:00Z",
            "authors": [{"name": "Lindqvist Maja"}, {"name": "Okafor Chidi"}],
            "tags": ["Tumour stroma"],
            "content_html": "<p>Less than: &lt; and more.</p>",
        }
    ]


def test_what_is_not_known_is_left_out_not_empty() -> None:
    bare = feed(entry(link="", summary="", authors=(), categories=()), address="", subtitle="")
    assert set(document(bare)) == {"version", "title", "authors", "items"}
    assert set(document(bare)["items"][0]) == {
        "id", "title", "date_published", "date_modified", "content_html",
    }  # fmt: skip
    assert document(feed())["items"] == []


def test_titles_are_text_and_never_markup() -> None:
    raw = FORMS["atom"].written(feed(entry(title="<script>alert(1)</script> & <b>bold</b>")))
    assert b"<script" not in raw
    assert b'<title type="text">&lt;script&gt;' in raw


def test_times_are_told_in_utc_to_the_second() -> None:
    at = datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=2)))
    assert atom(feed(updated=at)).feed.updated == "2026-11-23T07:00:00Z"


@pytest.mark.parametrize("form", FORMS)
def test_the_same_feed_gives_the_same_bytes(form: str) -> None:
    made = feed(entry(1), entry(2))
    assert FORMS[form].written(made) == FORMS[form].written(replace(made))


@given(st.lists(HOSTILE | st.text(), min_size=7, max_size=7))
@settings(max_examples=200, deadline=None)
def test_a_hostile_text_breaks_no_feed(texts: list[str]) -> None:
    title, summary, html, author, label, name, subtitle = texts
    made = feed(
        entry(1, title=title, summary=summary, html=f"<p>{html}</p>", authors=(author, "Okafor")),
        entry(2, categories=(Category("stroma", label),), title=label),
        title=f"Litwatch: {name}",
        subtitle=subtitle,
    )
    assert atom_faults(FORMS["atom"].written(made)) == []
    found = document(made)
    assert json_faults(FORMS["json"].written(made)) == []
    assert len(found["items"]) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<id>tag:", "<id>no tag "),
        ("<updated>2026-11-23T07", "<updated>2026-11-23 07"),
        ('href="https://doi', 'href="/doi'),
        ('type="html"', 'type="xhtml"'),
        ("<name>Litwatch</name>", ""),
        ('term="stroma"', ""),
        ("<generator>", "<generator><b/>"),
        ("works/2</id>", "works/1</id>"),
    ],
)
def test_the_rules_of_atom_would_notice(old: str, new: str) -> None:
    body = FORMS["atom"].written(feed(entry(1), entry(2, updated=entry(1).updated))).decode()
    assert old in body
    assert atom_faults(body.replace(old, new).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [("version", "1"), ("title", None), ("items", None), ("feed_url", "/a"), ("odd", "x")],
)
def test_the_rules_of_json_feed_would_notice(name: str, value: object) -> None:
    told = document(feed(entry())) | {name: value}
    assert json_faults(json.dumps({k: v for k, v in told.items() if v is not None}).encode())


@pytest.mark.parametrize(
    "broken", [{"id": ""}, {"tags": [""]}, {"date_modified": "today"}, {"authors": [{}]}]
)
def test_the_rules_of_a_json_item_would_notice(broken: dict[str, Any]) -> None:
    told = document(feed(entry()))
    told["items"][0] |= broken
    assert json_faults(json.dumps(told).encode())

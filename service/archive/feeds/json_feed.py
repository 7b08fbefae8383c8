"""A feed as JSON Feed 1.1 (jsonfeed.org)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from service.archive.exports.plain import line, lines
from service.archive.feeds.atom import instant
from service.archive.feeds.feed import AUTHOR

if TYPE_CHECKING:
    from service.archive.feeds.feed import Entry, Feed

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


def written(feed: Feed) -> bytes:
    """The document in UTF-8. The same feed gives the same bytes."""
    told: dict[str, object] = {
        "version": VERSION,
        "title": line(feed.title),
        "description": line(feed.subtitle),
        "feed_url": feed.address,
        "authors": [{"name": AUTHOR}],
    }
    items = [_item(entry) for entry in feed.entries]
    document = {**_known(told), "items": items}  # which must be there, even when there are none
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _item(entry: Entry) -> dict[str, object]:
    told: dict[str, object] = {
        "id": entry.id,
        "url": entry.link,
        "title": line(entry.title),
        "summary": line(entry.summary),
        "date_published": instant(entry.published),
        "date_modified": instant(entry.updated),
        "authors": [{"name": name} for name in filter(None, map(line, entry.authors))],
        "tags": [tag for each in entry.categories if (tag := line(each.label))],
    }
    return {**_known(told), "content_html": lines(entry.html)}


def _known(told: dict[str, object]) -> dict[str, object]:
    """What there is to tell: the standard has optional members left out, not empty."""
    return {name: value for name, value in told.items() if value}

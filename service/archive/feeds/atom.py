"""A feed as Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from lxml import etree

from service.archive.exports.plain import line, lines
from service.archive.feeds.feed import AUTHOR

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from service.archive.feeds.feed import Entry, Feed

MEDIA_TYPE = "application/atom+xml"
ATOM = "http://www.w3.org/2005/Atom"
# The one without a prefix, which the stubs do not know.
_NAMESPACES: dict[str | None, str] = {None: ATOM}


def written(feed: Feed) -> bytes:
    """The document in UTF-8. The same feed gives the same bytes."""
    root = etree.Element(_tag("feed"), nsmap=_NAMESPACES)  # type: ignore[arg-type]  # see there
    _add(root, "id", feed.id)
    _add(root, "title", line(feed.title), type="text")
    _add(root, "subtitle", line(feed.subtitle), type="text")
    _add(root, "updated", instant(feed.updated))
    _people(root, (AUTHOR,))
    _add(root, "generator", AUTHOR)
    if feed.address:
        _add(root, "link", rel="self", type=MEDIA_TYPE, href=feed.address)
    for entry in feed.entries:
        _entry(_add(root, "entry"), entry)
    etree.indent(root)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def instant(at: datetime) -> str:
    """A moment as RFC 3339 has it, in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _entry(parent: etree._Element, entry: Entry) -> None:
    _add(parent, "id", entry.id)
    _add(parent, "title", line(entry.title), type="text")
    _add(parent, "published", instant(entry.published))
    _add(parent, "updated", instant(entry.updated))
    _people(parent, entry.authors)
    if entry.link:
        _add(parent, "link", rel="alternate", type="text/html", href=entry.link)
    for category in entry.categories:
        _add(parent, "category", term=line(category.term), label=line(category.label))
    if summary := line(entry.summary):
        _add(parent, "summary", summary, type="text")
    _add(parent, "content", lines(entry.html), type="html")


def _people(parent: etree._Element, names: Iterable[str]) -> None:
    for name in filter(None, map(line, names)):
        _add(_add(parent, "author"), "name", name)


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    added = etree.SubElement(parent, _tag(name), attributes)
    added.text = text or None
    return added


def _tag(name: str) -> str:
    return f"{{{ATOM}}}{name}"

"""What feeds must be: RFC 4287 as a grammar and what a grammar cannot say, and JSON Feed 1.1.

Written from the standards and without a line of the service: a second opinion, not an echo.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import feedparser
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

ATOM = "{http://www.w3.org/2005/Atom}"
_INSTANT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+\-][0-9]{2}:[0-9]{2})"
)
_IRI = r"[A-Za-z][A-Za-z0-9+.\-]*:[!#-;=?-\[\]_a-z~%]+"  # ASCII: what every reader understands
_MEDIA = r"[a-z]+/[a-z0-9.+\-]+"

# Sections 4.1 and 4.2, as far as a feed without foreign markup goes.
GRAMMAR = f"""
<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://www.w3.org/2005/Atom"
         datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="feed"><interleave>
    <ref name="common"/>
    <optional><element name="subtitle"><ref name="text"/></element></optional>
    <optional><element name="generator"><data type="string">
      <param name="minLength">1</param></data></element></optional>
    <zeroOrMore><ref name="entry"/></zeroOrMore>
  </interleave></element></start>
  <define name="entry"><element name="entry"><interleave>
    <ref name="common"/>
    <optional><element name="published"><ref name="instant"/></element></optional>
    <optional><element name="summary"><ref name="text"/></element></optional>
    <optional><element name="content"><ref name="text"/></element></optional>
  </interleave></element></define>
  <define name="common"><interleave>
    <element name="id"><ref name="iri"/></element>
    <element name="title"><ref name="text"/></element>
    <element name="updated"><ref name="instant"/></element>
    <zeroOrMore><element name="author"><interleave>
      <element name="name"><data type="string"><param name="minLength">1</param></data></element>
      <optional><element name="uri"><ref name="iri"/></element></optional>
      <optional><element name="email"><data type="string">
        <param name="pattern">.+@.+</param></data></element></optional>
    </interleave></element></zeroOrMore>
    <zeroOrMore><element name="category">
      <attribute name="term"><data type="string"><param name="minLength">1</param></data></attribute>
      <optional><attribute name="scheme"><ref name="iri"/></attribute></optional>
      <optional><attribute name="label"/></optional>
    </element></zeroOrMore>
    <zeroOrMore><element name="link">
      <attribute name="href"><ref name="iri"/></attribute>
      <optional><attribute name="rel"><choice><value>alternate</value><value>self</value>
        <value>related</value><value>enclosure</value><value>via</value></choice></attribute></optional>
      <optional><attribute name="type"><data type="string">
        <param name="pattern">{_MEDIA}</param></data></attribute></optional>
    </element></zeroOrMore>
  </interleave></define>
  <define name="text">
    <optional><attribute name="type"><choice><value>text</value><value>html</value></choice>
    </attribute></optional><text/>
  </define>
  <define name="instant"><data type="string"><param name="pattern">{_INSTANT}</param></data></define>
  <define name="iri"><data type="string">
    <param name="pattern">{_IRI.replace("&", "&amp;")}</param></data></define>
</grammar>
"""


def atom_faults(body: bytes) -> list[str]:
    """Everything about an Atom document that the standard forbids."""
    root = etree.fromstring(body)
    schema = etree.RelaxNG(etree.fromstring(GRAMMAR))
    faults = [] if schema.validate(root) else [str(error) for error in schema.error_log]
    parsed = feedparser.parse(io.BytesIO(body))
    if parsed.bozo:
        faults.append(f"feedparser: {parsed.bozo_exception}")
    if len(parsed.entries) != len(root.findall(f"{ATOM}entry")):
        faults.append("feedparser sees another number of entries")
    return faults + list(_ungrammatical(root))


def _ungrammatical(root: etree._Element) -> Iterator[str]:
    entries = root.findall(f"{ATOM}entry")
    written = root.find(f"{ATOM}author") is not None
    ids = [(e.findtext(f"{ATOM}id"), e.findtext(f"{ATOM}updated")) for e in entries]
    yield from (f"twice: {each}" for each, times in Counter(ids).items() if times > 1)
    for element in (root, *entries):
        links = Counter(
            (a.get("rel", "alternate"), a.get("type")) for a in element.findall(f"{ATOM}link")
        )
        yield from (f"two links {each}" for each, times in links.items() if times > 1)
        for name in ("updated", "published"):
            if told := element.findtext(f"{ATOM}{name}"):
                datetime.fromisoformat(told)  # a day that there is
    for entry in entries:
        if not written and entry.find(f"{ATOM}author") is None:
            yield "nobody has written an entry"
        alternate = any(
            a.get("rel", "alternate") == "alternate" for a in entry.findall(f"{ATOM}link")
        )
        if entry.find(f"{ATOM}content") is None and not alternate:
            yield "an entry has neither content nor a page"


_FEED = {
    "version": str, "title": str, "home_page_url": str, "feed_url": str, "description": str,
    "user_comment": str, "next_url": str, "icon": str, "favicon": str, "authors": list,
    "language": str, "expired": bool, "hubs": list, "items": list,
}  # fmt: skip
_ITEM = {
    "id": str, "url": str, "external_url": str, "title": str, "content_html": str,
    "content_text": str, "summary": str, "image": str, "banner_image": str,
    "date_published": str, "date_modified": str, "authors": list, "tags": list,
    "language": str, "attachments": list,
}  # fmt: skip
_ADDRESSES = {"home_page_url", "feed_url", "next_url", "icon", "favicon", "url", "external_url"}


def json_faults(body: bytes) -> list[str]:
    """Everything about a JSON document that jsonfeed.org's version 1.1 forbids."""
    document = json.loads(body.decode("utf-8"))
    if not isinstance(document, dict):
        return ["no object at the top"]
    faults = [*_members("feed", document, _FEED, ("version", "title", "items"))]
    if document.get("version") != "https://jsonfeed.org/version/1.1":
        faults.append(f"version {document.get('version')!r}")
    items = document.get("items", [])
    for item in items:
        faults += _members("item", item, _ITEM, ("id",))
        if not {"content_html", "content_text"} & item.keys():
            faults.append("an item has no content")
        faults += [
            f"tag {tag!r}" for tag in item.get("tags", ()) if not (isinstance(tag, str) and tag)
        ]
        for name in ("date_published", "date_modified"):
            if name in item and not re.fullmatch(_INSTANT, item[name]):
                faults.append(f"{name} {item[name]!r}")
    if len({item.get("id") for item in items}) < len(items):
        faults.append("two items have one id")
    return faults


def _members(
    what: str, told: dict[str, Any], known: dict[str, type], needed: tuple[str, ...]
) -> Iterator[str]:
    yield from (
        f"{what} without {name}" for name in needed if not told.get(name) and name != "items"
    )
    if "items" in needed and "items" not in told:
        yield "no items"
    for name, value in told.items():
        if name not in known and not name.startswith("_"):
            yield f"{what} has {name}"
        elif name in known and not isinstance(value, known[name]):
            yield f"{what}: {name} is a {type(value).__name__}"
        elif name in _ADDRESSES and not re.fullmatch(_IRI, value):
            yield f"{what}: {name} is no address: {value!r}"
    for author in told.get("authors", ()):
        if not {"name", "url", "avatar"} & author.keys() or not all(author.values()):
            yield f"{what}: author {author}"

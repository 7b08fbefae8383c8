"""OPML, in which programs hand each other lists of feeds (versions 1 and 2). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from service import safe_xml
from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


LONGEST = 5 << 20  # bytes of a document; a list of thousands of feeds has one
MOST = 2_000  # feeds of one document
_FEEDS = frozenset({"rss", "rss1", "rss2", "atom", "rdf"})  # types, in whatever case


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed as a list names it: on one line, and of whatever address stands there."""

    title: str
    url: str
    enabled: bool = True


def read(body: bytes) -> tuple[Outline, ...]:
    """Every feed of a document, in its order, folders opened. Raises `InputError` for what is no
    OPML or too large."""
    if len(body) > LONGEST:
        raise InputError("the list", f"is larger than {LONGEST >> 20} MiB", "split it")
    try:
        root = safe_xml.parse(body)
    except safe_xml.MalformedXMLError as error:
        raise InputError("the list", f"is not XML: {error}", "export it again as OPML") from None
    if safe_xml.local_name(root).lower() != "opml":
        told = f"is no OPML: its root is <{safe_xml.local_name(root)[:40]}>"
        raise InputError("the list", told, "export it as OPML")
    found = tuple(_outlines(root))
    if len(found) > MOST:
        raise InputError("the list", f"has more than {MOST:,} feeds", "split it")
    return found


def _outlines(root: etree._Element) -> Iterator[Outline]:
    for element in root.iter("{*}outline"):
        told = {str(name).lower(): " ".join(str(value).split()) for name, value in element.items()}
        if "xmlurl" in told or told.get("type", "").lower() in _FEEDS:
            url = told.get("xmlurl", "")
            yield Outline(_shown(told) or url, url, enabled=not _commented(element))


def _shown(told: Mapping[str, str]) -> str:
    name = told.get("title") or told.get("text") or ""
    return "".join(sign for sign in name if sign.isprintable())[:200]


def _commented(element: etree._Element) -> bool:
    """Whether it, or a folder that it is in, is switched off."""
    return any(each.get("isComment") == "true" for each in (element, *element.iterancestors()))


def write(title: str, outlines: Iterable[Outline], own: Iterable[Outline] = ()) -> bytes:
    """A document in UTF-8 with these feeds, and `own` ones in a folder called Litwatch."""

    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    for outline in outlines:
        _put(body, outline)
    folder = None
    for outline in own:
        if folder is None:
            folder = etree.SubElement(body, "outline", text="Litwatch", title="Litwatch")
        _put(folder, outline)
    etree.indent(root)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _put(parent: etree._Element, outline: Outline) -> None:

    shown = _shown({"text": outline.title}) or outline.url
    attributes = {"type": "rss", "text": shown, "title": shown, "xmlUrl": outline.url}
    off = {} if outline.enabled else {"isComment": "true"}
    etree.SubElement(parent, "outline", attributes | off)

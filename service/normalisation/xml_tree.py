"""Walking XML by local names: JATS and Dublin Core come with and without namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service import safe_xml
from service.errors import ParseError
from service.normalisation.markup import element_text
from service.safe_xml import local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from service.records import Record


def load(record: Record) -> etree._Element:
    """The root of the record's payload. Raises `ParseError` when it is not well-formed."""
    try:
        return safe_xml.parse(record.payload)
    except safe_xml.MalformedXMLError as error:
        raise ParseError(
            record.key, f"not well-formed XML: {error}", "fetch the record again"
        ) from None


def children(element: etree._Element | None, *names: str) -> Iterator[etree._Element]:
    """The child elements so named, in document order; all of them when no name is given."""
    for child in () if element is None else element:
        name = local_name(child)
        if name and (not names or name in names):
            yield child


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first element at `path`, one name per level."""
    for name in path:
        element = next(children(element, name), None)
    return element


def text(element: etree._Element | None, *path: str) -> str:
    """The cleaned text of the first element at `path`, "" when there is none."""
    found = child(element, *path)
    return "" if found is None else element_text(found)


def attribute(element: etree._Element, name: str) -> str:
    """The attribute whose local name is `name` (xlink:href as "href"), else ""."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value).strip()
    return ""

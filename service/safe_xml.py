"""XML from strangers, parsed without touching disk or network.

The one parser that sources and normalisation share. Entities are not expanded (no billion
laughs, no file inclusion), DTDs are not loaded, and lxml's own depth and size limits stay on.
"""

from __future__ import annotations

from typing import cast

from lxml import etree


class MalformedXMLError(ValueError):
    """The bytes are not well-formed XML; the message says where they break."""


class _Nothing:
    """A target that is told of no element: then the parser builds none."""

    def close(self) -> None:
        """The document is whole."""


def parse(body: bytes) -> etree._Element:
    """Return the root element of `body`. Raises `MalformedXMLError`."""
    return _read(body, None)


def check(body: bytes) -> None:
    """Raise `MalformedXMLError` for what `parse` would refuse; needs no memory for a tree, which
    can be thirty times as large as its text."""
    _read(body, cast("etree.ParserTarget", _Nothing()))


def _read(body: bytes, target: etree.ParserTarget | None) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_pis=True,
        target=target,
    )
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedXMLError(str(error)) from None


def local_name(element: etree._Element) -> str:
    """The tag without its namespace; "" for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""

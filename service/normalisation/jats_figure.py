"""The first figure of a JATS full text that may be shown elsewhere: what it is called and says, and
the name of its picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from service import safe_xml
from service.errors import ParseError
from service.normalisation import licences
from service.normalisation import xml_tree as tree
from service.normalisation.markup import element_text
from service.safe_xml import local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

MOST_WORDS = 600  # characters of a caption that are kept
# Creative Commons without "no derivatives": a thumbnail is one.
_SHARED = re.compile(r"(?:CC0|CC BY(?:-NC)?(?:-SA)?|public domain)(?: \d\.\d)?")
# A paper under such a licence may still hold a figure that is somebody else's.
_OF_OTHERS = re.compile(
    r"©|\(c\) ?(?:19|20)\d\d|copyright|all rights reserved|(?:with|by) (?:\w+ ){0,2}permission|"
    r"\b(?:(?:reproduced|reprinted|adapted) (?:\w+ ){0,2}|modified (?:\w+ )?)from\b",
    re.IGNORECASE,
)


class FigureText(NamedTuple):
    """`href` is what the full text names the picture by; it may be anything."""

    label: str
    caption: str
    href: str


def may_be_shown(licence: str) -> bool:
    """Whether a licence (as `licences.short` writes it) lets anybody show a smaller copy, with
    credit and not for money."""
    return _SHARED.fullmatch(licence) is not None


def first_figure(full_text: bytes) -> FigureText | None:
    """The first figure with one picture that is not said to be somebody else's; None where there
    is none. Raises `ParseError` for what is no XML."""
    try:
        root = safe_xml.parse(full_text)
    except safe_xml.MalformedXMLError as error:
        raise ParseError("full text", f"not well-formed XML: {error}") from None
    figures = (each for each in root.iter() if local_name(each) == "fig")
    return next((found for each in figures if (found := _read(each)) is not None), None)


def _read(figure: etree._Element) -> FigureText | None:
    href = next(_pictures(figure), "")
    caption = " ".join(element_text(each) for each in tree.children(figure, "caption"))
    if not href or _is_of_others(figure, caption):
        return None
    return FigureText(tree.text(figure, "label").rstrip(" .:"), _shortened(caption), href)


def _pictures(figure: etree._Element) -> Iterator[str]:
    for each in figure.iter():
        if local_name(each) == "graphic" and (href := tree.attribute(each, "href")):
            yield href


def _is_of_others(figure: etree._Element, caption: str) -> bool:
    told = (element_text(each) for each in figure.iter() if local_name(each) == "attrib")
    if any(_OF_OTHERS.search(text) for text in (caption, *told)):
        return True
    permissions = [each for each in figure.iter() if local_name(each) == "permissions"]
    return any(not may_be_shown(_licence(each)) for each in permissions)


def _licence(permissions: etree._Element) -> str:
    named = (tree.attribute(e, "href") or element_text(e) for e in permissions.iter() if _says(e))
    return next((found for each in named if may_be_shown(found := licences.short(each))), "")


def _says(element: etree._Element) -> bool:
    return local_name(element) in ("license", "license_ref", "ext-link")


def _shortened(text: str) -> str:
    if len(text) <= MOST_WORDS:
        return text
    return text[: MOST_WORDS - 1].rsplit(" ", 1)[0].rstrip(" ,;:(") + "…"

"""The abstract of a JATS article among the several it may have."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from service.normalisation import xml_tree as tree
from service.normalisation.markup import element_text, html_sections
from service.records import OtherAbstract, Section
from service.safe_xml import local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

# abstract-types that never stand for the abstract itself.
_NEVER = (
    "graphical", "teaser", "plain-language", "lay", "key-points", "keypoints", "highlights",
    "video", "audio", "web", "editor", "toc", "tweet", "synopsis", "visual",
)  # fmt: skip
_NO_TEXT = ("title", "label", "object-id")
_HEADINGS = frozenset(("abstract", "summary", "graphical abstract"))


class Abstract(NamedTuple):
    """The main abstract's sections, and the other abstracts."""

    sections: tuple[Section, ...]
    others: tuple[OtherAbstract, ...]


def read(meta: etree._Element | None, language: str) -> Abstract:
    """Choose the main abstract: the untyped one, else the first that may stand for it.

    An article in another language than English gives way to its English translation, and the
    original comes among the others.
    """
    own = [e for e in tree.children(meta, "abstract") if element_text(e)]
    translated = [e for e in tree.children(meta, "trans-abstract") if element_text(e)]
    main = next((e for e in own if not e.get("abstract-type")), None)
    if main is None:
        main = next((e for e in own if not _is_never(e)), None)
    english = next((e for e in translated if _language(e).startswith("en")), None)
    if english is not None and (main is None or language[:2] not in ("", "en")):
        main = english
    rest = [e for e in (*own, *translated) if e is not main]
    return Abstract(
        tuple(_sections(main)) if main is not None else (),
        tuple(
            OtherAbstract(_kind(e), _language(e) or ("" if e in translated else language), words)
            for e in rest
            if (words := " ".join(section.text for section in _sections(e)))
        ),
    )


def _is_never(element: etree._Element) -> bool:
    return (element.get("abstract-type") or "").lower().startswith(_NEVER)


def _kind(element: etree._Element) -> str:
    fallback = "translated" if local_name(element) == "trans-abstract" else "abstract"
    return element.get("abstract-type") or fallback


def _language(element: etree._Element) -> str:
    return tree.attribute(element, "lang").lower()


def _sections(abstract: etree._Element) -> Iterator[Section]:
    """One section per `sec`; without any, the paragraphs, cut at the bold words that open them."""
    parts = [e for e in tree.children(abstract) if local_name(e) not in _NO_TEXT]
    if not any(local_name(part) == "sec" for part in parts):
        marked = "".join(_paragraph(part) for part in parts) or escape(element_text(abstract))
        yield from html_sections(marked)
        return
    loose: list[str] = []
    for part in parts:
        if local_name(part) == "sec":
            yield from _flush(loose)
            yield from _section(part)
        else:
            loose.append(element_text(part))
    yield from _flush(loose)


def _paragraph(element: etree._Element) -> str:
    """The paragraph as HTML with nothing marked but the bold words it begins with."""
    first = next(tree.children(element), None)
    words = element_text(element)
    heading = ""
    if first is not None and local_name(first) == "bold" and not (element.text or "").strip():
        heading = element_text(first)
    if not heading or not words.startswith(heading):
        return f"<p>{escape(words)}</p>"
    return f"<p><b>{escape(heading)}</b>{escape(words[len(heading) :])}</p>"


def _section(element: etree._Element) -> Iterator[Section]:
    label = tree.text(element, "title").strip(" :.")
    body = (
        element_text(part)
        for part in tree.children(element)
        if local_name(part) not in (*_NO_TEXT, "sec")
    )
    words = " ".join(text for text in body if text)
    if words:
        yield Section("" if label.lower() in _HEADINGS else label, words)
    for inner in tree.children(element, "sec"):
        yield from _section(inner)


def _flush(loose: list[str]) -> Iterator[Section]:
    words = " ".join(text for text in loose if text)
    loose.clear()
    if words:
        yield Section("", words)

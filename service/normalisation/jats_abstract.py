"""The abstract of a JATS article among the several it may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from service.normalisation import xml_tree as tree
from service.normalisation.markup import element_text, html_sections
from service.records import OtherAbstract, Section
from service.safe_xml import local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

# abstract-types that never stand for the abstract itself.
_NEVER = (
    "graphical", "teaser", "plain-language", "lay", "key-points", "keypoints", "highlights",
    "video", "audio", "web", "editor", "toc", "tweet", "synopsis", "visual",
)  # fmt: skip
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
    """One section per `sec`; without any, the paragraphs, cut at bold headings."""
    if next(tree.children(abstract, "sec"), None) is None and not _has_formula(abstract):
        marked = etree.tostring(abstract, encoding="unicode", with_tail=False)
        yield from _relabelled(html_sections(marked), tree.text(abstract, "title"))
        return
    loose: list[str] = []
    for element in tree.children(abstract):
        name = local_name(element)
        if name == "sec":
            yield from _flush(loose)
            yield from _section(element)
        elif name not in ("title", "label", "object-id"):
            loose.append(element_text(element))
    yield from _flush(loose)


def _relabelled(sections: tuple[Section, ...], title: str) -> Iterator[Section]:
    """The abstract's own title ("Author Summary") is the label of no section."""
    for place, section in enumerate(sections):
        own = place == 0 and section.label and section.label == title.strip(" :.")
        yield Section("", section.text) if own else section


def _section(element: etree._Element) -> Iterator[Section]:
    label = tree.text(element, "title").strip(" :.")
    body = (
        element_text(part)
        for part in tree.children(element)
        if local_name(part) not in ("title", "label", "sec", "object-id")
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


def _has_formula(abstract: etree._Element) -> bool:
    return any(local_name(e) in ("tex-math", "math", "alternatives") for e in abstract.iter())

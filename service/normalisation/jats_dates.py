"""When a JATS article was first published, and when it entered PMC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.normalisation import dates
from service.normalisation import xml_tree as tree
from service.normalisation.choice import earliest
from service.safe_xml import local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

# Dates in pub-date that say when an archive or a manuscript system had it, not the public.
_NOT_PUBLISHED = frozenset(
    str.split("pmc-release nihms-submitted received accepted rev-recd corrected retracted update")
)


def published(meta: etree._Element | None) -> str | None:
    """The electronic date, else the earliest; an archive's release only when nothing else is."""
    electronic: list[str | None] = []
    others: list[str | None] = []
    archived: list[str | None] = []
    for element in tree.children(meta, "pub-date"):
        kind = element.get("pub-type") or element.get("date-type") or ""
        form = element.get("publication-format") or ""
        if kind in _NOT_PUBLISHED:
            archived.append(date(element))
        elif kind == "epub" or (form == "electronic" and kind in ("", "pub", "epub")):
            electronic.append(date(element))
        else:
            others.append(date(element))
    return earliest(electronic) or earliest(others) or earliest(archived)


def entered(meta: etree._Element | None) -> str | None:
    """When it became readable in PMC, else its release there."""
    released = (
        date(element)
        for element in tree.children(meta, "pub-date")
        if element.get("pub-type") == "pmc-release" or element.get("date-type") == "pmc-release"
    )
    return event(meta, "pmc-live") or event(meta, "pmc-release") or earliest(released)


def event(meta: etree._Element | None, name: str) -> str | None:
    """The date of that event of pub-history."""
    for element in tree.children(tree.child(meta, "pub-history"), "event"):
        if element.get("event-type") == name:
            return earliest(_dates(element))
    return None


def _dates(element: etree._Element) -> Iterator[str | None]:
    return (date(found) for found in element.iter() if local_name(found) == "date")


def date(element: etree._Element) -> str | None:
    """The date in year, month and day elements, in an attribute, or in words."""
    parts = (tree.text(element, name) for name in ("year", "month", "day"))
    return (
        dates.partial(*parts)
        or dates.iso(element.get("iso-8601-date"))
        or dates.iso(tree.text(element, "string-date"))
        or dates.medline_date(tree.text(element, "string-date"))
    )

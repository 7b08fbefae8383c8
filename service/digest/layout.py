"""The order in which every renderer shows a digest: shelves of works, and news of earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.records import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records import DigestChange, DigestContent, DigestItem, DigestSection

_LATE = "Late arrivals"
_CORRECTIONS = "Corrections to earlier digests"
_PUBLISHED = "Now published"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Works that are shown together; the first shelf of a section may have no heading."""

    heading: str
    items: tuple[DigestItem, ...]


def shelves(section: DigestSection) -> tuple[Shelf, ...]:
    """A section's works by theme, in the order in which the themes first occur; then those that
    share none; late arrivals last. Headings are left out where there is nothing to tell apart."""
    timely = [item for item in section.items if not item.late]
    late = tuple(item for item in section.items if item.late)
    themes = list(dict.fromkeys(item.theme for item in timely if item.theme))
    found = [Shelf(theme, tuple(i for i in timely if i.theme == theme)) for theme in themes]
    alone = tuple(item for item in timely if not item.theme)
    if alone:
        found.append(Shelf("Others" if found else "", alone))
    if late:
        found.append(Shelf(_LATE, late))
    return tuple(found)


def news(content: DigestContent) -> tuple[tuple[str, tuple[DigestChange, ...]], ...]:
    """What has become of works of earlier digests, under its headings, the alarming first."""
    order = list(Change)
    told = sorted(content.changes, key=lambda each: (order.index(each.change), each.work.id))
    kinds: Sequence[tuple[str, tuple[DigestChange, ...]]] = (
        (_CORRECTIONS, tuple(each for each in told if each.change is not Change.PUBLISHED)),
        (_PUBLISHED, tuple(each for each in told if each.change is Change.PUBLISHED)),
    )
    return tuple((heading, changes) for heading, changes in kinds if changes)

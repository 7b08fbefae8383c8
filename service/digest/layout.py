"""The order in which every renderer shows a digest: shelves of works, and news of earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.records import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records import DigestChange, DigestContent, DigestItem, DigestSection

_LATE = "Late arrivals"
_CORRECTIONS = "Corrections to "
_DIGESTS, _SAVED = "earlier digests", "what you saved"
_PUBLISHED = "Now published"
_REVISED = "New versions of preprints"
_HEADINGS = {Change.PUBLISHED: _PUBLISHED, Change.NEW_VERSION: _REVISED}


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
    """What has become of works that the reader was sent, or saved, under its headings, the alarming
    first."""
    order = list(Change)
    told = sorted(content.changes, key=lambda each: (order.index(each.change), each.work.id))
    corrections = tuple(each for each in told if each.change not in _HEADINGS)
    kinds: list[tuple[str, tuple[DigestChange, ...]]] = [
        (_CORRECTIONS + corrected(corrections), corrections)
    ]
    for kind, heading in _HEADINGS.items():
        kinds.append((heading, tuple(each for each in told if each.change is kind)))
    return tuple((heading, changes) for heading, changes in kinds if changes)


def corrected(changes: Sequence[DigestChange]) -> str:
    """What it is that was corrected: "earlier digests", "what you saved", or both."""
    told = [_DIGESTS] if any(each.sent for each in changes) else []
    return " and ".join([*told, _SAVED] if any(not each.sent for each in changes) else told)

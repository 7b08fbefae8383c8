"""Values: a feed as it is written, whatever the format. Text may be anybody's: writers clean it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Category:
    """What an entry belongs to: a name for programs, and one for people."""

    term: str
    label: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a feed tells of. `id` is an IRI, for ever the same and of nothing else.

    `link` leads to what it is about, "" where nothing is known; `summary` is plain text, `html` is
    markup in which everything from strangers has been escaped. `updated` is when it last changed
    so that a reader must be told.
    """

    id: str
    title: str
    published: datetime
    updated: datetime
    summary: str
    html: str
    link: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """Entries, the newest first. `address` is where the feed itself is to be had, "" for a file
    of which nobody knows where it will lie; `updated` is when anything of it last changed."""

    id: str
    title: str
    subtitle: str
    updated: datetime
    entries: tuple[Entry, ...]
    address: str = ""


AUTHOR = "Litwatch"  # of feeds, and of entries that nobody else has written

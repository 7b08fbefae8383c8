"""Works and digests as feeds for other programs to follow. Pure: a feed in, its bytes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.archive.feeds import atom, json_feed
from service.archive.feeds.feed import Category, Entry, Feed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Form:
    """A format of feeds: its media type, and how it is written. The name ends files' names."""

    media_type: str
    written: Callable[[Feed], bytes]


FORMS: Mapping[str, Form] = {
    "atom": Form(atom.MEDIA_TYPE, atom.written),
    "json": Form(json_feed.MEDIA_TYPE, json_feed.written),
}

__all__ = ["FORMS", "Category", "Entry", "Feed", "Form"]

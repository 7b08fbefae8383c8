"""Titles as PubMed gives them: translations in brackets, placeholders, prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from service.normalisation import pubmed_links, pubmed_types
from service.normalisation.text import title_flags
from service.records import NOTICES, Flag, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLACEHOLDERS = frozenset(("not available", "in process citation", "no title available"))


class Title(NamedTuple):
    """A title understood: its words, what it says of its paper, and the kind of notice it is."""

    text: str
    original: str
    flags: frozenset[Flag]
    notice: Kind | None


def title(text: str, vernacular: str = "") -> Title:
    """Read a cleaned title and its original in another language.

    "[A study]." is a translation; "[Not Available]." and "" give way to the original.
    """
    inner = _in_brackets(text)
    if not text or (inner and inner.rstrip(".").lower() in _PLACEHOLDERS):
        words, flags, notice = title_flags(vernacular)
        return Title(words, vernacular, flags, notice)
    words, flags, notice = title_flags(inner or text)
    if inner:
        flags |= {Flag.TRANSLATED_TITLE}
    return Title(words, vernacular, flags, notice)


def kind_and_flags(named: Title, types: Iterable[str], venue: str) -> tuple[Kind, frozenset[Flag]]:
    """Return what a record is, and what happened to it, by its types, its title and its venue.

    "Retracted: X" over a retraction notice names X; the notice itself stands.
    """
    types = tuple(types)
    kind = pubmed_types.kind(types)
    if kind not in NOTICES:
        preprint = Kind.PREPRINT if pubmed_links.is_preprint_server(venue) else None
        kind = named.notice or preprint or kind
    flags = named.flags
    if kind in NOTICES:
        flags -= {Flag.RETRACTED, Flag.WITHDRAWN}
    return kind, flags | pubmed_types.flags(types)


def _in_brackets(text: str) -> str:
    """What one pair of brackets around the whole title holds, its full stop kept; else ""."""
    if not text.startswith("["):
        return ""
    bare = text.rstrip(". ")
    if not bare.endswith("]"):
        return ""
    depth = 0
    for place, character in enumerate(bare):
        depth += (character == "[") - (character == "]")
        if depth == 0 and place < len(bare) - 1:
            return ""
    inner = bare[1:-1].strip()
    stop = "." if len(bare) < len(text) and inner[-1:] not in (".", "?", "!") else ""
    return inner + stop if depth == 0 else ""

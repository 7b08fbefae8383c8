"""By what an item of Zotero is recognised as a work that is there already. Pure."""

from __future__ import annotations

import re
from dataclasses import astuple, fields
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from service.normalisation import citations
from service.normalisation.text import fold
from service.records import Identifiers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.archive.exports import Entry
    from service.records import Work

_MARK = re.compile(r"^litwatch:work=(\d{1,18})\s*$", re.MULTILINE)
_SIGNS = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"  # those of which Zotero makes keys
_KEY = 8  # characters
_SCHEMES = tuple(field.name for field in fields(Identifiers))


def mark_of(work: Work) -> str:
    """The line in `extra` that says which work an item shows."""
    return f"litwatch:work={work.id}"


def is_ours(data: Mapping[str, Any]) -> bool:
    """Whether the item bears such a line."""
    return _MARK.search(_text(data, "extra")) is not None


def ids_of(data: Mapping[str, Any]) -> Identifiers:
    """The identifiers that an item says: in its own fields, its `extra`, its address."""
    elsewhere = [_text(data, name) for name in ("extra", "archiveID", "url")]
    return citations.ids(_text(data, "DOI"), "", "", elsewhere)


def names_of_item(data: Mapping[str, Any]) -> frozenset[str]:
    """What an item answers to: its identifiers, and our line together with the title. The line
    alone is not enough: two archives that share a library count their works alike."""
    found = set(named(ids_of(data)))
    title = bare(_text(data, "title"))
    found |= {f"work:{number} {title}" for number in _MARK.findall(_text(data, "extra"))}
    return frozenset(found)


def names_of(entry: Entry) -> frozenset[str]:
    """What a work answers to, with all that its records say: of a preprint that has become an
    article the item may still bear the preprint's DOI."""
    work = entry.work
    ids = (work.ids, *entry.others)
    told = (name for one in ids for name in named(one))
    return frozenset({f"work:{work.id} {bare(entry.title)}", *told})


def key_of(entry: Entry) -> str:
    """The key that the work's item gets: always the same for the same paper, so that writing it
    again, even at the same moment, makes no second item."""
    first = next(named(entry.work.ids), f"title:{bare(entry.title)}")
    number = int.from_bytes(blake2b(first.encode("utf-8", "replace"), digest_size=16).digest())
    signs = []
    for _ in range(_KEY):
        number, place = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[place])
    return "".join(signs)


def named(ids: Identifiers) -> Iterator[str]:
    """The identifiers that are there, each with its scheme ("doi:10.5555/x"), the DOI first."""
    for scheme, value in zip(_SCHEMES, astuple(ids), strict=True):
        if value:
            yield f"{scheme}:{value.lower()}"


def bare(title: str) -> str:
    """A title as titles are compared."""
    return fold(title).strip(" .")


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""

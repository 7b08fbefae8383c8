"""Items of a Zotero collection as seeds of a topic. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from service.normalisation.dates import iso
from service.normalisation.markup import html_text
from service.records import Seed
from service.zotero.marks import bare, ids_of, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.records import Topic
    from service.zotero.library import Stored

_PARTS = frozenset({"attachment", "note", "annotation"})
_VENUES = ("publicationTitle", "repository", "proceedingsTitle", "bookTitle", "publisher")


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a collection comes to: new `seeds`; keys of items `untitled`; how many were `known`
    already, and how many are files and notes."""

    seeds: tuple[Seed, ...]
    untitled: tuple[str, ...]
    known: int
    parts: int


def pulled(items: Iterable[Stored], topic: Topic, *, weight: float, sign: int) -> Pulled:
    """The items that the topic has not, each as a seed. An item is known by its key, by an
    identifier or by its title."""
    names = {name for seed in topic.seeds for name in _names(seed)}
    found: list[Seed] = []
    untitled: list[str] = []
    known = parts = 0
    for item in items:
        if item.data.get("itemType") in _PARTS:
            parts += 1
            continue
        seed = replace(seed_of(item), weight=weight, sign=sign)
        own = _names(seed)
        if not seed.title:
            untitled.append(item.key)
        elif own & names:
            known += 1
        else:
            found.append(seed)
            names |= own
    return Pulled(tuple(found), tuple(untitled), known, parts)


def seed_of(item: Stored) -> Seed:
    """A paper as an item tells it; the title is "" where it has none."""
    data = item.data
    return Seed(
        key=f"zotero-{item.key}",
        kind="paper",
        title=_plain(data.get("title")),
        authors=_authors(data.get("creators")),
        ids=ids_of(data),
        venue=next((told for name in _VENUES if (told := _plain(data.get(name)))), ""),
        published=iso(_plain(data.get("date"))),
        abstract=_plain(data.get("abstractNote")),
    )


def _names(seed: Seed) -> frozenset[str]:
    title = bare(seed.title)
    return frozenset({f"key:{seed.key}", *named(seed.ids), *([f"title:{title}"] if title else [])})


def _authors(creators: object) -> tuple[str, ...]:
    """Who wrote it, as "Family Given"; editors and translators did not."""
    people: Sequence[Any] = creators if isinstance(creators, list) else ()
    return tuple(
        name
        for each in people
        if isinstance(each, dict) and each.get("creatorType") == "author" and (name := _name(each))
    )


def _name(creator: Mapping[str, Any]) -> str:
    parts = (creator.get("name"), creator.get("lastName"), creator.get("firstName"))
    return " ".join(filter(None, map(_plain, parts)))


def _plain(value: object) -> str:
    """Text without the markup that Zotero lets stand in titles."""
    return html_text(value) if isinstance(value, str) else ""

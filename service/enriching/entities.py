"""What a paper names, from the mentions that services marked: each thing once, counted; and which
of it a digest shows. Pure.

A module beside the pipeline.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from service.normalisation.text import clean
from service.records import DigestSection, Entity, EntityKind
from service.records.enriching import Addition, Mention, folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST = 40  # names kept of one work
SHOWN = 6  # names that a digest shows of one
PICTURED = 3  # works of a section that are shown with a figure: mails stay small
_LONGEST_NAME = 80
_SHORTEST_PART = 4  # letters of a matched term that tell, though it is only a part of a name
# What the services mark, though by itself it says nothing.
_PLAIN = frozenset(
    map(folded, "protein gene cell receptor enzyme drug disease disorder patient".split())  # noqa: SIM905 (reads as a list)
)


def named(mentions: Iterable[Mention]) -> tuple[Entity, ...]:
    """Every name once, the commonest first, `MOST` at most. What a vocabulary calls a thing by
    another name than the text follows with the count 0, but for genes, whose preferred names are
    often those of another species."""
    spelt: dict[tuple[EntityKind, str], Counter[str]] = {}
    coded: dict[tuple[EntityKind, str], Counter[str]] = {}
    preferred: dict[tuple[EntityKind, str], Entity] = {}
    for each in mentions:
        kind, name = each.kind, clean(each.text)
        if _says_nothing(name):
            continue
        key = (kind, folded(name))
        spelt.setdefault(key, Counter())[name] += 1
        coded.setdefault(key, Counter())[each.identifier] += bool(each.identifier)
        other = clean(each.preferred)
        if kind is not EntityKind.GENE and not _says_nothing(other):
            preferred.setdefault((kind, folded(other)), Entity(kind, other, each.identifier, 0))
    found = [
        Entity(kind, _commonest(names), _commonest(coded[kind, key]), names.total())
        for (kind, key), names in spelt.items()
    ]
    found.sort(key=lambda each: (-each.count, each.kind, folded(each.name)))
    found += [entity for key, entity in sorted(preferred.items()) if key not in spelt]
    return tuple(found[:MOST])


def _commonest(told: Counter[str]) -> str:
    return min(told, key=lambda each: (-told[each], each))


def _says_nothing(name: str) -> bool:
    """One letter, numbers, whole phrases, and words that are true of any paper."""
    key = folded(name)
    if len(key) < 2 or len(name) > _LONGEST_NAME or key in _PLAIN:
        return True
    return not any(letter.isalpha() for letter in key)


def shown(entities: Iterable[Entity], terms: Iterable[str]) -> tuple[Entity, ...]:
    """The names that a digest shows: those among the matched `terms` first, then the commonest;
    of several names of one thing the commonest."""
    things: dict[tuple[EntityKind, str], Entity] = {}
    for each in entities:
        if each.count:
            thing = (each.kind, each.identifier or folded(each.name))
            known = things.get(thing)
            total = each.count + (known.count if known else 0)
            things[thing] = replace(known or each, count=total)
    keys = [key for key in map(folded, terms) if key]
    ordered = sorted(
        things.values(),
        key=lambda each: (not _matched(each, keys), -each.count, each.kind, each.name),
    )
    return tuple(ordered[:SHOWN])


def _matched(entity: Entity, keys: Sequence[str]) -> bool:
    name = folded(entity.name)
    return any(key == name or (len(key) >= _SHORTEST_PART and key in name) for key in keys)


def dressed(section: DigestSection, additions: Mapping[int, Addition]) -> DigestSection:
    """The section with what was added to its works: names, and the first ones' figures."""
    items = []
    for place, item in enumerate(section.items):
        addition = additions.get(item.work.id, Addition())
        names = shown(addition.entities, item.ranked.terms)
        figure = addition.figure if place < PICTURED else None
        items.append(replace(item, entities=names, figure=figure))
    return replace(section, items=tuple(items))

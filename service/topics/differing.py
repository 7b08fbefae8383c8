"""What differs between two versions of a topic, in a reader's words. Pure.

The same for every face: `differences` gives values, `told` a line of plain text for each.
"""

from __future__ import annotations

from dataclasses import fields
from itertools import chain
from typing import TYPE_CHECKING

from service.records import Identifiers, Topic
from service.records.tuning import Difference
from service.topics.identity import label, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from service.records import FollowedAuthor, Seed

_SHOWN = 120  # characters of a text that has changed
_AROUND = 24  # of them, at least so many before the change
_TEXTS = ("title", "kind", "venue", "published", "tldr", "contribution", "abstract", "licence")
_LISTS = {"authors": "author", "findings": "finding"}
_CALLED = {"tldr": "summary", "source_url": "address"}


def differences(before: Topic | None, after: Topic) -> tuple[Difference, ...]:
    """What differs between two versions of one topic, in the order of its document; () only where
    nothing does. With `before` None the topic is new, and all that it has was added."""
    before = before or Topic(after.slug, "", ())
    return (
        *_changed("name", "", before.name, after.name),
        *_line(before, after),
        *_terms(before.include, before.exclude, after.include, after.exclude),
        *_senses(before.senses, after.senses),
        *_authors(before.authors, after.authors),
        *_seeds(before.seeds, after.seeds),
    )


def told(difference: Difference) -> str:
    """A difference as a line of plain text: "seed “Stroma in motion”: weight 1, now weight 2"."""
    each = difference
    thing = f"{each.what} “{each.name}”" if each.name else each.what
    if each.before and each.after:
        said = f"{thing}: {each.before}, now {each.after}"
    else:
        words = each.before or each.after
        more = "" if each.what.endswith(" term") else f": {words}"
        said = f"{'removed' if each.before else 'added'} {thing}{more}"
    return "".join(char if char.isprintable() else " " for char in said)


# -- the line -------------------------------------------------------------------------------------

_DEFAULT = "the default"


def line_of(topic: Topic) -> str:
    """Where a topic's line is drawn, in words: "expected precision 80 %"."""
    if topic.cutoff is not None:
        return f"{topic.cutoff * 100:.15g} % relevance"
    if topic.precision is not None:
        return f"expected precision {topic.precision * 100:.15g} %"
    if topic.per_week is not None:
        return f"about {topic.per_week:.15g} {'paper' if topic.per_week == 1 else 'papers'} a week"
    return _DEFAULT


def _line(before: Topic, after: Topic) -> Iterator[Difference]:
    drawn = [(topic.cutoff, topic.precision, topic.per_week) for topic in (before, after)]
    if drawn[0] != drawn[1]:
        yield Difference("line", "", line_of(before), line_of(after))


# -- terms and senses -----------------------------------------------------------------------------

_INCLUDED, _EXCLUDED = "included", "excluded"


def _terms(
    include: Sequence[str],
    exclude: Sequence[str],
    included: Sequence[str],
    excluded: Sequence[str],
) -> Iterator[Difference]:
    for term in dict.fromkeys([*include, *exclude, *included, *excluded]):
        before = _side(term, include, exclude)
        after = _side(term, included, excluded)
        if before and after:
            yield from _changed("term", term, before, after)
        else:
            yield Difference(f"{before or after} term", term, before, after)
    yield from _order("included terms", include, included)
    yield from _order("excluded terms", exclude, excluded)


def _side(term: str, include: Sequence[str], exclude: Sequence[str]) -> str:
    sides = [_INCLUDED] * (term in include) + [_EXCLUDED] * (term in exclude)
    return " and ".join(sides)


def _senses(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for short in dict.fromkeys([*before, *after]):
        yield from _changed("sense", short, before.get(short, ""), after.get(short, ""))


# -- followed authors -----------------------------------------------------------------------------


def _authors(
    before: Sequence[FollowedAuthor], after: Sequence[FollowedAuthor]
) -> Iterator[Difference]:
    was, now = ({each.key: each for each in side} for side in (before, after))
    for key, each in {**was, **now}.items():
        old, new = was.get(key), now.get(key)
        yield from _changed("followed author", (old or each).name, _followed(old), _followed(new))
        if old and new:
            yield from _changed("name of followed author", old.name, old.name, new.name)
    yield from _order("followed authors", list(was), list(now))


def _followed(author: FollowedAuthor | None) -> str:
    """By what an author is followed, in words."""
    if author is None:
        return ""
    told = [f"ORCID {author.orcid}"] if author.orcid else []
    return ", ".join([*told, *filter(None, [author.affiliation])])


# -- seeds ----------------------------------------------------------------------------------------


def _seeds(before: Sequence[Seed], after: Sequence[Seed]) -> Iterator[Difference]:
    pairs = _paired(before, after)
    for old in before:
        if old.key in pairs:
            yield from _seed(old, pairs[old.key])
        else:
            yield Difference("seed", label(old), _stance(old), "")
    stayed = {new.key: old for old, new in pairs.items()}
    for new in after:
        if new.key not in stayed:
            yield Difference("seed", label(new), "", _stance(new))
    now = [stayed[new.key] for new in after if new.key in stayed]
    yield from _order("seeds", list(pairs), now)


def _paired(before: Sequence[Seed], after: Sequence[Seed]) -> dict[str, Seed]:
    """The seeds that stayed, as they are after, by their keys before and in that order: the same
    by their keys, or else by what they are known by."""
    by_key = {seed.key: seed for seed in after}
    found = {seed.key: by_key.pop(seed.key) for seed in before if seed.key in by_key}
    by_name = {name: seed for seed in by_key.values() for name in names(seed)}
    for seed in before:
        same = next((by_name[name] for name in sorted(names(seed)) if name in by_name), None)
        if seed.key not in found and same and by_key.pop(same.key, None):
            found[seed.key] = same
    return {seed.key: found[seed.key] for seed in before if seed.key in found}


def _stance(seed: Seed) -> str:
    side = "" if seed.sign > 0 else "against, "
    return f"{side}weight {seed.weight:.15g}"


def _seed(before: Seed, after: Seed) -> Iterator[Difference]:
    name = label(before)
    if (before.weight, before.sign) != (after.weight, after.sign):
        yield Difference("seed", name, _stance(before), _stance(after))
    yield from _changed("key of seed", name, before.key, after.key)
    for kind in (field.name for field in fields(Identifiers)):
        was, now = getattr(before.ids, kind) or "", getattr(after.ids, kind) or ""
        yield from _changed(f"{kind} of seed", name, was, now)
    for part in (*_TEXTS, "source_url"):
        what = f"{_CALLED.get(part, part)} of seed"
        yield from _text(what, name, getattr(before, part) or "", getattr(after, part) or "")
    for part, one in _LISTS.items():
        yield from _items(one, name, getattr(before, part), getattr(after, part))
    yield from _items("entity", name, _entities(before), _entities(after))


def _entities(seed: Seed) -> list[str]:
    return [f"{kind}: {name}" for kind, held in seed.entities.items() for name in held or ("none",)]


def _items(
    one: str, name: str, before: Sequence[str], after: Sequence[str]
) -> Iterator[Difference]:
    for item in dict.fromkeys(chain(before, after)):
        was, now = before.count(item), after.count(item)
        if was != now:
            gone = was > now
            yield Difference(f"{one} of seed", name, item if gone else "", "" if gone else item)
    yield from _order(f"{one} of seed “{name}”", before, after)


# -- what all share -------------------------------------------------------------------------------


def _changed(what: str, name: str, before: str, after: str) -> Iterator[Difference]:
    if before != after:
        yield Difference(what, name, before, after)


def _order(things: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    """Another order of the same things. (Where some came or went, that is told.)"""
    if list(before) != list(after) and set(before) == set(after):
        yield Difference(f"order of {things}", "", _listed(before), _listed(after))


def _listed(items: Iterable[str]) -> str:
    return _cut(", ".join(items), 0)


def _text(what: str, name: str, before: str, after: str) -> Iterator[Difference]:
    """A text that has changed, shown about the first place where it has."""
    if before != after:
        start = next(
            (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
            min(len(before), len(after)),
        )
        both = bool(before and after)
        yield Difference(
            what, name, _cut(before, start if both else 0), _cut(after, start if both else 0)
        )


def _cut(text: str, place: int) -> str:
    """The part of a text about `place`, on one line."""
    if len(text) <= _SHOWN:
        return " ".join(text.split()) or text
    first = max(0, min(place - _AROUND, len(text) - _SHOWN))
    if first:
        first = text.find(" ", first, place) + 1 or first
    shown = " ".join(text[first : first + _SHOWN].split())
    return f"{'… ' if first else ''}{shown}{' …' if first + _SHOWN < len(text) else ''}"

"""Changes of a topic, one function each: a topic in, the changed topic out. Pure.

Whatever comes out is a topic that `documents.dump` writes and `documents.parse` reads back equal:
the rules of documents hold here too, and are theirs. What cannot be done raises `TopicError`.
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from service.errors import TopicError
from service.records import FollowedAuthor, Seed, Topic
from service.records import names as people
from service.topics.documents import dump, parse
from service.topics.identity import fresh_key, ids, label, names, one_line, tidied

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_WEIGHT = 100.0  # of a seed, for or against
LONGEST_SLUG = 64
_DASHES = re.compile("[-‐‑‒–−]+")
_PLURAL = re.compile(r"\b(\w{2,}[^\Wsui])s\b")


# -- seeds ----------------------------------------------------------------------------------------


def new(slug: str, name: str, seeds: Sequence[Seed]) -> Topic:
    """A topic that follows these seeds, at least one of them for it."""
    if len(slug) > LONGEST_SLUG:
        raise TopicError("slug", "is too long", f"give {LONGEST_SLUG} characters at most")
    if not any(seed.sign > 0 for seed in seeds):
        cause = "has no seed that tells what it follows"
        raise TopicError(f"topic {slug}", cause, "give a review, a paper or a text")
    return with_seeds(Topic(slug, one_line(name), ()), seeds)


def with_seeds(topic: Topic, seeds: Sequence[Seed]) -> Topic:
    """The topic with these seeds behind its own, each under a key of its own that says what it is.

    Raises `TopicError` that names the first seed which is there already, or is given twice.
    """
    fresh, there = parted(topic, seeds)
    for seed, key in there:
        cause = f'is a seed of topic {topic.slug} already: "{key}"'
        raise TopicError(f'seed "{label(seed)}"', cause, "change the weight of that one")
    if not fresh:
        return topic
    read = _read(replace(topic, seeds=fresh))
    return replace(read, seeds=(*topic.seeds, *read.seeds))


def parted(
    topic: Topic, seeds: Sequence[Seed]
) -> tuple[tuple[Seed, ...], tuple[tuple[Seed, str], ...]]:
    """Those of `seeds` that the topic does not have, each under its new key; and those that it has
    or that come again, each with the key it is known under. The same is what has an identifier in
    common, or the title, capitals and marks aside (without a title: all that it says)."""
    held = {name: seed.key for seed in topic.seeds for name in names(seed)}
    keys = {seed.key.casefold() for seed in topic.seeds}
    fresh: list[Seed] = []
    there: list[tuple[Seed, str]] = []
    for seed in map(tidied, seeds):
        own = names(seed)
        if same := next((held[name] for name in sorted(own) if name in held), ""):
            there.append((seed, same))
            continue
        key = fresh_key(seed, keys)
        fresh.append(replace(seed, key=key))
        keys.add(key.casefold())
        held |= dict.fromkeys(own, key)
    return tuple(fresh), tuple(there)


def chosen(topic: Topic, key: str) -> Seed:
    """The seed with this key, or else the only one with this identifier. Raises `TopicError`."""
    for each in topic.seeds:
        if each.key == key:
            return each
    told = key.strip().casefold()
    found = [
        seed
        for seed in topic.seeds
        if told in {name.casefold() for name in (seed.key, *ids(seed).values())}
    ]
    if len(found) == 1:
        return found[0]
    keys = [seed.key for seed in topic.seeds]
    raise TopicError(f'seed "{key}"', f"is not one of topic {topic.slug}", _nearest(key, keys))


def without_seed(topic: Topic, key: str) -> Topic:
    """The topic without the seed that `chosen` finds. Its last seed stays."""
    gone = chosen(topic, key)
    left = tuple(seed for seed in topic.seeds if seed is not gone)
    return _still_told(topic, replace(topic, seeds=left), gone, "removed")


def weighed(topic: Topic, key: str, weight: float) -> Topic:
    """The topic with another weight of the seed that `chosen` finds; below 0 it speaks against
    what is followed."""
    seed = chosen(topic, key)
    thing = f'weight of seed "{seed.key}"'
    if weight == 0:
        raise TopicError(thing, "is 0: it would say nothing", "remove the seed")
    if not math.isfinite(weight) or abs(weight) > MOST_WEIGHT:
        remedy = f"give a number from -{MOST_WEIGHT:g} to {MOST_WEIGHT:g}; 1 is usual"
        raise TopicError(thing, f"is {weight:g}", remedy)
    changed = replace(seed, weight=abs(float(weight)), sign=1 if weight > 0 else -1)
    seeds = tuple(changed if each is seed else each for each in topic.seeds)
    return _still_told(topic, replace(topic, seeds=seeds), seed, "turned against it")


def _still_told(before: Topic, after: Topic, seed: Seed, done: str) -> Topic:
    """`after`, if a seed still tells what the topic follows. (One that came without stays so.)"""
    if any(each.sign > 0 for each in after.seeds):
        return after
    if after.seeds and not any(each.sign > 0 for each in before.seeds):
        return after
    cause = f"is all that tells what topic {before.slug} follows: it cannot be {done}"
    raise TopicError(f'seed "{seed.key}"', cause, "add another seed first")


# -- terms and senses -----------------------------------------------------------------------------


def including(topic: Topic, terms: Sequence[str]) -> Topic:
    """The topic with these among its included terms. A term that was excluded is so no more; one
    that is included already, however it is written, stays as it is."""
    given = _terms(terms)
    include = (*topic.include, *_missing(given, topic.include))
    return _checked(replace(topic, include=include, exclude=_without(topic.exclude, given)))


def excluding(topic: Topic, terms: Sequence[str]) -> Topic:
    """The same for excluded terms."""
    given = _terms(terms)
    exclude = (*topic.exclude, *_missing(given, topic.exclude))
    return _checked(replace(topic, exclude=exclude, include=_without(topic.include, given)))


def without_terms(topic: Topic, terms: Sequence[str]) -> Topic:
    """The topic without these terms, be they included or excluded. Raises `TopicError` that names
    one which is neither."""
    given = _terms(terms)
    held = {folded(term) for term in (*topic.include, *topic.exclude)}
    for term in given:
        if folded(term) not in held:
            near = _nearest(term, [*topic.include, *topic.exclude])
            raise TopicError(f'term "{term}"', f"is none of topic {topic.slug}", near)
    return replace(
        topic, include=_without(topic.include, given), exclude=_without(topic.exclude, given)
    )


def pinned(topic: Topic, short: str, long: str) -> Topic:
    """The topic in which a short form stands for `long`, whatever its texts say."""
    return _checked(replace(topic, senses={**topic.senses, one_line(short): one_line(long)}))


def unpinned(topic: Topic, short: str) -> Topic:
    """The topic in which its texts say what a short form stands for."""
    if one_line(short) not in topic.senses:
        near = _nearest(short, topic.senses)
        raise TopicError(f'short form "{short}"', f"is not pinned in topic {topic.slug}", near)
    left = {form: long for form, long in topic.senses.items() if form != one_line(short)}
    return replace(topic, senses=left)


def folded(term: str) -> str:
    """What is equal for terms that mean the same to the ranking: case, hyphens, plurals aside."""
    text = _DASHES.sub(" ", unicodedata.normalize("NFKC", term).casefold())
    return _PLURAL.sub(r"\1", " ".join(text.split()))


def _terms(terms: Sequence[str]) -> tuple[str, ...]:
    """The terms as they are kept, each once."""
    given = [one_line(term) for term in terms]
    if not given or not all(given):
        raise TopicError("term", "is empty", "give a word or a phrase")
    return tuple({folded(term): term for term in reversed(given)}.values())[::-1]


def _missing(given: Iterable[str], held: Iterable[str]) -> tuple[str, ...]:
    there = {folded(term) for term in held}
    return tuple(term for term in given if folded(term) not in there)


def _without(held: Iterable[str], given: Iterable[str]) -> tuple[str, ...]:
    gone = {folded(term) for term in given}
    return tuple(term for term in held if folded(term) not in gone)


# -- followed authors -----------------------------------------------------------------------------


def following(topic: Topic, authors: Sequence[FollowedAuthor]) -> Topic:
    """The topic that follows these authors too. One who is followed already, by the same ORCID or
    by the same name and affiliation, is followed as told now."""
    read = _checked(replace(topic, authors=tuple(map(_tidied, authors)))).authors
    fresh = {author.key: author for author in read}
    kept = (fresh.pop(author.key, author) for author in topic.authors)
    return replace(topic, authors=(*kept, *fresh.values()))


def not_following(topic: Topic, name: str) -> Topic:
    """The topic that no longer follows the author of this ORCID, key or name. Raises `TopicError`
    where it follows nobody so called, or several."""
    told, orcid = people.folded(name), people.orcid(name)
    found = [
        author
        for author in topic.authors
        if author.key == name
        or (orcid and author.orcid == orcid)
        or (told and people.folded(author.name) == told)
    ]
    thing = f'author "{one_line(name)}"'
    if len(found) > 1:
        keys = ", ".join(author.orcid or author.affiliation for author in found)
        raise TopicError(thing, f"is several that topic {topic.slug} follows: {keys}", "name one")
    if not found:
        near = _nearest(name, [author.name for author in topic.authors])
        raise TopicError(thing, f"is nobody whom topic {topic.slug} follows", near)
    return replace(topic, authors=tuple(each for each in topic.authors if each is not found[0]))


def _tidied(author: FollowedAuthor) -> FollowedAuthor:
    told = (author.name, author.orcid, author.affiliation)
    return FollowedAuthor(*map(one_line, told))


# -- line and name --------------------------------------------------------------------------------


def with_line(
    topic: Topic,
    *,
    cutoff: float | None = None,
    precision: float | None = None,
    per_week: float | None = None,
) -> Topic:
    """The topic with its line drawn so; with nothing given where it is by default."""
    return _checked(replace(topic, cutoff=cutoff, precision=precision, per_week=per_week))


def renamed(topic: Topic, name: str) -> Topic:
    """The topic under another name; its slug stays."""
    return _checked(replace(topic, name=one_line(name)))


# -- what all share -------------------------------------------------------------------------------


def _checked(topic: Topic) -> Topic:
    """The topic as its document is read: seeds aside, which were checked when they came in.
    Raises `TopicError` as the document would."""
    return replace(_read(replace(topic, seeds=topic.seeds[:1])), seeds=topic.seeds)


def _read(topic: Topic) -> Topic:
    return parse(dump(topic))


def _nearest(name: str, there: Iterable[str]) -> str:
    """What may have been meant, as a remedy."""
    by_fold = {each.casefold(): each for each in there}
    near = difflib.get_close_matches(name.casefold(), by_fold, n=3, cutoff=0.6)
    shown = [by_fold[each] for each in near] or list(by_fold.values())[:10]
    if not shown:
        return "there are none"
    return f"{'did you mean' if near else 'there are'}: {', '.join(shown)}{'?' if near else ''}"

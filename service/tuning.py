"""Topics as they are changed: every change a version with author, time and reason, that one step
undoes.

A module beside the pipeline, with the same rules: it is handed the store and the clock, and what a
change makes of a topic is decided in `topics.editing`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.errors import TopicChangedError, TopicError
from service.records.findings import CONFIGURATION
from service.topics.differing import differences, told
from service.topics.documents import dump, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.pipeline import Parts
    from service.records import Topic
    from service.records.tuning import Difference
    from service.store import Unit
    from service.store.topics import TopicVersion

_LONGEST_REASON = 200  # of one that nobody gave
# Control characters (a terminal obeys them), and halves of characters.
_UNSAFE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a topic, and what makes it another than the one before it.

    `restores` is the version that an undo went back to. `topic` is None where this program can no
    longer read the document; then there are no differences either.
    """

    version: int
    author: str
    reason: str
    at: datetime
    restores: int | None
    document: str
    topic: Topic | None
    differences: tuple[Difference, ...] = ()


# -- documents as they are stored -----------------------------------------------------------------


def topic_of(stored: TopicVersion) -> Topic:
    """The topic of a version, with its number. Raises `TopicError`."""
    return replace(parse(stored.document), version=stored.version)


def in_force(tx: Unit, slug: str) -> Topic:
    """A topic at the version in force. Raises `TopicError`."""
    return topic_of(tx.topics.get(slug))


def readable(version: TopicVersion) -> Topic | None:
    """The topic as it was; None where this program can no longer read the document."""
    try:
        return topic_of(version)
    except TopicError:
        return None


def put(tx: Unit, topic: Topic, author: str, reason: str, now: datetime) -> int:
    """Put a topic in force as a new version, unless nothing differs from the one in force; returns
    the version in force. Without a reason what differs is the reason."""
    return _put(tx, topic, _held(tx, topic.slug), author=author, reason=reason, now=now)


def _put(
    tx: Unit,
    topic: Topic,
    before: TopicVersion | None,
    *,
    author: str,
    reason: str,
    now: datetime,
    restores: int | None = None,
) -> int:
    document = dump(replace(topic, version=1))  # the store counts versions
    parse(document)  # what could not be read again is not stored
    was = None if before is None else readable(before)
    changes = differences(was, topic)
    if before is not None and was is not None and not changes:
        return before.version
    because = _tidy(reason) or ("created" if before is None else _reason(changes))
    return tx.topics.save(topic.slug, document, author, because, now, restores=restores)


def _reason(changes: Sequence[Difference]) -> str:
    """What was changed, for a reason that nobody gave."""
    lines = [told(each) for each in changes] or ["changed"]
    more = f"; and {len(lines) - 1} more" if len(lines) > 1 else ""
    first = lines[0]
    if len(first) > _LONGEST_REASON:
        first = f"{first[: _LONGEST_REASON - 1].rstrip()}…"
    return first + more


# -- changes --------------------------------------------------------------------------------------


def save(
    parts: Parts, topic: Topic, *, author: str, reason: str, based_on: int | None = None
) -> int:
    """Put a changed topic in force; returns its version (the one before, where nothing differs).

    `based_on` is the version that was changed, 0 for a topic that is to be new: when another is in
    force, `TopicChangedError` says who made it. Without a reason what differs is the reason. Raises
    `TopicError` for an author without a name.
    """
    by = _name(author)
    with parts.store.writing() as tx:
        before = _expected(tx, topic.slug, based_on)
        return _put(tx, topic, before, author=by, reason=reason, now=parts.clock.now())


def undo(
    parts: Parts, slug: str, *, author: str, reason: str = "", based_on: int | None = None
) -> int:
    """Go one step back from the version in force; returns the new version, which is as the earlier
    was. Undone again, it goes one step further back. Raises as `save`, and `TopicError` where there
    is nothing before."""
    by = _name(author)
    with parts.store.writing() as tx:
        tx.topics.get(slug)
        before = _expected(tx, slug, based_on)
        versions = {each.version: each for each in tx.topics.history(slug)}
        target = step_back(list(versions.values()))
        if target is None:
            cause = "is as it was when it began: there is nothing to undo"
            raise TopicError(f"topic {slug!r}", cause, f"see: litwatch topics history {slug}")
        topic = topic_of(versions[target])
        because = reason or f"undo: back to version {target}"
        now = parts.clock.now()
        return _put(tx, topic, before, author=by, reason=because, now=now, restores=target)


def step_back(versions: Sequence[TopicVersion]) -> int | None:
    """The version that an undo goes back to, given all, newest first; None where it cannot.

    An undo stands for the version it went back to: the one before that is the next to go back to.
    """
    by_number = {each.version: each for each in versions}

    def stands_for(number: int) -> int:
        while (held := by_number[number].restores) is not None:
            number = held
        return number

    before = stands_for(versions[0].version) - 1
    return stands_for(before) if before in by_number else None


def restore(parts: Parts, slug: str, version: int, *, author: str, reason: str = "") -> int:
    """Put an earlier version in force again, as a new one. Raises `TopicError` for a version that
    is not there, or that is as the one in force."""
    by = _name(author)
    with parts.store.writing() as tx:
        held = tx.topics.get(slug)
        before = _expected(tx, slug, None)
        topic = topic_of(at(tx, slug, version))
        because = reason or f"back to version {version}"
        now = parts.clock.now()
        made = _put(tx, topic, before, author=by, reason=because, now=now)
    if made == held.version:
        raise TopicError(
            f"topic {slug!r}", f"is already as at version {version}", "see its history"
        )
    return made


# -- history --------------------------------------------------------------------------------------


def versions(
    parts: Parts, slug: str, *, limit: int | None = None, before: int | None = None
) -> list[Version]:
    """The versions of a topic, newest first, each with what differs from the one before it; the
    first `limit` of those before the version `before`. Raises `TopicError` for a topic that does
    not exist."""
    more = None if limit is None else limit + 1  # to compare the last with
    with parts.store.reading() as tx:
        tx.topics.get(slug)
        rows = tx.topics.history(slug, limit=more, before=before)
    topics = [readable(row) for row in rows]
    return [
        Version(
            row.version,
            row.author,
            row.reason,
            row.at,
            row.restores,
            row.document,
            topic,
            _told(older, topic, first=row.version == 1),
        )
        for row, topic, older in zip(rows[:limit], topics, [*topics[1:], None], strict=False)
    ]


def _told(before: Topic | None, after: Topic | None, *, first: bool) -> tuple[Difference, ...]:
    if after is None or (before is None and not first):
        return ()
    return differences(before, after)


def others_since(parts: Parts, slug: str, version: int, author: str) -> list[TopicVersion]:
    """What others than `author` have made of a topic since a version of it, newest first; nothing
    where the topic is as it was then."""
    with parts.store.reading() as tx:
        history = tx.topics.history(slug)
    then = next((readable(each) for each in history if each.version == version), None)
    now = readable(history[0]) if history else None
    if then is not None and now is not None and not differences(then, now):
        return []
    return [each for each in history if each.version > version and each.author != author]


def at(tx: Unit, slug: str, version: int) -> TopicVersion:
    """A topic as it was at a version. Raises `TopicError`."""
    last = tx.topics.get(slug).version
    if 1 <= version <= last:
        return tx.topics.history(slug, limit=1, before=version + 1)[0]
    there = f"there are 1 to {last}" if last > 1 else "there is version 1"
    raise TopicError(f"topic {slug!r}", f"has no version {version}", there)


# -- what all share -------------------------------------------------------------------------------


def _held(tx: Unit, slug: str) -> TopicVersion | None:
    """The version in force, which nobody else changes until the transaction ends."""
    return tx.topics.get(slug) if tx.topics.hold(slug) else None


def _expected(tx: Unit, slug: str, based_on: int | None) -> TopicVersion | None:
    """The version in force. Raises `TopicChangedError` unless it is `based_on`."""
    held = _held(tx, slug)
    number = 0 if held is None else held.version
    if based_on is None or based_on == number:
        return held
    if held is None:
        raise TopicChangedError(f"topic {slug!r}", "does not exist any more", "create it again")
    if based_on == 0:
        cause = f"exists already, at version {number} by {held.author}"
        raise TopicChangedError(f"topic {slug!r}", cause, "choose another slug, or change that one")
    cause = f"was changed meanwhile: {held.author} made version {number} of it ({held.reason})"
    remedy = f"you began with version {based_on}: begin again with that one"
    raise TopicChangedError(f"topic {slug!r}", cause, remedy)


def _name(author: str) -> str:
    name = _tidy(author)
    if not name:
        raise TopicError("author", "has no name", "say who changes the topic")
    if name == CONFIGURATION:
        raise TopicError(f"author {name!r}", "is the folder of documents", "give another name")
    return name


def _tidy(text: str) -> str:
    return " ".join(_UNSAFE.sub("", text).split())

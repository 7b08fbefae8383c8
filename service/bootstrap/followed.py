"""Topics, saved searches and subscriptions: from files and settings into the archive."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from service.errors import ConfigError, QueryError, TopicError
from service.records.findings import CONFIGURATION, SavedSearch
from service.records.queries import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from service.config import Settings
    from service.config.channel_settings import SearchEntry
    from service.records import Subscription, Topic
    from service.store import Unit
    from service.store.topics import TopicVersion

log = logging.getLogger(__name__)

DOCUMENT = "topic document"  # the reason of versions that come from a document


def topic_documents(folder: Path) -> tuple[Topic, ...]:
    """The topics of a folder of TOML documents. Raises `TopicError`."""
    files = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if not files:
        raise TopicError(
            f"topics.folder {str(folder)!r}",
            "holds no topic documents",
            "see: litwatch topics export",
        )
    return tuple(topic_file(file) for file in files)


def topic_file(file: Path) -> Topic:
    """One topic document; seed files lie beside it. Raises a `TopicError` that names the file."""
    from service.topics.documents import parse

    try:
        return parse(_text(file), partial(_seed_file, file.parent))
    except TopicError as error:
        thing = error.thing if str(file) in error.thing else f"{file}, {error.thing}"
        raise TopicError(thing, error.cause, error.remedy) from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TopicError(str(file), f"cannot be read: {error}", "check the path") from None


def _seed_file(folder: Path, name: str) -> str:
    """A seed beside its topic document. A document from elsewhere must not name other files."""
    if PurePath(name).name != name:
        raise TopicError(
            f"seed file {name!r}", "is not a plain file name", "put it beside the topic"
        )
    return _text(folder / name)


def current(tx: Unit) -> tuple[Topic, ...]:
    """The topics in force, each at its stored version."""
    from service import tuning

    return tuple(map(tuning.topic_of, tx.topics.current()))


def shipped_if_empty(tx: Unit) -> tuple[Topic, ...]:
    """The two shipped topics for an archive without any, else none: edits are never overwritten."""
    from service import topics

    return () if tx.topics.current() else topics.shipped()


def save_topic(tx: Unit, topic: Topic, author: str, reason: str, now: datetime) -> int:
    """Store a topic as a new version, unless nothing changed; returns the version in force."""
    from service import tuning

    return tuning.put(tx, topic, author, reason, now)


def bring_up(tx: Unit, settings: Settings, documents: Sequence[Topic], now: datetime) -> None:
    """Put what is new in the documents (or for an archive without topics, the shipped ones) and the
    configured saved searches and subscriptions in force. Raises `ConfigError`."""
    held = {version.slug: version for version in tx.topics.current()}
    for topic in documents or shipped_if_empty(tx):
        _bring(tx, topic, held.get(topic.slug), now)
    keep_searches(tx, settings.searches, now)
    known = tuple(version.slug for version in tx.topics.current())
    chosen = subscriptions(settings, known)
    check_names(tx, chosen)
    check_searches(tx, chosen, now)
    tx.subscriptions.sync(chosen, now)


def _bring(tx: Unit, topic: Topic, held: TopicVersion | None, now: datetime) -> None:
    """Put a document in force if it is not what was last brought. What people have made of the
    topic since is left as it is, or else goes into the history, which is told."""
    from service import tuning
    from service.topics.differing import differences

    last = tx.topics.brought(topic.slug)
    before = None if last is None else tuning.readable(last)
    if before is not None and not differences(before, topic):
        return
    version = save_topic(tx, topic, CONFIGURATION, DOCUMENT, now)
    tx.topics.bring(topic.slug, version)
    kept = held.version if held is not None else 0
    if held is not None and version > kept > (0 if last is None else last.version):
        log.warning(
            "topic %s: its document in topics.folder has changed, and so had %s the topic; the "
            "document is in force now, as version %d (see: litwatch topics diff %s %d %d; to take "
            "it back: litwatch topics restore %s %d)",
            *(topic.slug, held.author, version, topic.slug, kept, version, topic.slug, kept),
        )


def subscriptions(settings: Settings, slugs: tuple[str, ...]) -> list[Subscription]:
    """The configured subscriptions. Raises `ConfigError` for a topic that does not exist."""
    for number, entry in enumerate(settings.subscriptions):
        for slug in entry.topics:
            if slug not in slugs:
                raise ConfigError(
                    f"subscriptions[{number}].topics ({entry.name})",
                    f"there is no topic {slug!r}",
                    f"there are: {', '.join(slugs)}",
                )
    return [entry.record(slugs) for entry in settings.subscriptions]


def check_names(tx: Unit, chosen: Sequence[Subscription]) -> None:
    """Refuse a name that a person has given to a subscription of theirs. Raises `ConfigError`."""
    authors = tx.subscriptions.authors()
    for number, subscription in enumerate(chosen):
        author = authors.get(subscription.name, CONFIGURATION)
        if author != CONFIGURATION:
            told = f"{subscription.name!r} is a subscription that {author} has made"
            raise ConfigError(f"subscriptions[{number}].name", told, "choose another name")


# -- saved searches -------------------------------------------------------------------------------


def keep_searches(tx: Unit, entries: Sequence[SearchEntry], now: datetime) -> None:
    """Make the saved searches that came from the configuration those that stand there; those of
    people stay. Raises `ConfigError` for a new query that cannot be read, and for a name that
    somebody has given to a search of theirs."""
    held = {saved.name: saved for saved in tx.searches.list()}
    for number, entry in enumerate(entries):
        before = held.get(entry.name)
        if before and not before.configured:
            raise ConfigError(
                f"searches[{number}].name",
                f"{entry.name!r} is a search that {before.author} has saved",
                f"choose another name, or: litwatch searches remove {entry.name}",
            )
        saved = SavedSearch(entry.name, entry.query, Mode(entry.mode), CONFIGURATION, now)
        if before is None or (before.query, before.mode) != (saved.query, saved.mode):
            _check_query(entry.query, f"searches[{number}].query ({entry.name})", now)
            tx.searches.save(saved, replace=True)
    names = {entry.name for entry in entries}
    for saved in held.values():
        if saved.configured and saved.name not in names:
            tx.searches.remove(saved.name)


def _check_query(query: str, thing: str, now: datetime) -> None:
    from service import saved_searches

    try:
        asked = saved_searches.read(query, now)
    except QueryError as error:
        where = f"{error.cause}, at character {error.at + 1}"
        raise ConfigError(thing, where, error.remedy) from None
    if saved_searches.empty(asked):
        raise ConfigError(thing, "asks for nothing", "write a word to look for")


def check_searches(tx: Unit, chosen: Sequence[Subscription], now: datetime) -> None:
    """Refuse a subscription to a saved search that is not there, or that no digest can be made of.

    Not one that was in force already: a search that has been removed since costs nobody a digest,
    which says so itself. Raises `ConfigError`.
    """
    held = {saved.name: saved for saved in tx.searches.list()}
    before = {known.name: known.searches for known, _ in tx.subscriptions.all()}
    for number, subscription in enumerate(chosen):
        for name in subscription.searches:
            if name not in before.get(subscription.name, ()):
                thing = f"subscriptions[{number}].searches ({subscription.name})"
                _check_search(name, held, thing, now)


def _check_search(name: str, held: Mapping[str, SavedSearch], thing: str, now: datetime) -> None:
    from service import saved_searches

    if name not in held:
        known = f"there are: {', '.join(held)}; or add it: " if held else "add it: "
        remedy = f"{known}litwatch searches save {name} QUERY"
        raise ConfigError(thing, f"there is no saved search {name!r}", remedy)
    if fault := saved_searches.fault(held[name], now):
        raise ConfigError(thing, f"the saved search {name!r} {fault}", "leave it out")

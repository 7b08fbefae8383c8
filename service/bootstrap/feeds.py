"""The feeds that this installation gives out: which there are, and what each holds now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from service import archive
from service.archive.feeds import FORMS, Category, Feed
from service.bootstrap.feed_entries import of_digest, of_work, tag
from service.errors import InputError, TopicError
from service.records.findings import Search
from service.records.queries import Mode, OfTopic, Sort

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from service.archive.feeds import Entry
    from service.bootstrap.app import App
    from service.records import Work
    from service.store import Unit

ENTRIES = 100  # in a feed, the newest
_KEPT = 500  # digests as entries: rendering one takes 15 ms, and it never changes


class Kind(StrEnum):
    """Of what there are feeds."""

    TOPICS = "topics"
    SEARCHES = "searches"
    DIGESTS = "digests"


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed as listed."""

    kind: Kind
    name: str
    title: str

    @property
    def path(self) -> str:
        """What people call it: "topics/stroma"."""
        return f"{self.kind}/{self.name}"


class Feeds:
    """The feeds of a wired app; several threads may ask."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._digest = lru_cache(_KEPT)(self._digest_entry)

    def listed(self) -> list[Listed]:
        """Every feed that can be had: of topics, of saved searches, of subscriptions' digests."""
        with self._app.store.reading() as tx:
            topics = [(Kind.TOPICS, each.slug, each.name) for each in self._app.topics(tx)]
            searches = [(Kind.SEARCHES, each.name, each.query) for each in tx.searches.list()]
            digests = [
                (Kind.DIGESTS, each.name, f"Digests of {each.name}")
                for each, _ in tx.subscriptions.all()
            ]
        return [Listed(*told) for told in (*topics, *searches, *digests)]

    def named(self, path: str) -> Listed:
        """The feed that a person names ("topics/stroma"). Raises `InputError`."""
        feeds = self.listed()
        found = next((each for each in feeds if each.path == path), None)
        if found is None:
            told = ", ".join(each.path for each in feeds)
            raise InputError(f"feed {path!r}", "does not exist", f"there are: {told}")
        return found

    def feed(self, kind: str, name: str, address: str = "") -> Feed:
        """A feed as it is now; `address` is where it was asked for. Raises `InputError`; for one of
        a saved search also as `App.find` does."""
        match kind:
            case Kind.TOPICS:
                return self._of_topic(name, address)
            case Kind.SEARCHES:
                return self._of_search(name, address)
            case Kind.DIGESTS:
                return self._of_digests(name, address)
        raise InputError(f"feed {kind}/{name}", "does not exist", "see: litwatch feeds list")

    def write(self, which: Listed, folder: Path, form: str, url: str = "") -> Path:
        """Put a feed in its file's place, whole or not at all; `url` is where the folder is
        served, "" where nobody knows. Returns the file. Raises `InputError`."""
        from service.delivery import file

        path = folder / which.kind / f"{re.sub('[^a-zA-Z0-9 ._-]', '-', which.name)}.{form}"
        address = f"{url.rstrip('/')}/{quote(f'{which.kind}/{path.name}')}" if url else ""
        content = FORMS[form].written(self.feed(which.kind, which.name, address))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file.write(path, content)
        except OSError as error:
            cause = f"cannot be written: {error.strerror or error}"
            raise InputError(str(path), cause, "choose another folder") from None
        return path

    def _of_topic(self, slug: str, address: str) -> Feed:
        with self._app.store.reading() as tx:
            try:
                version = tx.topics.get(slug)
            except TopicError as error:
                raise InputError(error.thing, error.cause, error.remedy) from None
            since = dict(tx.feeding.of_topic(slug, ENTRIES))
            works = tx.works.many(list(since))
            about = _About(self._app, tx, works)
        return Feed(
            id=self._tag(Kind.TOPICS, slug),
            title=f"Litwatch: {about.topics.get(slug, slug)}",
            subtitle="Papers that digests showed for this topic, or that its readers want",
            updated=about.updated([version.at, *since.values()]),
            entries=tuple(about.entry(work, since[work.id]) for work in works),
            address=address,
        )

    def _of_search(self, name: str, address: str) -> Feed:
        with self._app.store.reading() as tx:
            saved = tx.searches.get(name)
        works = self._newest(saved.query, saved.mode)
        with self._app.store.reading() as tx:
            about = _About(self._app, tx, works)
        return Feed(
            id=self._tag(Kind.SEARCHES, name),
            title=f"Litwatch: {name}",
            subtitle=f"New papers that answer to {saved.query}",
            updated=about.updated([saved.at, *(work.first_seen_at for work in works)]),
            entries=tuple(about.entry(work, work.first_seen_at) for work in works),
            address=address,
        )

    def _newest(self, text: str, mode: Mode) -> list[Work]:
        """The works that answer, the last to come in first. What is near in meaning has no end: of
        those, the nearest."""
        query = archive.parse(text, self._app.clock.now(), UTC)
        sort = Sort.RELEVANCE if mode is Mode.SEMANTIC or query.likes else Sort.SEEN
        found = self._app.find(Search(text, mode, limit=ENTRIES, sort=sort))
        works = [hit.work for hit in found.hits]
        return sorted(works, key=lambda work: (work.first_seen_at, work.id), reverse=True)

    def _of_digests(self, name: str, address: str) -> Feed:
        with self._app.store.reading() as tx:
            _, created = tx.subscriptions.get(name)
            digests = tx.feeding.digests(name, ENTRIES)
        entries = tuple(map(self._digest, digests))
        return Feed(
            id=self._tag(Kind.DIGESTS, name),
            title=f"Litwatch: digests of {name}",
            subtitle="New papers on the topics that are followed, a digest an entry",
            updated=max([created, *(entry.updated for entry in entries)]),
            entries=entries,
            address=address,
        )

    def _digest_entry(self, digest_id: str) -> Entry:
        with self._app.store.reading() as tx:
            return of_digest(self._tag("digests", digest_id), tx.digests.content(digest_id))

    def _tag(self, *names: str) -> str:
        return tag(self._app.settings.web.url, *names)


class _About:
    """What is known of some works beside themselves."""

    def __init__(self, app: App, tx: Unit, works: Sequence[Work]) -> None:
        numbers = [work.id for work in works]
        self._url = app.settings.web.url
        self._changed = tx.feeding.changed(numbers)
        self.topics: Mapping[str, str] = {topic.slug: topic.name for topic in app.topics(tx)}
        self._members = {slug: tx.search.among(numbers, OfTopic(slug)) for slug in self.topics}

    def updated(self, moments: Sequence[datetime]) -> datetime:
        """The latest of the moments, and of when the works changed."""
        return max([*moments, *self._changed.values()])

    def entry(self, work: Work, since: datetime) -> Entry:
        """A work that the feed has `since` then."""
        topics = (
            Category(slug, self.topics[slug])
            for slug, members in self._members.items()
            if work.id in members
        )
        identity = tag(self._url, "works", str(work.id))
        return of_work(identity, work, since, self._changed.get(work.id, since), topics)

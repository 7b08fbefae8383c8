"""One transaction and what can be done in it.

Repositories never commit: leaving the `with` block does, an exception undoes everything.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from service.store import engine as engines
from service.store.alarms import Alarms
from service.store.aliases import Aliases
from service.store.backfills import Backfills
from service.store.bounces import Bounces
from service.store.citations import Citations
from service.store.claims import Claims
from service.store.deliveries import Deliveries
from service.store.dialect import database_time
from service.store.digests import Digests
from service.store.embeddings import Embeddings
from service.store.enrichments import Enrichments
from service.store.exporting import Exporting
from service.store.feeding import Feeding
from service.store.forgetting import Forgetting
from service.store.had import Had
from service.store.held import Held
from service.store.intake import Intake
from service.store.listing import Listing
from service.store.pictures import Pictures
from service.store.readings import Readings
from service.store.receipts import Receipts
from service.store.rechecks import Rechecks
from service.store.references import References
from service.store.refreshing import Refreshing
from service.store.retention import Retention
from service.store.runs import Runs
from service.store.search import Search
from service.store.searches import Searches
from service.store.shown import Shown
from service.store.sources import Sources
from service.store.statements import Statements
from service.store.stops import Stops
from service.store.subscriptions import Subscriptions
from service.store.tokens import Tokens
from service.store.topics import Topics
from service.store.votes import Votes
from service.store.weeks import Weeks
from service.store.workers import Workers
from service.store.works import Works

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine


class Unit:
    """The repositories over one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def sources(self) -> Sources:
        """States, marks and receipts of the sources."""
        return Sources(self._connection)

    @cached_property
    def receipts(self) -> Receipts:
        """Receipts, as audits read them."""
        return Receipts(self._connection)

    @cached_property
    def runs(self) -> Runs:
        """Receipts of rankings."""
        return Runs(self._connection)

    @cached_property
    def had(self) -> Had:
        """What a subscription's readers have had."""
        return Had(self._connection)

    @cached_property
    def held(self) -> Held:
        """What is held of records that come."""
        return Held(self._connection)

    @cached_property
    def intake(self) -> Intake:
        """Writing records and the works they make."""
        return Intake(self._connection)

    @cached_property
    def works(self) -> Works:
        """Reading works, and taking a record out of one."""
        return Works(self._connection)

    @cached_property
    def embeddings(self) -> Embeddings:
        """Vectors of works, per encoder."""
        return Embeddings(self._connection)

    @cached_property
    def exporting(self) -> Exporting:
        """Reading many works in pages."""
        return Exporting(self._connection)

    @cached_property
    def feeding(self) -> Feeding:
        """What feeds are made of."""
        return Feeding(self._connection)

    @cached_property
    def refreshing(self) -> Refreshing:
        """Works computed anew from their records."""
        return Refreshing(self._connection)

    @cached_property
    def topics(self) -> Topics:
        """Topic documents and their versions."""
        return Topics(self._connection)

    @cached_property
    def rechecks(self) -> Rechecks:
        """Which works are asked for again, and when."""
        return Rechecks(self._connection)

    @cached_property
    def references(self) -> References:
        """What seeds cite, and how well topics find it."""
        return References(self._connection)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Who gets what, where and when."""
        return Subscriptions(self._connection)

    @cached_property
    def statements(self) -> Statements:
        """What records say happened to papers."""
        return Statements(self._connection)

    @cached_property
    def stops(self) -> Stops:
        """Subscriptions that were ended by their readers, or by mails that came back."""
        return Stops(self._connection)

    @cached_property
    def backfills(self) -> Backfills:
        """Plans to take in many files, and how their parts stand."""
        return Backfills(self._connection)

    @cached_property
    def bounces(self) -> Bounces:
        """Mails that came back."""
        return Bounces(self._connection)

    @cached_property
    def digests(self) -> Digests:
        """Frozen digests and what was sent to whom."""
        return Digests(self._connection)

    @cached_property
    def citations(self) -> Citations:
        """Which papers cite a seed, or are by a followed author."""
        return Citations(self._connection)

    @cached_property
    def deliveries(self) -> Deliveries:
        """The outbox."""
        return Deliveries(self._connection)

    @cached_property
    def votes(self) -> Votes:
        """What readers said of works."""
        return Votes(self._connection)

    @cached_property
    def alarms(self) -> Alarms:
        """What the operator must know."""
        return Alarms(self._connection)

    @cached_property
    def aliases(self) -> Aliases:
        """The names of people."""
        return Aliases(self._connection)

    @cached_property
    def forgetting(self) -> Forgetting:
        """Taking a person out."""
        return Forgetting(self._connection)

    @cached_property
    def retention(self) -> Retention:
        """Removing what is past its time."""
        return Retention(self._connection)

    @cached_property
    def claims(self) -> Claims:
        """What workers have for themselves."""
        return Claims(self._connection)

    @cached_property
    def workers(self) -> Workers:
        """The processes that work on this archive."""
        return Workers(self._connection)

    @cached_property
    def readings(self) -> Readings:
        """What was marked as read."""
        return Readings(self._connection)

    @cached_property
    def weeks(self) -> Weeks:
        """Rankings that are kept to be looked at."""
        return Weeks(self._connection)

    @cached_property
    def shown(self) -> Shown:
        """What digests showed of topics."""
        return Shown(self._connection)

    @cached_property
    def tokens(self) -> Tokens:
        """What lets programs in."""
        return Tokens(self._connection)

    @cached_property
    def listing(self) -> Listing:
        """Long lists, page by page."""
        return Listing(self._connection)

    @cached_property
    def search(self) -> Search:
        """Finding works by words."""
        return Search(self._connection)

    @cached_property
    def enrichments(self) -> Enrichments:
        """What was added to works."""
        return Enrichments(self._connection)

    @cached_property
    def pictures(self) -> Pictures:
        """Thumbnails of figures."""
        return Pictures(self._connection)

    @cached_property
    def searches(self) -> Searches:
        """Queries that people have given names."""
        return Searches(self._connection)


class Store:
    """The archive. Opens transactions; holds no state beside the engine.

    `now` takes the place of the database's clock (the demo's, a preview's, a test's).
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime] | None = None) -> None:
        self.engine = engine
        self._now = now

    @property
    def file(self) -> Path | None:
        """The file of a SQLite archive, from the root on."""
        url = self.engine.url
        held = url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}
        return Path(url.database or "").resolve() if held else None

    def now(self) -> datetime:
        """The time by the clock that all workers over this archive share. Raises `StoreError`."""
        if self._now is not None:
            return self._now()
        with engines.transaction(self.engine, write=False) as connection:
            return database_time(connection)

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """A transaction that only reads. Raises `StoreError`."""
        with engines.transaction(self.engine, write=False) as connection:
            yield Unit(connection)

    @contextmanager
    def writing(self) -> Iterator[Unit]:
        """A transaction that may write; on SQLite it waits for its turn. Raises `StoreError`."""
        with engines.transaction(self.engine, write=True) as connection:
            yield Unit(connection)

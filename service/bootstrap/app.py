"""Everything wired for one process.

Imports happen inside the functions, so that a command pays only for what it uses.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from service import tracing
from service.claims import unfenced
from service.clock import Clock
from service.encoding import Watermark
from service.errors import SchemaError, StoreError
from service.worker.stopping import Stopped, stoppable_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from service.bootstrap.feeds import Feeds
    from service.bootstrap.lanes import SharedLanes
    from service.bootstrap.seed_resolving import FoundSeeds
    from service.capabilities import Capabilities
    from service.claims import Fence
    from service.config import Settings
    from service.delivery.outbox import Transition
    from service.finding import Finding
    from service.pipeline import Parts
    from service.previews.making import Previews
    from service.protocols import Channel, QueryEncoder, Renderer, Source
    from service.records import Batch, Delivery, Tally, Topic, Window
    from service.records.findings import Findings, Search
    from service.records.retained import Kept
    from service.slackapp.listening import SocketListener
    from service.slackapp.reception import Reception
    from service.slackapp.requests import SlackRequests
    from service.sources.http import PoliteClient
    from service.sources.polling import PollResult, Progress
    from service.store import Store, Unit
    from service.store.holding import Holding
    from service.store.neighbours import FileNeighbours
    from service.store.vector_pg import PgNeighbours
    from service.watching import Rechecked


@dataclass
class App:
    """Everything wired for one process, each part made on first use. Setting `stop` ends its work
    at the next point where nothing is lost."""

    settings: Settings
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)
    model: threading.Lock = field(default_factory=threading.Lock)  # one thread embeds at a time
    embedded: Watermark = field(default_factory=Watermark)

    @cached_property
    def owner(self) -> str:
        """This process's name in claims and leases: also that of one before it is another."""
        return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"

    @cached_property
    def holding(self) -> Holding:
        """What this process has claimed."""
        from service.store.holding import Holding

        return Holding(self.store, self.owner)

    @cached_property
    def store(self) -> Store:
        """The archive; its schema is not checked here."""
        from service.store import Store, engine

        # A clock that was put in the place of the real one beats the database's.
        now = None if self.clock.now is Clock().now else self.clock.now
        return Store(engine.create(self.settings.database.url.get_secret_value()), now)

    @cached_property
    def http(self) -> PoliteClient:
        """The one client that talks to sources."""
        from service.bootstrap import upstreams
        from service.bootstrap.traced_client import TracedClient
        from service.sources.body import Limits
        from service.sources.http import user_agent

        http = self.settings.http
        return TracedClient(
            user_agent(http.contact, http.user_agent_url),
            rules=upstreams.host_rules(self.settings),
            unknown_host=10.0 * http.pace,
            trusted=frozenset(http.trusted_hosts) | upstreams.own_hosts(self.settings),
            limits=Limits(size=int(http.max_body_mib * (1 << 20))),
            deadline=http.deadline_s,
            tries=http.tries,
            clock=self.clock,
            book=self.lanes,
        )

    @cached_property
    def lanes(self) -> SharedLanes:
        """Hosts' turns, over all processes of the archive."""
        from service.bootstrap import lanes

        return lanes.book(self)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Every enabled source."""
        from service.bootstrap import citing, upstreams

        return (*upstreams.sources(self.settings, self.http), *citing.sources(self))

    @property
    def source_names(self) -> list[str]:
        """The names of the enabled sources, without making them."""
        from service.bootstrap import upstreams

        return upstreams.names(self.settings)

    @cached_property
    def parts(self) -> Parts:
        """What the pipeline's stages are made of."""
        from service.bootstrap.cores import EncoderInTurn, side_by_side
        from service.bootstrap.evaluation import plain_encoder
        from service.bootstrap.traced import TracedEncoder, TracedRanker
        from service.embedding.works import work_vectors
        from service.pipeline import Parts
        from service.ranking.ranker import DEFAULT_CUTOFF, FusedRanker
        from service.topics.facets import facets
        from service.topics.sentences import split_sentences
        from service.worker.stopping import StoppableEncoder

        encoder = EncoderInTurn(plain_encoder(self.settings))
        return Parts(
            store=self.store,
            clock=self.clock,
            encoder=TracedEncoder(StoppableEncoder(encoder, self.stop)),
            ranker=TracedRanker(FusedRanker(facets, split_sentences, side_by_side)),
            work_vectors=work_vectors,
            topics=self.topics,
            renderers=self.renderers,
            default_cutoff=DEFAULT_CUTOFF,
            holding=self.holding,
        )

    @cached_property
    def renderers(self) -> Mapping[str, Renderer]:
        """One per channel that is configured."""
        from service.bootstrap import outlets

        return outlets.renderers(self.settings, self.capabilities, self.store)

    @cached_property
    def capabilities(self) -> Capabilities:
        """The signed links to this installation's pages: giving them out, and reading them."""
        from service.capabilities import Capabilities

        web = self.settings.web
        return Capabilities(web.url, tuple(key.get_secret_value() for key in web.keys))

    @cached_property
    def query_encoder(self) -> QueryEncoder:
        """What makes the vector of a question, without loading the whole model."""
        from service.bootstrap.evaluation import plain_encoder
        from service.embedding.quick import QuickEncoder

        return QuickEncoder(self.settings.encoder.model or None, plain_encoder(self.settings))

    @cached_property
    def neighbours(self) -> FileNeighbours | PgNeighbours:
        """The works by their meaning. Raises `StoreError`."""
        from service.bootstrap import nearness

        return nearness.neighbours(self.store, self.settings.search.index_folder)

    @cached_property
    def finding(self) -> Finding:
        """What questions to the archive are answered with."""
        from service.finding import Finding

        return Finding(self.store, self.clock, self.query_encoder, self.neighbours)

    @cached_property
    def previews(self) -> Previews:
        """What changes of topics would do, before they are made."""
        from service.bootstrap import nearness
        from service.bootstrap.preview_files import PreviewFiles
        from service.previews.making import Previews
        from service.ranking.ranker import FusedRanker
        from service.topics.facets import facets
        from service.topics.sentences import split_sentences

        beside = nearness.folder_of(self.store, self.settings.search.index_folder)
        shelf = PreviewFiles(beside.with_suffix(".previews"), self.query_encoder.info)
        ranker = FusedRanker(facets, split_sentences)
        return Previews(self.parts, ranker, self.model, shelf=shelf)

    def find(self, search: Search) -> Findings:
        """A page of what the archive has. Raises as `finding.find` does."""
        from service.finding import find

        return find(search, self.finding)

    @cached_property
    def feeds(self) -> Feeds:
        """The feeds that this installation gives out."""
        from service.bootstrap.feeds import Feeds

        return Feeds(self)

    def digest_page(self, digest_id: str, reader: str) -> str:
        """A digest as it was frozen, as a page with this reader's links. Raises `InputError`."""
        from service import replay
        from service.bootstrap.outlets import on_file

        with self.store.reading() as tx:
            content = tx.digests.content(replay.find(tx, digest_id).id)
        return on_file(self.capabilities, self.store).page(content, reader)

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """One per channel that is configured."""
        from service.bootstrap import outlets, traced

        return traced.channels(outlets.channels(self.settings, self.capabilities))

    # -- Slack's way in

    @cached_property
    def slack_reception(self) -> Reception:
        """What takes presses and questions from Slack, whichever way they come."""
        from service.errors import ConfigError
        from service.slackapp.asking import Desk
        from service.slackapp.calls import SlackCalls
        from service.slackapp.inbox import Inbox
        from service.slackapp.reception import Reception

        slack = self.settings.slack
        if slack.token is None:
            raise ConfigError("slack.token", "is needed to answer", "see docs/slack.md")
        token = slack.token.get_secret_value()
        calls = SlackCalls(token, base_url=slack.base_url, timeout=slack.timeout_s)
        desk = Desk(self.parts, self.model, self.find)
        return Reception(self.parts, Inbox(Path(slack.inbox)), calls, desk, self.clock)

    @cached_property
    def slack_requests(self) -> SlackRequests | None:
        """The way in that Slack calls; None where `slack.signing_secret` is not set."""
        secret = self.settings.slack.signing_secret
        if secret is None:
            return None
        from service.slackapp.requests import SlackRequests

        return SlackRequests(secret.get_secret_value(), self.slack_reception)

    @cached_property
    def slack_listener(self) -> SocketListener | None:
        """The way in by which we call Slack; None where `slack.app_token` is not set."""
        slack = self.settings.slack
        if slack.app_token is None:
            return None
        from service.slackapp.listening import SocketListener

        return SocketListener(
            slack.app_token.get_secret_value(),
            self.slack_reception,
            base_url=slack.base_url,
            timeout=slack.timeout_s,
            jitter=self.clock.jitter,
        )

    def listen(self) -> None:
        """Begin to take what comes from Slack, beside the ticks. The inbox is emptied also where
        another process fills it."""
        slack = self.settings.slack
        if slack.app_token or (slack.token and slack.signing_secret):
            self.slack_reception.start()
        if self.slack_listener:
            self.slack_listener.start()

    def hang_up(self) -> None:
        """Take nothing more from Slack; what was acknowledged is in the inbox or the archive."""
        if self.__dict__.get("slack_listener"):
            self.slack_listener.stop()  # type: ignore[union-attr]  # made, as was just seen
        if "slack_reception" in self.__dict__:
            self.slack_reception.close()

    # -- the doing ends of the pipeline, bound to this process

    def poll(
        self,
        sources: Sequence[Source],
        *,
        force: bool = False,
        window: Window | None = None,
        progress: Progress | None = None,
    ) -> list[PollResult]:
        """Poll these sources side by side, each if it is due."""
        from service import pipeline
        from service.bootstrap import traced
        from service.sources.polling import Poller, Rhythm
        from service.store import StoredPollBook

        poll = self.settings.poll
        book = StoredPollBook(self.holding)
        poller = Poller(
            book,
            lambda name, batch: self.take_in(name, batch, fence=book.fence(name)),
            self.clock,
            Rhythm(timedelta(hours=poll.every_hours), poll.first_days),
            progress=progress,
            stopping=self.stop.is_set,
        )
        self.make_parts()
        poll_one = traced.polling(lambda each: poller.poll(each, force=force, window=window))
        return pipeline.poll(poll_one, sources)

    def take_in(
        self, source: str, batch: Batch, *, announce: bool = True, fence: Fence = unfenced
    ) -> Tally:
        """Records into works."""
        from service import pipeline

        return pipeline.take_in(self.parts, batch, source, announce=announce, fence=fence)

    def deliver(self) -> list[tuple[Delivery, Transition]]:
        """Send what is due, look for what is in doubt; mail what was refused for good elsewhere."""
        from service.bootstrap import returned
        from service.delivery.sending import deliver
        from service.fallbacks import fall_back
        from service.store import StoredOutbox

        lease = self.settings.delivery
        leases = {
            name: timedelta(seconds=lease.email_lease_s if name == "email" else lease.lease_s)
            for name in self.channels
        }
        outbox = StoredOutbox(self.store, self.owner, leases)
        done = deliver(outbox, self.channels, self.stop.is_set)
        if fall_back(self.store, self.renderers):
            done += deliver(outbox, self.channels, self.stop.is_set)
        returned.count_refusals(self.store, done)
        return done

    def rank_weeks(self) -> int:
        """Rank what came for the pages that show it, where something has changed; returns how many
        lists that were. Raises `Stopped`, and as `weekly.refresh`."""
        from service import weekly

        return weekly.refresh(self.parts, self.model, self.go_on)

    def recheck(self) -> Rechecked | None:
        """Ask for works that were sent or saved again. See `watched`."""
        from service.bootstrap import watched

        return watched.recheck(self)

    def sound_alarms(self) -> int:
        """See what calls for the operator, and tell them what is new or over. See `alarmed`."""
        from service.bootstrap import alarmed

        return alarmed.watch(self)

    def enrich(self) -> int:
        """Ask about some of the works that are about to be shown. See `enriched`."""
        from service.bootstrap import enriched

        return enriched.watch(self)

    def retain(self) -> dict[Kept, int]:
        """Remove what is past its time. See `retained`."""
        from service.bootstrap import retained

        return retained.remove(self)

    def topics(self, tx: Unit) -> tuple[Topic, ...]:
        """The topics in force."""
        from service.bootstrap import followed

        return followed.current(tx)

    # -- seeds

    def seeds_of(self, told: Sequence[str], *, files: bool = True) -> FoundSeeds:
        """The seeds that these texts tell: identifiers, files, text. See `seed_resolving`."""
        from service.bootstrap import seed_resolving

        return seed_resolving.seeds_of(self, told, files=files)

    def seeds_in(self, name: str, content: bytes) -> FoundSeeds:
        """The seeds of a file that is handed in as its name and bytes. See `seed_resolving`."""
        from service.bootstrap import seed_resolving

        return seed_resolving.seeds_in(self, name, content)

    def keep_references(
        self,
        topic: Topic,
        keys: Collection[str] | None = None,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> tuple[str, ...]:
        """Get and keep what the topic's reviews cite; a line a review. See `cited`."""
        from service.bootstrap import cited

        return cited.keep_references(self, topic, keys, progress)

    # -- beginning and end

    def schema(self) -> tuple[str | None, str]:
        """The database's revision (None: it is empty) and the one that this program needs."""
        from service.store import revisions

        self._found()
        return revisions.current(self.store.engine), revisions.head()

    def upgrade(self, revision: str = "head") -> None:
        """Create the database, or bring it up to date."""
        from service.store import migrations

        migrations.upgrade(self.store.engine, revision)

    def downgrade(self, revision: str) -> None:
        """Take the database back."""
        from service.store import migrations

        self._found()
        migrations.downgrade(self.store.engine, revision)

    def check(self) -> None:
        """Refuse a database that is missing, or of another version. Writes nothing."""
        from service.store import revisions

        self._found()
        if revisions.current(self.store.engine) is None:
            raise SchemaError(self.database, "is empty", "run: litwatch init")
        revisions.check(self.store.engine)

    def _found(self) -> None:
        """Refuse a SQLite file that is not there: opening would create it."""
        if self.store.file and not self.store.file.exists():
            raise StoreError(self.database, "does not exist", "run: litwatch init")

    @property
    def database(self) -> str:
        """The database's address, without its password."""
        return self.store.engine.url.render_as_string(hide_password=True)

    def prepare(self) -> None:
        """Check the database; bring topics and subscriptions up to the configuration."""
        from service.bootstrap import followed

        self.check()
        folder = self.settings.topics.folder
        documents = followed.topic_documents(Path(folder)) if folder else ()
        with self.store.writing() as tx:
            followed.bring_up(tx, self.settings, documents, self.clock.now())

    def make_parts(self) -> None:
        """Make everything that threads will share: each would else make its own."""
        _ = self.parts, self.sources, self.channels

    def go_on(self) -> None:
        """Raise `Stopped` if the end was asked for."""
        if self.stop.is_set():
            raise Stopped

    def close(self) -> None:
        """Close connections."""
        self.hang_up()
        if "http" in self.__dict__:
            self.http.close()
        if "lanes" in self.__dict__:
            self.lanes.close()
        if "holding" in self.__dict__:
            self.holding.close()
        if "store" in self.__dict__:
            self.store.engine.dispose()
        tracing.end()


def build(
    settings: Settings, clock: Clock | None = None, stop: threading.Event | None = None
) -> App:
    """An app over these settings; nothing is opened yet."""
    stop = stop or threading.Event()
    app = App(settings, stoppable_clock(clock or Clock(), stop), stop)
    if settings.telemetry.endpoint:
        from service.bootstrap import traced

        traced.begin(settings, app.owner)
    return app

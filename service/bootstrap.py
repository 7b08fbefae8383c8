"""The composition root: settings to concrete parts. Nothing else knows concrete classes.

Imports happen inside the functions, so that a command pays only for what it uses.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.clock import Clock
from service.errors import ConfigError, TopicError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from service.config import Settings
    from service.delivery.outbox import Transition
    from service.pipeline import Parts
    from service.protocols import Channel, Renderer, Source
    from service.records import Batch, Delivery, Subscription, Tally, Topic, Window
    from service.sources.http import PoliteClient
    from service.sources.polling import PollResult, Progress
    from service.store import Store, Unit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass
class App:
    """Everything wired for one process, each part made on first use."""

    settings: Settings
    clock: Clock

    @cached_property
    def owner(self) -> str:
        """This worker's name in claims and leases."""
        return f"{socket.gethostname()}:{os.getpid()}"

    @cached_property
    def store(self) -> Store:
        """The archive; its schema is not checked here."""
        from service.store import Store, engine

        return Store(engine.create(self.settings.database.url.get_secret_value()))

    @cached_property
    def http(self) -> PoliteClient:
        """The one client that talks to sources."""
        from service.sources.body import Limits
        from service.sources.http import PoliteClient, user_agent

        http = self.settings.http
        return PoliteClient(
            user_agent(http.contact, http.user_agent_url),
            rules=self._rules(),
            unknown_host=10.0 * http.pace,
            trusted=frozenset(http.trusted_hosts) | _own_hosts(self.settings),
            limits=Limits(size=int(http.max_body_mib * (1 << 20))),
            deadline=http.deadline_s,
            tries=http.tries,
            clock=self.clock,
        )

    def _rules(self) -> dict[str, float]:
        """Seconds between requests by host. Where a source's address is not the usual one, its
        rule goes along; of several sources on one host the slowest rule holds."""
        from service.sources.pacing import rule_for, rules

        settings = self.settings
        if settings.http.pace < 1 and not all(h in _LOOPBACK for h in _source_hosts(settings)):
            raise ConfigError(
                "http.pace",
                f"{settings.http.pace:g} would be impolite to the sources' own servers",
                "below 1 is for servers on this machine only",
            )
        keyed = settings.sources.pubmed.api_key or settings.sources.pmc.api_key
        usual = rules(ncbi_key=keyed is not None)
        found = dict(usual)
        for domain, url in _bases(settings):
            host = urlsplit(url).hostname or ""
            if rule_for(host, usual, -1.0)[1] < 0:
                found[host] = max(found.get(host, 0.0), usual[domain])
        return {host: seconds * settings.http.pace for host, seconds in found.items()}

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Every enabled source."""
        return tuple(_sources(self.settings, self.http))

    @cached_property
    def parts(self) -> Parts:
        """What the pipeline's stages are made of."""
        from service.embedding.encoder import SentenceTransformerEncoder
        from service.embedding.text import text_of
        from service.pipeline import Parts
        from service.ranking.ranker import DEFAULT_CUTOFF, FusedRanker
        from service.topics.facets import facets
        from service.topics.sentences import split_sentences

        chosen = self.settings.encoder
        return Parts(
            store=self.store,
            clock=self.clock,
            encoder=SentenceTransformerEncoder(
                chosen.model or None, chosen.precision, chosen.threads or None
            ),
            ranker=FusedRanker(facets, split_sentences),
            text_of=text_of,
            topics=current_topics,
            renderers=self.renderers,
            default_cutoff=DEFAULT_CUTOFF,
        )

    @cached_property
    def renderers(self) -> Mapping[str, Renderer]:
        """One per channel that is configured."""
        from service.digest.email import Letterhead
        from service.digest.render import EmailRenderer, FileRenderer, SlackRenderer

        found: dict[str, Renderer] = {"slack": SlackRenderer(), "file": FileRenderer()}
        email = self.settings.email
        if email.sender:
            head = Letterhead(
                sender=email.sender,
                domain=email.message_domain,
                unsubscribe_url=email.unsubscribe_url,
                unsubscribe_mailto=email.unsubscribe_mailto,
            )
            found["email"] = EmailRenderer(head)
        return found

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """One per channel that is configured."""
        from service.delivery.email import SmtpChannel
        from service.delivery.file import FileChannel
        from service.delivery.slack import SlackChannel

        slack, email = self.settings.slack, self.settings.email
        found: dict[str, Channel] = {"file": FileChannel(Path(self.settings.file.folder))}
        if slack.token:
            token = slack.token.get_secret_value()
            found["slack"] = SlackChannel(token, base_url=slack.base_url, timeout=slack.timeout_s)
        if email.host and email.sender:
            found["email"] = SmtpChannel(
                host=email.host,
                sender=email.address,
                port=email.port,
                security=email.security,
                username=email.username,
                password=email.password.get_secret_value() if email.password else "",
                timeout=email.timeout_s,
                final_timeout=email.final_timeout_s,
                on_unknown=email.on_unknown,
            )
        return found

    # -- the doing ends of the pipeline, bound to this process

    def poll_one(
        self,
        source: Source,
        *,
        force: bool = False,
        window: Window | None = None,
        progress: Progress | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> PollResult:
        """Poll one source, if it is due."""
        from service.sources.polling import Poller, Rhythm
        from service.store import StoredPollBook

        poll = self.settings.poll
        poller = Poller(
            StoredPollBook(self.store, self.owner),
            self.take_in,
            self.clock,
            Rhythm(timedelta(hours=poll.every_hours), poll.first_days),
            progress=progress,
            stopping=stopping,
        )
        return poller.poll(source, force=force, window=window)

    def take_in(self, source: str, batch: Batch, *, announce: bool = True) -> Tally:
        """Records into works."""
        from service import pipeline

        return pipeline.take_in(self.parts, batch, source, announce=announce)

    def deliver(
        self, stopping: Callable[[], bool] = lambda: False
    ) -> list[tuple[Delivery, Transition]]:
        """Send what is due, look for what is in doubt."""
        from service.delivery.sending import deliver
        from service.store import StoredOutbox

        lease = self.settings.delivery
        leases = {
            name: timedelta(seconds=lease.email_lease_s if name == "email" else lease.lease_s)
            for name in self.channels
        }
        outbox = StoredOutbox(self.store, self.owner, leases)
        return deliver(outbox, self.channels, self.clock, stopping)

    def prepare(self) -> None:
        """Refuse a database of another version; bring topics and subscriptions up to the
        configuration."""
        from service.store import migrations

        migrations.check(self.store.engine)
        folder = self.settings.topics.folder
        documents = topic_documents(Path(folder)) if folder else ()
        now = self.clock.now()
        with self.store.writing() as tx:
            _save_topics(tx, documents or shipped_if_empty(tx), now)
            known = tuple(version.slug for version in tx.topics.current())
            tx.subscriptions.sync(subscriptions(self.settings, known), now)

    def close(self) -> None:
        """Close connections."""
        if "http" in self.__dict__:
            self.http.close()
        if "store" in self.__dict__:
            self.store.engine.dispose()


def build(settings: Settings, clock: Clock | None = None) -> App:
    """An app over these settings; nothing is opened yet."""
    return App(settings, clock or Clock())


# -- topics and subscriptions --------------------------------------------------------------------


def topic_documents(folder: Path) -> tuple[Topic, ...]:
    """The topics of a folder of TOML documents. Raises `TopicError`."""
    from service.topics.documents import parse

    files = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if not files:
        raise TopicError(
            f"topics.folder {str(folder)!r}",
            "holds no topic documents",
            "see: litwatch topics export",
        )
    return tuple(parse(_text(file), partial(_seed_file, folder)) for file in files)


def topic_file(file: Path) -> Topic:
    """One topic document. Raises `TopicError`."""
    from service.topics.documents import parse

    return parse(_text(file), partial(_seed_file, file.parent))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TopicError(str(file), f"cannot be read: {error}", "check the path") from None


def _seed_file(folder: Path, name: str) -> str:
    return _text(folder / name)


def current_topics(tx: Unit) -> tuple[Topic, ...]:
    """The topics in force, each at its stored version."""
    from dataclasses import replace

    from service.topics.documents import parse

    return tuple(
        replace(parse(stored.document, _no_file), version=stored.version)
        for stored in tx.topics.current()
    )


def _no_file(name: str) -> str:
    raise TopicError(f"seed file {name!r}", "a stored topic holds its seeds itself")


def shipped_if_empty(tx: Unit) -> tuple[Topic, ...]:
    """The two shipped topics for an archive without any, else none: edits are never overwritten."""
    from service import topics

    return () if tx.topics.current() else topics.shipped()


def save_topic(tx: Unit, topic: Topic, author: str, reason: str, now: object) -> int:
    """Store a topic as a new version, unless nothing changed; returns the version in force."""
    from dataclasses import replace

    from service.topics.documents import dump

    document = dump(replace(topic, version=1))  # the store counts versions
    return tx.topics.save(topic.slug, document, author, reason, now)  # type: ignore[arg-type]


def _save_topics(tx: Unit, topics: Sequence[Topic], now: object) -> None:
    for topic in topics:
        save_topic(tx, topic, "configuration", "topic document", now)


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


# -- sources -------------------------------------------------------------------------------------


def _sources(settings: Settings, http: PoliteClient) -> list[Source]:
    from service.sources.arxiv import Arxiv
    from service.sources.biorxiv import Biorxiv
    from service.sources.europepmc import EuropePmc
    from service.sources.eutils import Account
    from service.sources.feed import Feed
    from service.sources.pmc import Pmc
    from service.sources.pubmed import PubMed

    chosen, email = settings.sources, settings.http.contact
    found: list[Source] = []
    for entrez, make in ((chosen.pubmed, PubMed), (chosen.pmc, Pmc)):
        key = entrez.api_key or chosen.pubmed.api_key
        account = Account(email=email, api_key=key.get_secret_value() if key else "")
        if entrez.enabled:
            base = entrez.base_url.rstrip("/") + "/"
            found.append(make(http, entrez.query, account, wide=True, base=base))
    for server, rxiv in (("biorxiv", chosen.biorxiv), ("medrxiv", chosen.medrxiv)):
        if rxiv.enabled:
            found.append(Biorxiv(http, server=server, base_url=rxiv.base_url))
    if chosen.arxiv.enabled:
        arxiv = chosen.arxiv
        found.append(
            Arxiv(
                http,
                oai_url=arxiv.oai_url,
                api_url=arxiv.api_url,
                oai_set=arxiv.oai_set,
                categories=arxiv.categories,
                terms=arxiv.terms,
            )
        )
    if chosen.europepmc.enabled:
        base = chosen.europepmc.base_url.rstrip("/") + "/"
        found.append(EuropePmc(http, chosen.europepmc.query, email=email, wide=True, base=base))
    found += [Feed(http, name=feed.name, url=feed.url) for feed in chosen.feeds if feed.enabled]
    return found


def _bases(settings: Settings) -> list[tuple[str, str]]:
    """Each source's usual domain, and the address it is polled at."""
    sources = settings.sources
    return [
        ("ncbi.nlm.nih.gov", sources.pubmed.base_url),
        ("ncbi.nlm.nih.gov", sources.pmc.base_url),
        ("biorxiv.org", sources.biorxiv.base_url),
        ("medrxiv.org", sources.medrxiv.base_url),
        ("arxiv.org", sources.arxiv.oai_url),
        ("arxiv.org", sources.arxiv.api_url),
        ("ebi.ac.uk", sources.europepmc.base_url),
    ]


def _source_hosts(settings: Settings) -> set[str]:
    urls = [url for _, url in _bases(settings)] + [feed.url for feed in settings.sources.feeds]
    return {urlsplit(url).hostname or "" for url in urls}


def _own_hosts(settings: Settings) -> frozenset[str]:
    """Hosts of the operator's own base addresses: they may be private (a local replay)."""
    return frozenset(urlsplit(url).netloc for _, url in _bases(settings))

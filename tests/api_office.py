"""The API in this process, over an archive that has some of everything it can tell of."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastapi.testclient import TestClient

from service import archive, tokens, voting
from service.records import (
    DigestContent,
    Judgement,
    RenderedPart,
    Subscription,
    SweepKind,
    SweepMark,
    Tally,
    Window,
    WindowReport,
)
from service.records.findings import (
    FacetCount,
    FacetCounts,
    Findings,
    Hit,
    Matched,
    SavedSearch,
    Search,
    Snippet,
)
from service.records.queries import Mode, Part
from service.records.tokens import Scope, Token
from service.web.app import create
from tests import factories
from tests.papers import NOW

if TYPE_CHECKING:
    from service.bootstrap import App
    from tests.fakes import FixedClock

HOME = "http://127.0.0.1:8080"
TOPIC = "stroma"
DIGEST = "Lab:Europe/Berlin:2026-W47:r0"
DELIVERY = "0b5c9f0e-7f6b-5d2a-9a57-6f1f0a3c2d11"
READER = "Ida@example.org"
_WEEK = Window(date(2026, 11, 9), date(2026, 11, 15))


@dataclass
class Office:
    """The archive, who may ask it, and what was searched for."""

    app: App
    time: FixedClock
    searched: list[Search] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app.find = self._find  # type: ignore[method-assign]  # finding has tests of its own

    @cached_property
    def web(self) -> Any:
        """What answers at a socket that this machine alone reaches."""
        return create(self.app, at_home=True)

    @cached_property
    def _reached(self) -> Any:
        """What answers at a socket that others reach; it knows who asked it how often."""
        return create(self.app)

    def here(self, **headers: str) -> TestClient:
        """A program on the machine that serves, without a token."""
        return TestClient(
            self.web, base_url=HOME, client=("127.0.0.1", 50_000), headers=_named(headers)
        )

    def away(self, token: str = "", *, web: Any = None, **headers: str) -> TestClient:
        """A program elsewhere, with a token; over a socket that others reach."""
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        return TestClient(
            web or self._reached,
            base_url="http://litwatch.example.org",
            client=("192.0.2.7", 50_000),
            headers=shown | _named(headers),
        )

    def token(self, scope: str = "read", name: str = "zotero", **changes: Any) -> str:
        """A token that is good, unless `changes` (its fields) say otherwise."""
        secret = tokens.fresh()
        kept = Token(name, tokens.hashed(secret), Scope(scope), self.time.at, **changes)
        with self.app.store.writing() as tx:
            tx.tokens.add(kept)
        return secret

    def kept(self, name: str = "zotero") -> Token:
        """A token as it is kept."""
        with self.app.store.reading() as tx:
            return next(token for token in tx.tokens.all() if token.name == name)

    def votes(self) -> list[tuple[int, str, Judgement, str]]:
        with self.app.store.reading() as tx:
            return [(v.work_id, v.voter, v.judgement, v.note) for v in tx.votes.current(TOPIC)]

    def rows(self) -> dict[str, list[Any]]:
        """Everything that the archive holds, table by table."""
        from service.store.schema import Base

        with self.app.store.engine.connect() as connection:
            return {
                table.name: sorted(map(repr, connection.execute(table.select())))
                for table in Base.metadata.sorted_tables
            }

    def _find(self, search: Search) -> Findings:
        archive.parse(search.text, NOW, UTC)  # raises what the real one raises
        self.searched.append(search)
        with self.app.store.reading() as tx:
            work = tx.works.get(1)
        snippet = Snippet(Part.TITLE, work.title, ((0, 7),))
        counts = FacetCounts("source", (FacetCount("pubmed", 1, f"{search.text} source:pubmed"),))
        return Findings(
            hits=(Hit(work, Matched.ALL, 0.75, (snippet,)),),
            total=10_000,
            exact=False,
            mode=search.mode,
            cursor="further",
            facets=(counts,) if search.facets else (),
            notes=("no work has that word",),
        )


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def basic(token: str, user: str = "any") -> str:
    """What a feed reader sends of a user and a password."""
    return "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()


def frozen(app: App, key: str = DIGEST, week: int = 47, delivery: str = DELIVERY) -> DigestContent:
    """A digest of works 1 and 2 that is about to be sent to Ida."""
    with app.store.reading() as tx:
        works = tx.works.many([1, 2])
    items = [replace(factories.item(), work=w, ranked=factories.ranked(w.id)) for w in works]
    content = factories.digest_content(
        factories.section(*items),
        digest_id=key,
        subscription="Lab",
        period=f"Europe/Berlin:2026-W{week}",
        created_at=NOW,
    )
    with app.store.writing() as tx:
        assert tx.digests.freeze(
            content,
            Subscription("Lab", (TOPIC,), "email", READER),
            [RenderedPart(delivery, 1, 1, b"the mail")],
            revision=0,
            window=(0, week),
            now=app.clock.now(),
        )
    return content


def fill(app: App) -> None:
    """A digest with its delivery, receipts, a vote and a saved search."""
    frozen(app)
    ballot = voting.Ballot("1", Judgement.SAVED, note="for journal club")
    voting.cast(app.parts, TOPIC, [ballot], voter=f"mail:{READER.lower()}", via="mail")
    with app.store.writing() as tx:
        tx.sources.set_mark("pubmed", SweepKind.RECENT, SweepMark(_WEEK.end, NOW), None)
        tx.searches.save(SavedSearch("nets", "neutrophil title:stroma", Mode.HYBRID, "Ida", NOW))
    fill_receipts(app, 3)


def fill_receipts(app: App, count: int) -> None:
    """So many receipts of one week of PubMed, finished now."""
    now = app.clock.now()
    report = WindowReport(_WEEK, SweepKind.RECENT, "stroma", None, 3, 3, end_sign=True)
    with app.store.writing() as tx:
        for _ in range(count):
            tx.sources.add_receipt("pubmed", report, Tally(new=3), started_at=now, finished_at=now)

"""Small worlds made by hand, and a visit of the real clients to one simulator of them."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

from service.records import Batch, Sweep, SweepKind, Window, WindowReport
from service.sources.http import PoliteClient, user_agent
from tests.upstreams.faults import Faults
from tests.upstreams.register import INTERVALS, Register
from tests.upstreams.serving import Servers, VirtualTime
from tests.upstreams.words import Person
from tests.upstreams.world import Article, Entry, State, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from service.protocols import Source
    from service.records import Record
    from tests.upstreams.serving import Upstream

TODAY = date(2027, 5, 14)  # a Friday
WEEK = timedelta(days=7)


def at(day: date, hour: int = 0) -> datetime:
    """A moment of a day, UTC."""
    return datetime.combine(day, time(hour), UTC)


def article(number: int, **names: object) -> Article:
    """A piece of research on tumours."""
    usual: dict[str, object] = {
        "title": f"Nadutin {number} guides repair of tumour fibroblasts",
        "abstract": f"We follow stroma and neutrophils of a tumour with nadutin {number}.",
        "authors": (Person("Arodahl", "Ada"), Person("Belez", "Ben")),
        "posted": TODAY,
        "published": TODAY,
        "category": "cancer biology",
        "preprint_doi": f"10.5555/2027.05.14.{100_000 + number}",
        "doi": f"10.5555/exj.{number}",
    }
    return Article(number=number, topical=True, journal=0, **(usual | names))  # type: ignore[arg-type]


def state(of: Article, since: datetime, stated: date, version: str = "1", **more: object) -> State:
    """How an entry reads from `since` on; a version of arXiv's was submitted when it was stated."""
    usual: dict[str, object] = {"title": of.title, "abstract": of.abstract, "version": version}
    if of.arxiv_id:
        usual["versions"] = ((version, stated),)
    return State(since, stated, **(usual | more))  # type: ignore[arg-type]


def entry(
    source: str, uid: str, of: Article, day: date, version: str = "1", *later: State,
    since: datetime | None = None, gone: datetime | None = None, **more: object,
) -> Entry:  # fmt: skip
    """An entry filed under a day and served from its beginning on, unless told otherwise."""
    first = state(of, since or at(day), day, version, **more)
    return Entry(source, uid, of, day, (first, *later), gone)


def posted(count: int, day: date = TODAY, first: int = 1, server: str = "biorxiv") -> list[Entry]:
    """So many preprints that were posted on one day."""
    made = (article(number) for number in range(first, first + count))
    return [entry(server, of.preprint_doi, of, day) for of in made]


def world(entries: Iterable[Entry]) -> World:
    """The world of these entries."""
    return World(0, TODAY - timedelta(days=400), 500, list(entries))


@dataclass
class Visit:
    """A polite client at one simulator; time is virtual and begins at `start`."""

    http: PoliteClient
    url: str
    time: VirtualTime
    register: Register
    batches: list[Batch] = field(default_factory=list)
    reports: list[WindowReport] = field(default_factory=list)

    def poll(
        self,
        source: Source,
        kind: SweepKind = SweepKind.RECENT,
        start: date = TODAY - WEEK,
        end: date = TODAY,
        unknown: Callable[[Sequence[str]], set[str]] = set,
    ) -> WindowReport:
        """Walk one window; keeps what comes, and returns the last report."""
        self.batches, self.reports = [], []
        for item in source.poll(Sweep(kind, Window(start, end)), unknown):
            if isinstance(item, Batch):
                self.batches.append(item)
            else:
                self.reports.append(item)
        return self.reports[-1]

    @property
    def records(self) -> list[Record]:
        """What the last poll gave."""
        return [record for batch in self.batches for record in batch.records]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The ids and versions of it, sorted; one that came twice is there twice."""
        return sorted((record.source_id, record.version) for record in self.records)

    @property
    def deletions(self) -> list[str]:
        """What it said is gone."""
        return [name for batch in self.batches for name in batch.deletions]


@contextmanager
def visiting(host: str, upstream: Upstream, start: datetime | None = None) -> Iterator[Visit]:
    """Serve a simulator as `host` (a name of `register.INTERVALS`) and visit it; a rule that is
    broken meanwhile fails the test."""
    clock, register = VirtualTime(start or at(TODAY, 12)), Register()
    calm = Faults((), Random(0), clock.now())
    with Servers({host: upstream}, clock, calm, register) as servers:
        url = servers.url(host)
        netloc = url.removeprefix("http://")
        client = PoliteClient(
            user_agent("lab@example.org"),
            rules={netloc.partition(":")[0]: INTERVALS[host]},
            trusted=frozenset({netloc}),
            clock=clock.clock(),
        )
        with closing(client):
            yield Visit(client, url, clock, register)
    assert not register.broken, register.broken[:3]


def expected(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    """The ids and versions of entries, sorted."""
    return sorted((one.uid, one.states[-1].version) for one in entries)

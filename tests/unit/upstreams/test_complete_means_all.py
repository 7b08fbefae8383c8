"""A walk that says it is complete has seen everything that was there when it began.

Random upstreams, random faults in any reply, and records that come in while the walk goes on; the
real clients, without the network. What ends in an error, or in a gap, proves nothing and is tried
again by others: here it is only counted, so that the claim is not an empty one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest

from service.errors import SourceError
from service.records import Batch, Sweep, SweepKind, Window, WindowReport
from service.sources.arxiv import Arxiv as ArxivClient
from service.sources.biorxiv import Biorxiv as BiorxivClient
from service.sources.europepmc import EuropePmc as EuropePmcClient
from tests.fakes_http import FakeHttp, FakeReply, Request
from tests.upstreams.arxiv import Arxiv
from tests.upstreams.biorxiv import Biorxiv
from tests.upstreams.by_hand import TODAY, article, at, entry, world
from tests.upstreams.europepmc import EuropePmc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from service.protocols import Source
    from tests.upstreams.serving import Upstream
    from tests.upstreams.world import Entry

DAYS = 12
FIRST = TODAY - timedelta(days=DAYS - 1)
BEGIN = at(TODAY, 12)
SEEDS = range(50)


@dataclass
class Walk:
    """One sweep: the ids that came, and what was reported."""

    given: set[str] = field(default_factory=set)
    reports: list[WindowReport] = field(default_factory=list)
    failed: bool = False


def moods(rng: Random, **amounts: int) -> Callable[[str, datetime], int]:
    """Some of these moods, each in one reply of so many, or of a few without a break."""
    rates = {name: rng.choice((0, 0, 3, 10, 40)) for name in amounts}
    left = dict.fromkeys(amounts, 0)

    def mood(what: str, now: datetime) -> int:
        if not rates.get(what):
            return 0
        if not left[what] and rng.randrange(rates[what]) == 0:
            left[what] = rng.choice((1, 1, 1, 2, 12))
        left[what] = max(0, left[what] - 1)
        return amounts[what] if left[what] else 0

    return mood


def http(upstream: Upstream, time: list[datetime]) -> FakeHttp:
    def answer(request: Request) -> FakeReply:
        time[0] += timedelta(seconds=3)
        path, posted = urlsplit(request.url).path, urlsplit(request.url).path == "/searchPOST"
        body = urlencode(request.params).encode() if posted else b""
        query = {} if posted else request.params
        told = upstream.answer("POST" if posted else "GET", path, query, {}, body, time[0])
        return FakeReply(told.body, told.status, told.headers, request.url)

    return FakeHttp(answer)


def walked(upstream: Upstream, make: Callable[[FakeHttp], Source]) -> Walk:
    walk, sweep = Walk(), Sweep(SweepKind.RECENT, Window(FIRST, TODAY))
    try:
        for item in make(http(upstream, [BEGIN])).poll(sweep, set):
            if isinstance(item, Batch):
                walk.given |= {record.source_id for record in item.records}
            else:
                walk.reports.append(item)
    except SourceError:
        walk.failed = True
    return walk


def entries(rng: Random, source: str, most: int, uid: Callable[[int], str], **names) -> list[Entry]:
    """Records of the window's days; some are served only while the walk goes on."""
    made = []
    for number in rng.sample(range(1, 10 * most), rng.randint(1, most)):
        day = FIRST + timedelta(days=rng.randrange(DAYS))
        since = BEGIN + timedelta(seconds=rng.randint(1, 90)) if rng.random() < 0.05 else at(day)
        more = {name: value(number) for name, value in names.items()}
        of = article(number, **more)
        made.append(entry(source, uid(number), of, day, since=since))
    return made


def missed(walk: Walk, held: Iterable[Entry]) -> list[str]:
    """What lies in a window that is proved, was there when the walk began, and did not come."""
    proved = [report.window for report in walk.reports if report.complete]
    return [
        f"{one.uid} of {one.filed}"
        for one in held
        if one.served <= BEGIN
        and any(window.start <= one.filed <= window.end for window in proved)
        and one.uid not in walk.given
    ]


def told(walks: list[Walk]) -> tuple[int, int, int]:
    """How many walks failed, how many windows were proved, and how many were not."""
    reports = [report for walk in walks for report in walk.reports]
    proved = sum(report.complete for report in reports)
    return sum(walk.failed for walk in walks), proved, len(reports) - proved


def test_of_biorxiv() -> None:
    walks = []
    for seed in SEEDS:
        rng = Random(seed)
        held = entries(rng, "biorxiv", 400, lambda n: f"10.5555/2027.05.{n:06d}")
        mood = moods(rng, empty=1, overcount=2, down=1, blank=1, partial=1, page=7)
        upstream = Biorxiv(world(held), mood=mood)
        walk = walked(upstream, lambda http: BiorxivClient(http, base_url="http://x"))
        over = [one for one in held if one.filed < TODAY]  # today is walked again all week
        assert missed(walk, over) == [], f"seed {seed}"
        walks.append(walk)
    failed, proved, gaps = told(walks)
    assert failed > 1
    assert proved > 300
    assert gaps > 10


@pytest.mark.parametrize("category", ["q-bio.TO", "physics.bio-ph"])
def test_of_arxiv(category: str) -> None:
    walks = []
    for seed in SEEDS:
        rng = Random(seed)
        names = {"arxiv_id": lambda n: f"2705.{n:05d}", "category": lambda n: category}
        held = entries(rng, "arxiv", 600, lambda n: f"2705.{n:05d}", **names)
        mood = moods(rng, empty=1, lost=1, throttled=1, partial=1, page=7, zero=1, wobble=-300)
        upstream = Arxiv(world(held), page=50, mood=mood)
        made = walked(
            upstream,
            lambda http: ArxivClient(
                http, oai_url="http://x/oai", api_url="http://x/api/query", categories=(category,)
            ),
        )
        biology = category.startswith("q-bio")
        mine = [r for r in made.reports if r.query.startswith("OAI") == biology]
        seen = Walk(made.given, mine, made.failed)
        indexed = [one for one in held if one.served <= at(TODAY)]
        assert missed(seen, indexed) == [], f"seed {seed}"
        walks.append(seen)
    failed, proved, _ = told(walks)
    assert failed > 1
    assert proved > 20


def test_of_europe_pmc() -> None:
    walks = []
    for seed in SEEDS:
        rng = Random(seed)
        held = entries(rng, "europepmc", 400, lambda n: f"PPR/PPR{n}", server=lambda n: "biorxiv")
        size = rng.choice((30, 100, 1000))
        mood = moods(rng, empty=1, overcount=2, down=1, error500=1, cut=1, partial=1, zero=1)
        upstream = EuropePmc(world(held), mood=mood)
        walk = walked(
            upstream,
            partial(EuropePmcClient, query='TITLE:"tumour"', base="http://x/", page_size=size),
        )
        assert missed(walk, held) == [], f"seed {seed}"
        walks.append(walk)
    failed, proved, gaps = told(walks)
    assert failed > 1
    assert proved > 15
    assert gaps > 10

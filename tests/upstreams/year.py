"""A virtual year: the real product polls the simulated upstreams, through faults and kills.

    outcome = run(seed=1, folder=tmp_path, days=365)
    assert outcome.told == []

Everything follows from the seed: sources are polled one after the other, so that a seed which
fails can be looked into. (`side_by_side` polls them in threads, as the worker does; then the
order of things, and what a fault hits, is the machine's.)
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from service.bootstrap import App
from service.config import Settings
from service.sources.eutils_source import EutilsSource
from tests.upstreams import faults, life, proof
from tests.upstreams.arxiv import Arxiv
from tests.upstreams.biorxiv import Biorxiv
from tests.upstreams.europepmc import EuropePmc
from tests.upstreams.eutils import Eutils
from tests.upstreams.register import Register
from tests.upstreams.serving import Killed, Servers, VirtualTime

if TYPE_CHECKING:
    from pathlib import Path

    from tests.upstreams.faults import Faults
    from tests.upstreams.proof import Proof
    from tests.upstreams.serving import Upstream
    from tests.upstreams.world import World

SPARE = timedelta(minutes=20)  # so that what is due every so many hours is due
BOOT = 20.0  # virtual seconds that a process takes to start


@dataclass
class Outcome:
    """What a year came to; `told` is everything that is wrong, a line each."""

    seed: int
    days: int
    proof: Proof
    register: Register
    faults: Faults
    restarts: int = 0
    failed_polls: int = 0
    seconds: float = 0.0

    @property
    def told(self) -> list[str]:
        """What is missing, doubled, out of date, wrongly joined or impolite."""
        return [*self.proof.told, *self.register.broken]


@dataclass
class Year:
    """One run. `per_day` is how much is published, `spells` how many faults last (1: as planned),
    `kills` the chance in a thousand that a round of polls is killed in the middle, `every_hours` how
    long the rests between rounds are. `drain` healthy days follow: in 31 every sweep comes round, in
    8 all but the monthly ones. Upstreams are scaled to the world: `cap` is the most ids that a search
    of NCBI gives (9,999 there), and pages are of a few rows. `crowd` articles more enter PubMed on
    the day before the first."""

    seed: int
    folder: Path
    days: int = 365
    per_day: float = 8.0
    spells: float = 1.0
    kills: int = 60
    every_hours: int = 6
    drain: int = 40
    cap: int = 60
    crowd: int = 0
    workers: int = 0  # that were started so far
    side_by_side: bool = False

    def run(self) -> Outcome:
        """Live the year, then the healthy days after it, and look at what is there."""
        began = time.monotonic()
        self.rng = Random(self.seed * 31 + 3)
        world = self.world = life.world(self.seed, self.days, self.per_day, crowd=self.crowd)
        self.time = VirtualTime(world.start)
        plan = faults.plan(self.seed, world.start, world.end, self.spells)
        register = self.register = Register()
        self.restarts = self.failed = 0
        upstreams = _upstreams(world, plan, self.cap)
        with Servers(upstreams, self.time, plan, register) as servers:
            told = _settings(self.folder, servers) | {"poll": {"every_hours": self.every_hours}}
            self.made = Settings.model_validate(told)
            self._live(world)
        app = self.start()
        found = proof.prove(world, app, monthly=self.drain > 30)
        app.close()
        seconds = time.monotonic() - began
        return Outcome(
            self.seed, self.days, found, register, plan, self.restarts, self.failed, seconds
        )

    def _live(self, world: World) -> None:
        app = self.start()
        app.upgrade()
        tick, last = world.start, world.end + timedelta(days=self.drain)
        step = timedelta(hours=self.every_hours) + SPARE
        while tick < last:
            self.time.until(tick)
            if self.rng.randrange(1000) < self.kills and tick < world.end:
                self.time.fuse = self.rng.randint(1, 900)  # about as many steps as a round has
            try:
                self._round(app)
                self.time.alive()  # it may burn out where nobody looks at the clock any more
            except Killed:
                app = self._restart(app)
                self._round(app)  # as a worker does when it begins
            self.time.fuse = None
            tick += step
        app.close()

    def _round(self, app: App) -> None:
        if self.side_by_side:
            results = app.poll(app.sources)
        else:
            results = [result for source in app.sources for result in app.poll([source])]
        self.failed += sum(1 for result in results if result.error is not None)

    def start(self) -> App:
        """A worker of its own name, so that what a dead one holds is not taken for its own."""
        app = App(self.made, self.time.clock())
        self.workers += 1
        app.__dict__["owner"] = f"worker-{self.workers}"
        for engine in (app.store.engine, app.lanes.stored.engine):
            event.listen(engine, "connect", _hasty)
            event.listen(engine, "before_cursor_execute", self._statement)
        for source in app.sources:
            if isinstance(source, EutilsSource):
                source._cap = self.cap  # no setting of the product: upstream's is what it is
        return app

    def _statement(self, *_: object) -> None:
        """A kill can come between any two statements, and none is carried out after it."""
        self.time.burn()
        self.time.alive()

    def _restart(self, app: App) -> App:
        self.time.revive()
        app.close()
        self.restarts += 1
        self.register.restarted()
        self.time.pass_(BOOT)
        return self.start()


def _hasty(connection: Any, _: object) -> None:
    """Do not wait for the disk: what a power cut costs is not asked here."""
    connection.execute("PRAGMA synchronous = OFF")


def _upstreams(world: World, plan: Faults, cap: int) -> dict[str, Upstream]:
    switch = world.begin + timedelta(days=world.days * 2 // 3)  # pages become smaller for good
    pages = ((world.begin, 5), (switch, 3))
    return {
        "ncbi": Eutils(world, cap=cap, mood=plan.mood("ncbi")),
        "biorxiv": Biorxiv(world, pages=pages, mood=plan.mood("biorxiv")),
        "arxiv": Arxiv(world, page=8, mood=plan.mood("arxiv")),
        "ebi": EuropePmc(world, mood=plan.mood("ebi")),
    }


def _settings(folder: Path, servers: Servers) -> dict[str, Any]:
    """The shipped settings, at the simulators' addresses."""
    arxiv = servers.url("arxiv")
    return {
        "database": {"url": f"sqlite:///{folder}/litwatch.db"},
        "http": {"contact": "lab@example.org"},
        "encoder": {"model": "none-that-exists"},
        "sources": {
            "pubmed": {"base_url": servers.url("ncbi")},
            "pmc": {"base_url": servers.url("ncbi")},
            "biorxiv": {"base_url": servers.url("biorxiv")},
            "medrxiv": {"base_url": servers.url("biorxiv")},
            "arxiv": {"oai_url": f"{arxiv}/oai", "api_url": f"{arxiv}/api/query"},
            "europepmc": {"base_url": servers.url("ebi")},
        },
        "file": {"folder": str(folder / "sent")},
        "log": {"level": "error"},
    }


def run(seed: int, folder: Path, **how: Any) -> Outcome:
    """A virtual year of this seed in an empty folder; `how` as the fields of `Year`."""
    logging.getLogger("service").setLevel(logging.CRITICAL)  # failures are what it is about
    return Year(seed, folder, **how).run()

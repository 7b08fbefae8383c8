"""`make workers`: several workers over one PostgreSQL, how much faster they are, and what a kill
costs.

First, one, two and three workers do the same work, which waits for servers most of the time. Then
three of them poll, embed, make digests and send, while at random moments one is killed, or
suspended for longer than its lease; each is replaced at once. The database itself keeps a log of
who claimed what, and of every write that hangs on a claim: no claim may be taken while another
holds it, and nothing be written by anybody else than its holder.

Time runs thirty times as fast as in production, and so do leases, ticks and signs of life; all
figures are told in the time of production.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import secrets
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from service import encoding, pipeline
from service.bootstrap.operating import decide
from service.records import DeliveryState
from service.store.holding import LEASE
from tests import databases
from tests.chaos import ledger
from tests.chaos.office import SPEED, FastTime, HarshSlack, settings, wired
from tests.chaos.upstream import Slow, Upstream
from tests.fakes_encoder import FakeEncoder
from tests.papers import understood

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.context import ForkServerProcess
    from multiprocessing.synchronize import Event

    from numpy import float32
    from numpy.typing import NDArray

    from service.bootstrap import App

WORKERS = 3
TOLD = ("poll ", "embed ", "digest ")  # the claims of what is looked at
TICKS = {"poll": 300.0, "digests": 60.0, "deliver": 15.0}  # seconds of production
AT_ONCE = 4  # sources that a worker polls side by side
PAGE = 64  # works that are embedded together
ENCODING = 0.02  # seconds a text
ASLEEP = 1.5 * LEASE.total_seconds() / SPEED  # our seconds
ZOMBIES = 0.3  # share of blows that suspend instead of killing
PATIENCE = 300.0  # our seconds without blows until all must be done
OVER = {DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.CANCELLED}


@dataclass(frozen=True)
class Load:
    """The work: `sources` of `pages` pages, each of which takes `delay` seconds, with `per_page`
    papers; `rooms` subscriptions."""

    sources: int
    pages: int
    per_page: int
    rooms: int
    delay: float
    post: float


class SlowEncoder(FakeEncoder):
    """Takes its time over each text."""

    def encode(self, texts: Sequence[str], *told: Any) -> list[NDArray[float32]]:
        time.sleep(ENCODING * len(texts))
        return super().encode(texts, *told)


class SlowSlack(HarshSlack):
    """Takes `seconds` for each message, and never fails."""

    def __init__(self, seconds: float) -> None:
        super().__init__(random.Random(0), harshness=0.0)
        self.seconds = seconds

    def post(self, message: dict[str, Any]) -> dict[str, Any]:
        time.sleep(self.seconds)
        return super().post(message)


def _settings(url: str, slack: str, rooms: int) -> dict[str, Any]:
    values = settings(url, slack, 1, rooms, 0)
    for number, subscription in enumerate(values["subscriptions"]):
        subscription["cap"] = 5  # one or two messages
        subscription["at"] = f"{8 + number // 30:02}:{number % 30 * 2:02}"  # one after the other
    return values


def _prepare(values: dict[str, Any]) -> None:
    """Half an hour before the first digest is due."""
    early = wired(values, FastTime(time.time() + 60.0))
    early.prepare()
    early.close()


# -- a worker -------------------------------------------------------------------------------------


def _app(values: dict[str, Any], fast: FastTime, load: Load, url: str) -> App:
    app = wired(values, fast)
    object.__setattr__(app.parts, "encoder", SlowEncoder())
    app.__dict__["sources"] = tuple(
        Slow(n, load.pages, load.per_page, url, app.owner) for n in range(load.sources)
    )
    return app


def work(
    values: dict[str, Any],
    fast: FastTime,
    load: Load,
    url: str,
    ticks: Mapping[str, float],
    ready: Event | None,
    go: Event | None,
) -> None:
    """A worker, until it is killed."""
    from service.worker import loop
    from tests.chaos.office import _end_with_the_campaign

    threading.Thread(target=_end_with_the_campaign, daemon=True).start()
    logging.basicConfig(level=logging.ERROR)
    for chatty in ("slack_sdk", "service", "apscheduler", "sqlalchemy"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    pipeline.normalise = understood
    pipeline.AT_ONCE, encoding.PAGE = AT_ONCE, PAGE
    app = _app(values, fast, load, url)
    os.environ["PGAPPNAME"] = app.owner  # as which the database knows it
    app.make_parts()
    app.schema()
    if ready is not None and go is not None:
        ready.set()
        go.wait()
    loop.run(app, {name: seconds / SPEED for name, seconds in ticks.items()})


@dataclass
class Blow:
    """What befell which worker, by this machine's clock."""

    at: float
    worker: str
    kind: str


@dataclass
class Crew:
    """The workers, replaced as they fall."""

    arguments: tuple[Any, ...]
    chance: random.Random
    blows: list[Blow] = field(default_factory=list)
    running: list[ForkServerProcess] = field(default_factory=list)
    asleep: list[tuple[float, ForkServerProcess]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context = get_context("forkserver")
        self.context.set_forkserver_preload(["tests.chaos.preload"])

    def fill(self, count: int = WORKERS) -> None:
        """So many workers, again."""
        self.running = [one for one in self.running if one.is_alive()]
        while len(self.running) < count:
            self.start(None, None)

    def start(self, ready: Event | None, go: Event | None) -> None:
        one = self.context.Process(target=work, args=(*self.arguments, ready, go), daemon=True)
        one.start()
        self.running.append(one)

    def at_work(self, app: App) -> list[ForkServerProcess]:
        """Those that have claimed something of one kind just now, as soon as there are some."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with app.store.reading() as tx:
                held = [(each.name.split()[0], each.holder) for each in tx.claims.held()]
            busy = [
                (kind, one)
                for kind, holder in held
                for one in self.running
                if f":{one.pid}:" in holder
            ]
            if busy:
                chosen = self.chance.choice(sorted({kind for kind, _ in busy}))
                return [one for kind, one in busy if kind == chosen]
            self.wake()
            _make_due(app)
            time.sleep(0.2)
        return self.running

    def strike(self, app: App) -> None:
        """Kill one that is at work, or put it to sleep beyond its lease; another takes its
        place."""
        victim = self.chance.choice(self.at_work(app))
        asleep = self.chance.random() < ZOMBIES
        os.kill(_pid(victim), signal.SIGSTOP if asleep else signal.SIGKILL)
        name = f":{_pid(victim)}:"
        self.blows.append(Blow(time.time(), name, "suspended" if asleep else "killed"))
        self.running.remove(victim)
        if asleep:
            self.asleep.append((time.monotonic() + ASLEEP, victim))
        else:
            victim.join()
        self.wake()
        self.fill()

    def wake(self, *, all_of_them: bool = False) -> None:
        """Let those go on whose time has come: they live and work beside the others for a while."""
        for due, one in list(self.asleep):
            if all_of_them or due <= time.monotonic():
                os.kill(_pid(one), signal.SIGCONT)
                self.asleep.remove((due, one))
                threading.Timer(4.0, one.kill).start()

    def end(self) -> None:
        self.wake(all_of_them=True)
        for one in self.running:
            one.kill()
            one.join()
        self.running = []


def _pid(process: ForkServerProcess) -> int:
    assert process.pid is not None
    return process.pid


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    maker = databases.migrated("postgresql", folder)
    engine = next(maker)
    yield engine.url.render_as_string(hide_password=False)
    maker.close()


# -- how much faster several are ------------------------------------------------------------------


def throughput(workers: int, load: Load) -> dict[str, float]:
    """Seconds from the start signal until all is polled, and until all is sent."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SlowSlack(load.post) as slack,
        Upstream(load.delay) as upstream,
        _database(Path(folder)) as url,
    ):
        fast = slack.fast = FastTime(time.time() - 600.0)  # five hours later: all digests are due
        values = _settings(url, slack.url, load.rooms)
        _prepare(values)
        arguments = (values, fast, load, upstream.url)
        app = _app(*arguments)
        try:
            polls = _timed(
                workers, (*arguments, {"poll": 1e5}), lambda: _polled(app) == load.sources
            )
            made = pipeline.digest_due(app.parts)
            assert len(made) == load.rooms
            sending = _timed(workers, (*arguments, {"deliver": 5.0}), lambda: _sent(app))
        finally:
            app.close()
    return {"polls": polls, "sending": sending}


def _timed(workers: int, arguments: tuple[Any, ...], done: Any) -> float:
    crew = Crew(arguments, random.Random(0))
    signs, go = [crew.context.Event() for _ in range(workers)], crew.context.Event()
    for sign in signs:
        crew.start(sign, go)
    for sign in signs:
        assert sign.wait(60)
    began = time.monotonic()
    go.set()
    while not done():
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.02)
    seconds = time.monotonic() - began
    crew.end()
    return seconds


def _polled(app: App) -> int:
    with app.store.reading() as tx:
        return sum(state.last_success_at is not None for state in tx.sources.states())


def _sent(app: App) -> bool:
    with app.store.reading() as tx:
        counts = tx.deliveries.counts()
    return {str(state) for state in counts} == {"sent"}


# -- what a kill costs ----------------------------------------------------------------------------


def campaign(seed: int, blows: int, load: Load) -> list[tuple[str, object]]:
    """Blows at random moments; the rows of the table, faults marked with "!"."""
    chance = random.Random(seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        SlowSlack(load.post) as slack,
        Upstream(load.delay) as upstream,
        _database(Path(folder)) as url,
    ):
        fast = slack.fast = FastTime(time.time())
        values = _settings(url, slack.url, load.rooms)
        _prepare(values)
        app = _app(values, fast, load, upstream.url)
        ledger.install(app.store.engine, PAGE)
        crew = Crew((values, fast, load, upstream.url, TICKS), chance)
        crew.fill()
        while len(crew.blows) < blows:
            time.sleep(chance.uniform(0.4, 2.0))
            crew.strike(app)
        waited_for = _settle(app, crew, slack, load)
        crew.end()
        found = _verdict(app, crew, slack, upstream, load)
        app.close()
    return [("seed", seed), *found, _fault("not settled in time", waited_for or 0)]


def _make_due(app: App) -> None:
    """All sources are to be polled again."""
    with app.store.engine.begin() as connection:
        connection.execute(text("UPDATE source SET not_before = NULL"))
        connection.execute(text("UPDATE sweep_mark SET last_run_at = NULL"))


def _settle(app: App, crew: Crew, slack: HarshSlack, load: Load) -> list[str]:
    """Wait until all is polled, embedded, frozen and sent, and nobody is at any of that; what is
    still waited for when patience ends. Looks that come round again and again, such as that for
    alarms, never end on a busy machine."""
    end = time.monotonic() + PATIENCE
    while True:
        crew.wake()
        crew.fill()
        with app.store.writing() as tx:
            lines = tx.deliveries.lines(limit=100_000)
            waiting = tx.embeddings.waiting(tx.embeddings.encoder_id(app.parts.encoder.info()))
            digests = len(tx.digests.past(limit=100_000))
            held = [claim.name for claim in tx.claims.held() if claim.name.startswith(TOLD)]
            works = tx.works.held()
        lacking = {
            f"works {works}": works != _papers(load),
            f"sources polled {_polled(app)}": _polled(app) != load.sources,
            f"not embedded {waiting}": waiting,
            f"digests {digests}": digests != load.rooms,
            f"held {held}": held,
            f"suspended {crew.asleep}": crew.asleep,
        }
        left = [told for told, lacks in lacking.items() if lacks]
        unsent = (line for line in lines if line.state not in OVER)
        left += [f"{line.id} {line.state} until {line.not_before}" for line in unsent]
        if not left or time.monotonic() > end:
            return left
        for line in lines:
            if line.state is DeliveryState.UNKNOWN and line.not_before is None:
                seen = slack.place(line.id)
                decide(app.store, line.id, "sent" if seen else "resend", by="chaos", message=seen)
        time.sleep(0.3)


def _papers(load: Load) -> int:
    return load.sources * load.pages * load.per_page


def _verdict(
    app: App, crew: Crew, slack: HarshSlack, upstream: Upstream, load: Load
) -> list[tuple[str, object]]:
    """What is in the archive and its log, beside what was seen."""
    with app.store.reading() as tx:
        lines = tx.deliveries.lines(limit=100_000)
        digests = tx.digests.past(limit=100_000)
        works, records = tx.works.held(), ledger.count(tx, "record")
        claims, writes = ledger.claims(tx, slack.fast), ledger.writes(tx)
    posts = Counter({line.id: slack.seen()[line.id] for line in lines})
    embedded = Counter(write.unit for write in writes if write.kind == "embedding")
    periods = Counter((digest.subscription, digest.period) for digest in digests)
    kinds = Counter(blow.kind for blow in crew.blows)
    late = ledger.late_requests(claims, upstream.asked)
    return [
        ("workers killed with -9", kinds["killed"]),
        ("workers suspended beyond their lease, then woken", kinds["suspended"]),
        ("records, works, digests, messages", f"{records}, {works}, {len(digests)}, {len(lines)}"),
        ("claims taken", len(claims)),
        ("writes under a claim", len(writes)),
        ("pages asked for by a worker that had lost its claim", late),
        _fault("claims taken while another held them", ledger.doubled(claims)),
        _fault("writes by others than the holder of the claim", sum(w.foreign for w in writes)),
        _fault("records lost", _papers(load) - records),
        _fault("works lost or doubled", _papers(load) - works),
        _fault("vectors written twice", sum(count > 1 for count in embedded.values())),
        _fault("digests lost", load.rooms - len(periods)),
        _fault("digests made twice", sum(count > 1 for count in periods.values())),
        _fault("messages lost", sum(not posts[line.id] for line in lines)),
        _fault("messages seen twice", sum(count > 1 for count in posts.values())),
        *_taken_over(crew, claims),
    ]


def _taken_over(crew: Crew, claims: Sequence[ledger.Taken]) -> Iterator[tuple[str, object]]:
    """How long, in production's time, until another had what a dead worker held."""
    waits: dict[str, list[float]] = {}
    for blow in crew.blows:
        for name, seconds in ledger.taken_over(claims, blow.worker, blow.at):
            waits.setdefault(name.split()[0], []).append(seconds * SPEED)
    for kind, seconds in sorted(waits.items()):
        least, most = min(seconds), max(seconds)
        told = f"{len(seconds)}: {least:.0f} / {median(seconds):.0f} / {most:.0f} s"
        yield f"taken over, {kind}: number, least / median / most", told


def _fault(name: str, count: object) -> tuple[str, object]:
    return (f"! {name}" if count else name, count)


def main() -> int:
    """Both tables; the exit status is 1 if anything was lost or done twice, or if three workers
    are not as much faster as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--blows", type=int, default=30)
    parser.add_argument("--sources", type=int, default=12)
    parser.add_argument("--pages", type=int, default=24)
    parser.add_argument("--rooms", type=int, default=40)
    parser.add_argument("--faster", type=float, default=2.5, help="0: do not measure")
    told = parser.parse_args()
    pipeline.normalise = understood  # what is taken in here are papers, not payloads
    pipeline.AT_ONCE, encoding.PAGE = AT_ONCE, PAGE
    failed = bool(told.faster) and not _measured(told.faster)
    load = Load(told.sources, told.pages, 3, told.rooms, delay=0.25, post=0.1)
    started = time.monotonic()
    rows = campaign(told.seed, told.blows, load)
    for name, value in [*rows, ("seconds", f"{time.monotonic() - started:.0f}")]:
        print(f"  {name:<58} {value}", flush=True)
        failed = failed or name.startswith("!")
    return int(failed)


def _measured(wanted: float) -> bool:
    load = Load(sources=36, pages=2, per_page=2, rooms=30, delay=3.0, post=0.5)
    alone: dict[str, float] = {}
    ratios: list[float] = []
    for workers in (1, 2, 3):
        seconds = throughput(workers, load)
        alone = alone or seconds
        ratios = [alone[what] / seconds[what] for what in seconds]
        told = (f"{what} {s:.1f} s ({alone[what] / s:.2f})" for what, s in seconds.items())
        print(f"  {workers} workers: {', '.join(told)}", flush=True)
    return min(ratios) >= wanted


if __name__ == "__main__":
    sys.exit(main())

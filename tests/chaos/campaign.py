"""`make chaos`: kill -9 at random points of digest-and-deliver, and count what people saw.

Three workers share one archive. Each round kills one of them at a random moment, or suspends it
for longer than its lease, while Slack and the mail server fail in every way they know. In the end
every digest of both weeks must have arrived, once: in Slack no message twice; a mail twice only
where the link died after its last byte. The seed is printed; the same seed kills at the same
moments after the start.
"""

from __future__ import annotations

import argparse
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
from typing import TYPE_CHECKING, Any

from service import pipeline
from service.bootstrap.operating import decide
from service.records import Batch, DeliveryState
from tests import databases
from tests.chaos.office import LEASE, SPEED, WORKS, FastTime, HarshSlack, settings, wired, work
from tests.fake_smtp import FakeSmtp
from tests.papers import paper, record, understood

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerProcess

    from service.bootstrap import App

WORKERS = 3
WEEKS = 2
ZOMBIES = 0.08  # share of blows that suspend a worker instead of killing it
ZOMBIE_SECONDS = 2 * LEASE / SPEED
PATIENCE = 600.0  # seconds without kills until everything must have settled
OVER = {DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.CANCELLED}
_WORDS = (Path(__file__).parent / "words.txt").read_text().split()


@dataclass
class Crew:
    """The workers, replaced as they fall."""

    values: dict[str, Any]
    chance: random.Random
    fast: FastTime
    kills: int = 0
    zombies: int = 0
    decided: int = 0
    _running: list[ForkServerProcess] = field(default_factory=list)
    _asleep: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(["tests.chaos.preload"])

    def fill(self) -> None:
        """Three workers, again."""
        self._running = [one for one in self._running if one.is_alive()]
        while len(self._running) < WORKERS:
            one = self._context.Process(target=work, args=(self.values, self.fast), daemon=True)
            one.start()
            self._running.append(one)

    def strike(self) -> None:
        """Kill one of them, or put it to sleep beyond its lease."""
        victim = self.chance.choice(self._running)
        if self.chance.random() < ZOMBIES:
            os.kill(_pid(victim), signal.SIGSTOP)
            self._running.remove(victim)  # another takes its place, and then it wakes up
            self._asleep.append((time.monotonic() + ZOMBIE_SECONDS, _pid(victim)))
            self.zombies += 1
        else:
            victim.kill()
            victim.join()
            self.kills += 1
        self.wake()
        self.fill()

    def wake(self, *, all_of_them: bool = False) -> None:
        """Let those go on whose time has come; each ends after its next round of work."""
        now = time.monotonic()
        for due, pid in list(self._asleep):
            if all_of_them or due <= now:
                os.kill(pid, signal.SIGCONT)
                self._asleep.remove((due, pid))
                threading.Timer(3.0, os.kill, (pid, signal.SIGKILL)).start()

    def end(self) -> None:
        self.wake(all_of_them=True)
        for one in self._running:
            one.kill()
            one.join()
        self._running = []


def _pid(process: ForkServerProcess) -> int:
    assert process.pid is not None
    return process.pid


def campaign(kind: str, seed: int, kills: int, rooms: int, mails: int) -> list[tuple[str, object]]:
    """One campaign on one kind of database; the rows of its table, faults marked with "!"."""
    chance = random.Random(seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        HarshSlack(chance, harshness=0.15) as slack,
        FakeSmtp(dot="250 queued") as smtp,
        _database(kind, Path(folder)) as url,
    ):
        values = settings(url, slack.url, smtp.port, rooms, mails)
        crew = Crew(values, chance, slack.fast)
        app = wired(values, slack.fast)
        app.prepare()
        settled = True
        for week in range(WEEKS):
            crew.fast = slack.fast = FastTime(time.time(), ahead=7.0 * week)
            _publish(app, week, chance)
            crew.fill()
            while crew.kills < kills * (week + 1) // WEEKS:
                time.sleep(chance.uniform(0.05, 0.9))
                crew.strike()
            settled = _settle(app, crew, slack, rooms + mails, week + 1) and settled
            crew.end()
        found = _verdict(app, slack, smtp, rooms + mails, settled=settled)
        app.close()
    blows = ("kills", crew.kills), ("suspended beyond the lease", crew.zombies)
    decided = ("decided by a person, as promised", crew.decided)
    return [("database", kind), ("seed", seed), *blows, *found, decided]


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    maker = databases.migrated(kind, folder)
    engine = next(maker)
    yield engine.url.render_as_string(hide_password=False)
    maker.close()


def _publish(app: App, week: int, chance: random.Random) -> None:
    """A week's papers, unlike one another."""
    numbers = range(week * WORKS, (week + 1) * WORKS)
    made = (
        paper(n, title=_text(chance, 9), abstract=f"Stroma. {_text(chance, 40)}") for n in numbers
    )
    pipeline.take_in(app.parts, Batch(tuple(map(record, made))), "pubmed")


def _text(chance: random.Random, length: int) -> str:
    return " ".join(chance.sample(_WORDS, length)).capitalize()


def _settle(app: App, crew: Crew, slack: HarshSlack, subscriptions: int, weeks: int) -> bool:
    """Wait until every digest is frozen and every delivery has come to its end. What was twice
    without an answer, and twice not found, waits for a person, who is here."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        crew.wake()
        crew.fill()
        with app.store.reading() as tx:
            lines = tx.deliveries.lines(limit=100_000)
            digests = len(tx.digests.past(limit=100_000))
        if digests == subscriptions * weeks and all(line.state in OVER for line in lines):
            return True
        for line in lines:
            if line.state is DeliveryState.UNKNOWN and line.not_before is None:
                seen = slack.place(line.id)
                decide(app.store, line.id, "sent" if seen else "resend", by="chaos", message=seen)
                crew.decided += 1
        time.sleep(0.5)
    return False


def _verdict(
    app: App, slack: HarshSlack, smtp: FakeSmtp, subscriptions: int, *, settled: bool
) -> list[tuple[str, object]]:
    """What is in the archive beside what was seen."""
    with app.store.reading() as tx:
        lines = tx.deliveries.lines(limit=100_000)
        past = tx.digests.past(limit=100_000)
        unknown = sum(
            any(new == DeliveryState.UNKNOWN for _, _, new, _ in tx.deliveries.events(line.id))
            for line in lines
        )
        shown = Counter(
            (digest.subscription, one.work.id)
            for digest in past
            for part in tx.digests.content(digest.id).sections
            for one in part.sent
        )
    visible = slack.seen()
    posts = Counter({line.id: visible[line.id] for line in lines if line.channel == "slack"})
    mails = Counter(mail.split(b"Message-ID: <", 1)[1].split(b".r", 1)[0] for mail in smtp.mails)
    lost = [line for line in lines if line.channel == "slack" and not posts[line.id]]
    lost += [line for line in lines if line.channel == "email" and not mails[line.id.encode()]]
    states = Counter(str(line.state) for line in lines)
    missing = subscriptions * WORKS * WEEKS - len(shown)
    return [
        ("digests", len(past)),
        ("deliveries", ", ".join(f"{count} {state}" for state, count in sorted(states.items()))),
        ("Slack messages and mails seen", f"{posts.total()} + {mails.total()}"),
        ("were in doubt for a time", unknown),
        _fault("not settled in time", int(not settled)),
        _fault("not sent in the end", states.total() - states["sent"]),
        _fault("lost", len(lost)),
        _fault("Slack messages seen twice", sum(count > 1 for count in posts.values())),
        ("mails seen twice", sum(count > 1 for count in mails.values())),
        _fault("mails seen three times", sum(count > 2 for count in mails.values())),
        _fault("works in two digests of one subscription", sum(c > 1 for c in shown.values())),
        _fault("works that a subscription was never sent", missing),
    ]


def _fault(name: str, count: int) -> tuple[str, object]:
    return (f"! {name}" if count else name, count)


def main() -> int:
    """Run the campaigns; the exit status is 1 if anything was lost or seen twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--database", choices=[*databases.KINDS, "both"], default="both")
    parser.add_argument("--rooms", type=int, default=60)
    parser.add_argument("--mails", type=int, default=15)
    told = parser.parse_args()
    pipeline.normalise = understood  # what is taken in here are papers, not payloads
    failed = False
    for kind in databases.KINDS if told.database == "both" else (told.database,):
        print(f"{kind}, seed {told.seed}, {told.kills} kills ...", flush=True)
        started = time.monotonic()
        rows = campaign(kind, told.seed, told.kills, told.rooms, told.mails)
        for name, value in [*rows, ("seconds", f"{time.monotonic() - started:.0f}")]:
            print(f"  {name:<45} {value}", flush=True)
            failed = failed or name.startswith("!")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

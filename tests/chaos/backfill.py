"""`make chaos-backfill`: kill what takes files in at any moment, and compare with a quiet run.

One PubMed file (or invented records, without one) is cut into parts, and these are back-filled
twice: once undisturbed; once with kill -9 to a process that takes a part in, to the driver, or to
all of them at once (a node that is lost), after which the same command is given again. In the end
both archives must hold the same records in the same works, found by the same keys, and no record
may have been stored twice.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from service.backfill import plan
from service.store import Store
from service.store import engine as engines
from service.store.schema import ReceiptRow, RecordRow, WorkKeyRow, WorkRow
from tests import databases
from tests.pubmed_files import cut, invent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.records.backfills import Backfill

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT.parent / "shared/captures/pubmed_update/pubmed21n1298.xml.gz"
BLOWS = ("task", "task", "task", "driver", "node")
MARK = "LITWATCH_CHAOS"
PATIENCE = 3600.0  # seconds for one run


# -- the runs --------------------------------------------------------------------------------------


@dataclass
class Driver:
    """`litwatch backfill` as a process of its own, given again after it was killed."""

    url: str
    files: Path
    words: Sequence[str]
    mark: str = field(default_factory=lambda: os.environ.get(MARK) or secrets.token_hex(8))
    running: subprocess.Popen[bytes] | None = None
    said: list[str] = field(default_factory=list)

    def start(self) -> None:
        values = {"database": {"url": self.url}, "log": {"level": "error"}}
        code = (
            "import sys; from service.cli.main import run; from service.cli.session import Session;"
            "from service.config import Settings;"
            "sys.exit(run(sys.argv[2:], Session(overrides=Settings.model_validate_json(sys.argv[1]))))"
        )
        words = ("backfill", str(self.files), *self.words)
        self.running = subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(values), *words],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), MARK: self.mark},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def over(self) -> bool:
        """Whether it has ended by itself; what it said is kept."""
        assert self.running is not None
        if self.running.poll() is None:
            return False
        assert self.running.stderr is not None
        self.said.append(self.running.stderr.read().decode(errors="replace")[-2000:])
        self.running.stderr.close()
        return True

    def strike(self, blow: str, chance: random.Random) -> bool:
        """Kill; whether there was anything to kill."""
        assert self.running is not None
        hands = self.hands()
        if blow == "task":
            if hands:
                _kill(chance.choice(hands))
            return bool(hands)
        for pid in hands if blow == "node" else ():
            _kill(pid)
        self.running.kill()
        self.running.wait()
        if self.running.stderr:
            self.running.stderr.close()
        return True

    def hands(self) -> list[int]:
        """The processes that take parts in: of this driver, or of the Ray that it started."""
        return [pid for pid, told in _processes(self.mark) if _takes_in(told)]

    def clear(self) -> None:
        """Kill whatever is left of it, but for a cluster that was there before."""
        if self.running is not None and self.running.poll() is None:
            self.running.kill()
            self.running.wait()
        for pid, _ in () if os.environ.get(MARK) else _processes(self.mark):
            _kill(pid)


def _processes(mark: str) -> Iterator[tuple[int, str]]:
    """Those that have this mark in their environment, with their command lines."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        with suppress(OSError):
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                told = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                yield int(folder.name), told.decode(errors="replace")


def _takes_in(told: str) -> bool:
    if told.startswith("ray::"):
        return "ray_" in told or "RayEncoder" in told or "Map" in told
    return "spawn_main" in told and "resource_tracker" not in told


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@dataclass
class Result:
    """What one run came to."""

    backfill: Backfill
    held: dict[str, object]
    seconds: float
    killed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


# What is killed, and at which share of the whole.
Blow = tuple[float, str]


def blows(count: int, chance: random.Random) -> list[Blow]:
    """So many kills, spread over what there is to do."""
    moments = sorted(chance.uniform(0.0, 0.9) for _ in range(count))
    return [(moment, chance.choice(BLOWS)) for moment in moments]


def run(
    url: str, files: Path, words: Sequence[str], struck: Sequence[Blow], chance: random.Random
) -> Result:
    """The back-fill with these kills, to its end."""
    engine, waiting = engines.create(url), list(struck)
    store, killed = Store(engine), list[str]()
    driver, began = Driver(url, files, words), time.monotonic()
    driver.start()
    try:
        while True:
            if time.monotonic() - began > PATIENCE:
                raise TimeoutError(f"not done in {PATIENCE:.0f} s; it said: {driver.said}")
            if driver.over():
                if not waiting or _share(store) >= 1:
                    break
                driver.start()
            elif (
                waiting and _share(store) >= waiting[0][0] and driver.strike(waiting[0][1], chance)
            ):
                killed.append(waiting.pop(0)[1])
                if killed[-1] != "task":
                    driver.start()
            time.sleep(chance.uniform(0.02, 0.3))
        seconds = time.monotonic() - began
        with store.reading() as tx:
            backfill = tx.backfills.all()[0]
        return Result(backfill, _held(store), seconds, killed, driver.said)
    finally:
        driver.clear()
        engine.dispose()


def _share(store: Store) -> float:
    """How much of it is in the archive."""
    with store.reading() as tx:
        found = tx.backfills.all()
    if not found:
        return -1.0
    stands = plan.progress(found[0])
    return stands.read / stands.size if stands.left else 1.0


def _held(store: Store) -> dict[str, object]:
    """What an archive holds, told without the numbers of its rows."""
    with store.engine.connect() as connection:
        run, row, work, key = connection.execute, RecordRow, WorkRow, WorkKeyRow
        records = run(
            select(
                row.work_id, row.source, row.source_id, row.version, row.payload_hash, row.gone_at
            )
        ).all()
        works = {each.id: each for each in run(select(work).where(work.merged_into.is_(None)))}
        keys = run(select(key.work_id, key.key)).all()
        receipts = run(select(ReceiptRow.query).where(ReceiptRow.kind == "import")).scalars().all()
    inside: dict[int, set[str]] = {}
    for each in records:
        name = f"{each.source}:{each.source_id}:{each.version}:{each.payload_hash.hex()}"
        inside.setdefault(each.work_id or 0, set()).add(f"{name}:{each.gone_at is not None}")
    by: dict[int, set[str]] = {}
    for each in keys:
        by.setdefault(each.work_id, set()).add(each.key)
    told = {
        (
            frozenset(inside.get(number, ())),
            frozenset(by.get(number, ())),
            (each.title, each.abstract, each.kind, tuple(each.flags), each.gone_at is not None),
        )
        for number, each in works.items()
    }
    return {
        "records": len(records),
        "works": len(works),
        "keys": len(keys),
        "announced": sum(each.announce for each in works.values()),
        "receipts": len(receipts),
        "receipts of one file": len(receipts) - len(set(receipts)),
        "told": told,
    }


# -- what came of it ------------------------------------------------------------------------------


def verdict(calm: Result, rough: Result, jobs: int = 2) -> list[tuple[str, object]]:
    """The rows of a table; faults are marked with "!"."""
    parts = rough.backfill.parts
    begun = sum(each.attempt for each in parts) - len(parts)
    now, then = (plan.progress(each.backfill).tally for each in (rough, calm))
    # What a blow can have interrupted: a driver's and a node's end the parts of all jobs.
    processes = sum(1 if each == "task" else min(jobs, len(parts)) for each in rough.killed)
    rows: list[tuple[str, object]] = [
        ("killed", ", ".join(f"{rough.killed.count(x)} {x}" for x in dict.fromkeys(BLOWS))),
        (
            "records, works, keys",
            f"{rough.held['records']}, {rough.held['works']}, {rough.held['keys']}",
        ),
        ("parts begun again", begun),
        ("seconds, undisturbed and killed", f"{calm.seconds:.0f}, {rough.seconds:.0f}"),
    ]
    for name in ("records", "works", "keys", "receipts"):
        rows.append(_fault(f"{name} unlike the quiet run's", calm.held[name] != rough.held[name]))
    rows += [
        _fault(
            "works that hold other records, or show other things",
            len(
                calm.held["told"] ^ rough.held["told"]  # type: ignore[operator]
            ),
        ),
        _fault("records stored again", now.same - then.same),
        _fault("records lost from the count", then.fetched - now.fetched),
        _fault("works called new", rough.held["announced"]),
        _fault("files with two receipts", rough.held["receipts of one file"]),
        _fault("parts begun again beyond those that kills interrupted", max(0, begun - processes)),
        _fault("parts not done", plan.progress(rough.backfill).left),
        _fault("parts failed", plan.progress(rough.backfill).failed),
    ]
    return rows


def _fault(name: str, count: Any) -> tuple[str, object]:
    return (f"! {name}" if count else name, int(count))


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty archive."""
    folder.mkdir()
    maker = databases.migrated(kind, folder)
    engine = next(maker)
    yield engine.url.render_as_string(hide_password=False)
    maker.close()


def campaign(
    kind: str, files: Path, words: Sequence[str], struck: Sequence[Blow], seed: int, jobs: int = 2
) -> list[tuple[str, object]]:
    """Both runs on one kind of database, of so many parts at a time, compared."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        with database(kind, Path(folder) / "calm") as url:
            calm = run(url, files, words, (), chance)
        with database(kind, Path(folder) / "rough") as url:
            rough = run(url, files, words, struck, chance)
    return verdict(calm, rough, jobs)


def main() -> int:
    """Run the campaigns; the exit status is 1 if anything differs or was stored twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--parts", type=int, default=20)
    parser.add_argument("--records", type=int, default=0, help="invent so many instead of a file")
    parser.add_argument("--file", type=Path, default=FILE)
    parser.add_argument("--database", choices=[*databases.KINDS, "both"], default="both")
    parser.add_argument("--engine", choices=["local", "ray", "both"], default="both")
    parser.add_argument("--address", default="", help="a Ray cluster that is there already")
    parser.add_argument("--jobs", type=int, default=2, help="parts at a time: a cluster's CPUs")
    parser.add_argument("--mark", help=f"what the processes of that cluster have in {MARK}")
    told = parser.parse_args()
    if told.mark:
        os.environ[MARK] = told.mark
    failed = False
    with tempfile.TemporaryDirectory() as name:
        files = Path(name)
        if told.records or not told.file.exists():
            invent(files, told.records or 20_000, told.parts)
        else:
            cut(told.file, files, told.parts)
        for engine in ("local", "ray") if told.engine == "both" else (told.engine,):
            for kind in databases.KINDS if told.database == "both" else (told.database,):
                words = ["--jobs", str(told.jobs), *(["--ray"] if engine == "ray" else [])]
                words += ["--address", told.address] if engine == "ray" and told.address else []
                struck = blows(told.kills, random.Random(told.seed))
                print(f"{engine}, {kind}, seed {told.seed}, {told.kills} kills ...", flush=True)
                for what, value in campaign(kind, files, words, struck, told.seed, told.jobs):
                    print(f"  {what:<58} {value}", flush=True)
                    failed = failed or what.startswith("!")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

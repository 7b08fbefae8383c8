"""Virtual years of many seeds, as a table: `python -m tests.upstreams.campaign --seeds 20`.

A line for each seed as it ends, then the sum; whatever is wrong is told below. Exits with 1 if
anything is. Each year needs some minutes of one core.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.upstreams import year

COLUMNS = (
    ("seed", 4),
    ("days", 5),
    ("published", 10),
    ("promised", 9),
    ("archived", 9),
    ("works", 7),
    ("missing", 8),
    ("outdated", 9),
    ("doubled", 8),
    ("joined", 7),
    ("parted", 7),
    ("requests", 9),
    ("spells", 7),
    ("faults", 7),
    ("restarts", 9),
    ("violations", 11),
    ("forgotten", 9),
    ("seconds", 8),
)


def row(seed: int, days: int, how: dict[str, Any]) -> dict[str, Any]:
    """One seed's year, as values by column; `told` is everything that is wrong."""
    with tempfile.TemporaryDirectory(prefix="litwatch-year-") as folder:
        outcome = year.run(seed, Path(folder), days=days, **how)
    proof, register = outcome.proof, outcome.register
    return {
        "seed": seed,
        "days": days,
        "published": proof.published,
        "promised": proof.promised,
        "archived": proof.archived,
        "works": proof.works,
        "missing": len(proof.missing),
        "outdated": len(proof.outdated),
        "doubled": len(proof.doubled) + len(proof.strange),
        "joined": len(proof.joined),
        "parted": len(proof.parted),
        "requests": register.requests.total(),
        "spells": outcome.faults.outages,
        "faults": sum(outcome.faults.met.values()),
        "restarts": outcome.restarts,
        "violations": len(register.broken),
        "forgotten": len(register.forgotten),
        "seconds": round(outcome.seconds),
        "told": outcome.told,
    }


def line(values: dict[str, Any]) -> str:
    """A row of the table."""
    return " ".join(f"{values[name]:>{width}}" for name, width in COLUMNS)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(words: list[str]) -> int:
    """Run what was asked for; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--every", type=int, default=24, help="hours between two polls")
    parser.add_argument("--per-day", type=float, default=8.0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--cap", type=int, default=700, help="the most ids of an NCBI search")
    parser.add_argument("--drain", type=int, default=40, help="healthy days after the year")
    parser.add_argument("--spells", type=float, default=1.0, help="faults that last; 1: as planned")
    parser.add_argument("--kills", type=int, default=60, help="of 1,000 rounds of polls")
    asked = parser.parse_args(words)
    how = {name: getattr(asked, name) for name in ("per_day", "cap", "drain", "spells", "kills")}
    how["every_hours"] = asked.every
    _say(" ".join(f"{name:>{width}}" for name, width in COLUMNS))
    rows = []
    with ProcessPoolExecutor(asked.jobs, multiprocessing.get_context("spawn")) as pool:
        seeds = range(asked.first, asked.first + asked.seeds)
        for done in as_completed(pool.submit(row, seed, asked.days, how) for seed in seeds):
            rows.append(done.result())
            _say(line(rows[-1]))
            for told in rows[-1]["told"][:20]:
                _say(f"      seed {rows[-1]['seed']}: {told}")
    total = {name: sum(each[name] for each in rows) for name, _ in COLUMNS}
    _say(line(total | {"seed": len(rows)}))
    return int(any(each["told"] for each in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

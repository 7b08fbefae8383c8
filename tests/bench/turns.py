"""What a host's turn costs beside the request: in the process, and over an archive.

    PYTHONPATH=. python tests/bench/turns.py [TURNS]

A turn is taken, used and given back without a request, by one process that has the lane alone. The
medians are of one run, in rounds side by side, so that they can be compared.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from service.clock import Clock
from service.sources.lanes import Lane, OwnBook
from service.store.lanes import StoredLanes
from tests import databases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.protocols import LaneBook

ROUNDS = 10


def books(stack: ExitStack, folder: Path) -> dict[str, LaneBook]:
    """By what is measured."""
    found: dict[str, LaneBook] = {"in the process": OwnBook(Clock())}
    for kind, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        engine = stack.enter_context(_archive(kind, folder))
        found[name] = _opened(stack, engine.url.render_as_string(hide_password=False))
    plain = _opened(stack, f"sqlite:///{folder}/litwatch.db")
    event.listen(plain.engine, "connect", _full)
    found["SQLite, each commit on disk"] = plain
    return found


def _archive(kind: str, folder: Path) -> Any:
    from contextlib import contextmanager

    return contextmanager(databases.migrated)(kind, folder)


def _opened(stack: ExitStack, url: str) -> StoredLanes:
    book = StoredLanes(url, "bench")
    stack.callback(book.close)
    return book


def _full(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous = FULL")


def measured(books: Mapping[str, LaneBook], turns: int) -> dict[str, list[float]]:
    """Seconds of each turn, by the book."""
    lanes = {
        name: Lane(name, 0.0, book, max_wait=300.0, lease=60.0, clock=Clock())
        for name, book in books.items()
    }
    found: dict[str, list[float]] = {name: [] for name in lanes}
    for _ in range(ROUNDS):
        for name, lane in lanes.items():
            for _ in range(max(turns // ROUNDS, 1)):
                began = time.perf_counter()
                with lane.turn("GET x"):
                    lane.asked()
                lane.eased()
                found[name].append(time.perf_counter() - began)
    return found


def main(words: list[str]) -> None:
    """Measure, and print a table."""
    turns = int(words[0]) if words else 1_000
    with tempfile.TemporaryDirectory(prefix="litwatch-turns-") as folder, ExitStack() as stack:
        found = measured(books(stack, Path(folder)), turns)
    print(f"{'milliseconds a turn':<30}{'median':>10}{'p95':>10}")
    for name, seconds in found.items():
        most = quantiles(seconds, n=20)[-1]
        print(f"{name:<30}{median(seconds) * 1e3:>10.2f}{most * 1e3:>10.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])

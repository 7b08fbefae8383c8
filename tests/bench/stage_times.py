"""What each stage of a run takes: seconds by the clock and of the processor, and memory.

A stage runs in a process of its own, so that its memory is its own. Seconds of the processor count
all threads; a busy machine changes them less than those by the clock.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock, and of the processor."""

    wall: float = 0.0
    processor: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.wall + other.wall, self.processor + other.processor)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(max(0.0, self.wall - other.wall), max(0.0, self.processor - other.processor))

    def __mul__(self, times: float) -> Spent:
        return Spent(self.wall * times, self.processor * times)


class Watch:
    """Adds up what was spent, by name. Not for several threads at once."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = {}

    def __getitem__(self, name: str) -> Spent:
        return self.spent.get(name, Spent())

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Count what the block takes."""
        wall, processor = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            took = Spent(time.perf_counter() - wall, time.process_time() - processor)
            self.spent[name] = self[name] + took

    def around(self, name: str, call: Callable[P, R]) -> Callable[P, R]:
        """The same function, whose time is counted."""

        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            with self.on(name):
                return call(*args, **kwargs)

        return counted

    def told(self) -> dict[str, dict[str, float]]:
        """As JSON."""
        return {name: asdict(spent) for name, spent in self.spent.items()}


def peak() -> int:
    """The most memory that this process ever held, in MiB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) // 1024 if found else 0


def tell(watch: Watch, **notes: object) -> None:
    """Say what a stage took: the last line that its process prints."""
    print(json.dumps({"spent": watch.told(), "peak": peak()} | notes))


@dataclass(frozen=True, slots=True)
class Told:
    """What a stage said."""

    spent: dict[str, Spent]
    peak: int
    notes: dict[str, Any]


def apart(script: str, arguments: Sequence[str]) -> Told:
    """A stage in a process of its own, which says what it took. What it prints on the way to its
    errors is shown."""
    command = [sys.executable, script, *arguments]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    notes = json.loads(ended.stdout.splitlines()[-1])
    spent = {name: Spent(**of) for name, of in notes.pop("spent").items()}
    return Told(spent, notes.pop("peak"), notes)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that reads well in a terminal and in Markdown; numbers are set to the right."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    right = [at > 0 for at in range(len(head))]

    def line(row: Sequence[str]) -> str:
        each = zip(row, widths, right, strict=True)
        return "| " + " | ".join(t.rjust(w) if r else t.ljust(w) for t, w, r in each) + " |"

    rule = (
        "|"
        + "|".join("-" * (w + 1) + (":" if r else "-") for w, r in zip(widths, right, strict=True))
        + "|"
    )
    return "\n".join([line(head), rule, *map(line, rows)])


def seconds(value: float) -> str:
    """Seconds with the figures that count: 0.012, 0.34, 5.6, 78."""
    digits = 0 if value >= 30 else 1 if value >= 1 else 2 if value >= 0.1 else 3
    return f"{value:.{digits}f}"

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.bench import stage_times
from tests.bench.stage_times import Spent, Watch

if TYPE_CHECKING:
    from pathlib import Path


def test_a_watch_adds_up_by_name() -> None:
    watch = Watch()
    for name in ("read", "read", "write"):
        with watch.on(name):
            sum(range(20_000))
    assert set(watch.spent) == {"read", "write"}
    assert watch["read"].wall > 0
    assert watch["never"] == Spent()


def test_what_a_block_took_counts_also_when_it_fails() -> None:
    watch = Watch()
    with pytest.raises(ValueError, match="half way"), watch.on("read"):
        raise ValueError("half way")
    assert "read" in watch.spent


def test_a_watched_function_returns_what_it_did() -> None:
    watch = Watch()
    assert watch.around("add", lambda one, *, other: one + other)(1, other=2) == 3
    assert list(watch.spent) == ["add"]


def test_seconds_are_added_taken_off_and_multiplied() -> None:
    assert Spent(3, 2) + Spent(1, 1) == Spent(4, 3)
    assert Spent(3, 2) * 2 == Spent(6, 4)
    assert Spent(3, 2) - Spent(1, 5) == Spent(2, 0)  # clocks of two kinds may cross


def test_a_stage_apart_tells_its_seconds_memory_and_notes(tmp_path: Path) -> None:
    script = tmp_path / "stage.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {sys.path[0]!r})\n"
        "from tests.bench.stage_times import Watch, tell\n"
        "print('on the way')\n"
        "watch = Watch()\n"
        "with watch.on('sum'): sum(range(1000))\n"
        "tell(watch, works=3, argument=sys.argv[1])\n",
        encoding="utf-8",
    )
    told = stage_times.apart(str(script), ["here"])
    assert told.notes == {"works": 3, "argument": "here"}
    assert told.spent["sum"].wall > 0
    assert 1 < told.peak < 10_000


def test_a_table_is_set_for_a_terminal_and_for_markdown() -> None:
    made = stage_times.table(["works", "seconds"], [["10", "1.5"], ["1,000", "12"]])
    assert made.splitlines() == [
        "| works | seconds |",
        "|-------|--------:|",
        "| 10    |     1.5 |",
        "| 1,000 |      12 |",
    ]


@pytest.mark.parametrize(
    ("value", "shown"), [(78.4, "78"), (5.62, "5.6"), (0.344, "0.34"), (0.0123, "0.012")]
)
def test_seconds_have_the_figures_that_count(value: float, shown: str) -> None:
    assert stage_times.seconds(value) == shown

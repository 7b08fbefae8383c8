"""A back-fill whose processes and driver are killed, beside a quiet one. `make chaos-backfill` does
the same with a whole file in twenty parts, on both databases and on Ray."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

import pytest

from tests.chaos import backfill
from tests.pubmed_files import invent

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


def test_a_back_fill_that_was_killed_comes_to_the_same_archive(tmp_path: Path) -> None:
    invent(tmp_path, records=3_300, parts=3)
    struck = [(0.0, "task"), (0.3, "driver")]
    rows = dict(backfill.campaign("sqlite", tmp_path, ["--jobs", "2"], struck, seed=1))
    assert [name for name in rows if name.startswith("!")] == []
    assert rows["killed"] == "1 task, 1 driver, 0 node"
    assert rows["records, works, keys"].startswith("3300, 3300, ")


def test_a_record_taken_away_and_one_stored_again_would_be_seen(tmp_path: Path) -> None:
    invent(tmp_path, records=20, parts=2)
    chance = random.Random(1)
    with backfill.database("sqlite", tmp_path / "calm") as url:
        calm = backfill.run(url, tmp_path, ["--jobs", "1"], (), chance)
    rough = backfill.Result(calm.backfill, dict(calm.held), calm.seconds, [])
    assert not any(name.startswith("!") for name, _ in backfill.verdict(calm, rough))
    rough.held["records"] = 19
    rough.held["told"] = frozenset(list(calm.held["told"])[1:])  # type: ignore[call-overload]
    found = dict(backfill.verdict(calm, rough))
    assert found["! records unlike the quiet run's"] == 1
    assert found["! works that hold other records, or show other things"] == 1


@pytest.mark.exhaustive
def test_a_back_fill_on_ray_that_was_killed_comes_to_the_same_archive(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra: pip install 'litwatch[ray]'")
    invent(tmp_path, records=3_300, parts=3)
    struck = [(0.0, "task"), (0.3, "driver")]
    rows = dict(backfill.campaign("sqlite", tmp_path, ["--jobs", "2", "--ray"], struck, seed=1))
    assert [name for name in rows if name.startswith("!")] == []

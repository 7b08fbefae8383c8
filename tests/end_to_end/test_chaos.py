"""The chaos campaign in small: that it runs, and that it sees nothing lost or sent twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_few_kills_lose_nothing_and_repeat_nothing() -> None:
    """T30, T31 in small; `make chaos` kills a hundred times on each database."""
    small = ("--kills", "3", "--rooms", "2", "--mails", "1", "--seed", "1")
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.campaign", *small, "--database", "sqlite"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = dict(line.strip().rsplit("  ", 1) for line in done.stdout.splitlines() if "  " in line)
    figures = {name.strip(): value.strip() for name, value in told.items()}
    assert (figures["kills"], figures["digests"], figures["lost"]) == ("3", "6", "0")

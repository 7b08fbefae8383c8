"""The workers' campaign in small: that it runs, and that nothing is lost or done twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_few_blows_lose_nothing_and_double_nothing() -> None:
    """`python -m tests.chaos.crowd` strikes thirty times, and measures."""
    small = [
        "--seed",
        "7",
        "--blows",
        "4",
        "--sources",
        "4",
        "--pages",
        "6",
        "--rooms",
        "4",
        "--faster",
        "0",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.crowd", *small],
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
    killed = int(figures["workers killed with -9"])
    suspended = int(figures["workers suspended beyond their lease, then woken"])
    assert killed + suspended == 4
    assert figures["records, works, digests, messages"].startswith("72, 72, 4, ")
    assert int(figures["writes under a claim"]) > 72

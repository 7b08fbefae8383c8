"""Schemathesis against the running API: `python -m tests.fuzz_api [--cases N] [--st PROG]`.

Makes an archive from the demo's records, serves it as a process of its own that lets nobody in
without a token, and sends N requests made from its description: good ones, bad ones, and chains of
them. Exits with schemathesis's status: 0 when no answer was a server's error and all were as
described. Schemathesis is no dependency of ours: `pip install schemathesis` where you like.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from service.clock import standing
from service.demo.server import ReplayServer
from tests.command_line import MONDAY, Litwatch, replayed, spawned

if TYPE_CHECKING:
    from collections.abc import Iterator

WEB = {"url": "https://litwatch.example.org", "keys": ["k" * 32], "api_rate": 1_000_000}
# What no schema can say - the grammar of queries, cursors that we gave - is answered with 400.
_RULES = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 412, 428]
"""
SUBSCRIPTION = {"name": "Lab", "channel": "file", "destination": "lab", "zone": "UTC"}


def made(folder: Path) -> tuple[Litwatch, str]:
    """An archive with works, topics, votes, a digest and its delivery; and a token for all of it."""
    with ReplayServer() as upstreams:
        settings = replayed(folder, upstreams, web=WEB, subscriptions=[SUBSCRIPTION])
        settings.pop("encoder")  # the real one: meaning is searched too
        early = Litwatch(settings, standing(MONDAY - timedelta(days=1)))
        litwatch = replace(early, clock=standing(MONDAY))
        told = StringIO()
        with redirect_stdout(StringIO()) as out, redirect_stderr(told):
            assert early("init") == 0, told.getvalue()
            litwatch("poll")
            assert litwatch("digest", "send") == 0, told.getvalue()
            assert litwatch("vote", "stroma", "1", "2", "save", "--voter", "Ida") == 0
            out.truncate(0)
            out.seek(0)
            assert litwatch("token", "create", "fuzz", "--scope", "admin") == 0, told.getvalue()
    return litwatch, out.getvalue().strip()


@contextmanager
def serving(litwatch: Litwatch) -> Iterator[str]:
    """The address of `litwatch serve`, which ends afterwards."""
    process = spawned(litwatch, "serve", "--port", "0")
    assert process.stderr
    try:
        told = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert found, told + process.stderr.read()
        yield found[0]
    finally:
        process.terminate()
        _, told = process.communicate(timeout=60)
        sys.stdout.write(told)  # errors that it has logged
        assert "Traceback" not in told


def fuzz(st: str, url: str, token: str, cases: int, folder: Path, seed: int) -> int:
    """Run schemathesis, with one seed after the other (some operations have no more than a few
    different requests), until so many were sent; returns its worst status."""
    with urllib.request.urlopen(f"{url}/api/v1/openapi.json") as answer:
        described = json.load(answer)
    operations = sum(len(item) for item in described["paths"].values())
    rules = folder / "schemathesis.toml"
    rules.write_text(_RULES)
    status = sent = 0
    while sent < cases:
        report = folder / f"report-{seed}"
        done = subprocess.run(
            [
                st, "--config-file", str(rules), "run", f"{url}/api/v1/openapi.json", "--url", url,
                "--header", f"Authorization: Bearer {token}",
                "--max-examples", str((cases - sent) // operations + 1),
                "--checks", "all", "--continue-on-failure", "--seed", str(seed), "--no-shrink",
                "--request-timeout", "30", "--workers", "2", "--suppress-health-check", "all",
                "--report", "ndjson", "--report-dir", str(report),
            ],
            check=False,
        )  # fmt: skip
        files = [file.read_text(encoding="utf-8") for file in report.glob("*")]
        more = sum(text.count('"status_code"') for text in files)
        status, sent, seed = max(status, done.returncode), sent + more, seed + 1
        sys.stdout.write(f"{sent} requests were sent\n")
        if not more:  # it cannot be run: it has said why
            break
    return status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--st", default=shutil.which("st"), help="the program (pip: schemathesis)")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    if not asked.st:
        parser.error("schemathesis is not here: pip install schemathesis, or give --st")
    with tempfile.TemporaryDirectory() as name:
        litwatch, token = made(Path(name))
        with serving(litwatch) as url:
            return fuzz(asked.st, url, token, asked.cases, Path(name), asked.seed)


if __name__ == "__main__":
    sys.exit(main())

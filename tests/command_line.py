"""The command line, run in this process over the demo's replayed upstreams."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from service.cli.main import run
from service.cli.session import Session
from service.config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.clock import Clock
    from service.demo.server import ReplayServer

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)  # where the example records are this week's


def replayed(folder: Path, server: ReplayServer, **more: Any) -> dict[str, Any]:
    """Settings over the replayed upstreams; ranking is by words only, which needs no model."""
    values: dict[str, Any] = {
        "database": {"url": f"sqlite:///{folder}/litwatch.db"},
        "http": {
            "contact": "lab@example.org",
            "pace": 0.0,
            "tries": 1,
            "trusted_hosts": [server.host],
        },
        "encoder": {"model": "none-that-exists"},
        "sources": {
            "pubmed": {"base_url": server.url("eutils")},
            "pmc": {"base_url": server.url("eutils")},
            "biorxiv": {"base_url": server.url("biorxiv")},
            "medrxiv": {"base_url": server.url("biorxiv")},
            "arxiv": {"oai_url": server.url("arxiv_oai"), "api_url": server.url("arxiv_api")},
            "europepmc": {"base_url": server.url("europepmc")},
        },
        "file": {"folder": str(folder / "sent")},
        "log": {"level": "error"},
    }
    return values | more


@dataclass
class Litwatch:
    """The command line over one archive."""

    settings: dict[str, Any]
    clock: Clock

    def __call__(self, *words: str) -> int:
        session = Session(clock=self.clock, overrides=Settings.model_validate(self.settings))
        return run(list(words), session)


_DRIVER = """
import json, sys
from datetime import datetime
from service.cli.main import run
from service.cli.session import Session
from service.clock import standing
from service.config import Settings
settings, at, hook, *words = sys.argv[1:]
exec(hook)
session = Session(clock=standing(datetime.fromisoformat(at)), overrides=Settings.model_validate_json(settings))
sys.exit(run(words, session))
"""


def spawned(litwatch: Litwatch, *words: str, hook: str = "") -> subprocess.Popen[str]:
    """A command as a process of its own, at the time that `litwatch` has; `hook` runs first."""
    at = litwatch.clock.now().isoformat()
    return subprocess.Popen(
        [sys.executable, "-c", _DRIVER, json.dumps(litwatch.settings), at, hook, *words],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def logging_as_before() -> Iterator[None]:
    """Undo at the end what a command set: its handler writes to this test's captured stream."""
    root, ours = logging.getLogger(), logging.getLogger("service")
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    logging.captureWarnings(capture=False)

"""`litwatch status` tells who works, and what those that are gone left behind."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.clock import standing
from service.records.workers import Worker
from service.store import Store
from tests import databases
from tests.command_line import Litwatch
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEASE = timedelta(minutes=2)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    for engine in databases.migrated("sqlite", tmp_path):
        yield Store(engine)


@pytest.fixture
def litwatch(store: Store) -> Litwatch:
    url = {"url": str(store.engine.url)}
    return Litwatch({"database": url, "log": {"level": "error"}}, standing(NOW))


def seen(store: Store, name: str, ago: timedelta, doing: str = "", program: str = "1.0") -> None:
    since = NOW - HOUR / 2 if doing else None
    with store.writing() as tx:
        tx.workers.seen(Worker(name, f"litwatch {program}", NOW - HOUR, NOW - ago, doing, since))


def holds(store: Store, holder: str, *names: str, ago: timedelta = SECOND) -> None:
    with store.writing() as tx:
        for name in names:
            assert tx.claims.take(name, holder, NOW - ago, NOW - ago + LEASE)


def told(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert litwatch("status") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "deliveries: none yet"
    assert lines[-1] == "Nothing needs you."
    return lines[1:-1]


def test_where_nobody_works_it_says_so(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(litwatch, capsys) == ["workers: none is running (litwatch run)"]


def test_who_works_and_on_what(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(store, "lab:1:aa", 5 * SECOND, "digests, poll")
    seen(store, "lab:2:bb", 0 * SECOND)
    holds(store, "lab:1:aa", "poll pubmed", "poll arxiv")
    assert told(litwatch, capsys) == [
        "workers: 2",
        "  lab:1:aa  litwatch 1.0  since 2026-11-16 06:00 UTC  seen 5 s ago  "
        "digests, poll since 2026-11-16 06:30 UTC",
        "    has poll arxiv, poll pubmed",
        "  lab:2:bb  litwatch 1.0  since 2026-11-16 06:00 UTC  seen 0 s ago  waiting for work",
    ]


def test_what_a_worker_that_is_gone_had_claimed(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(store, "lab:1:aa", 100 * SECOND, "poll")
    holds(store, "lab:1:aa", "poll pubmed", ago=100 * SECOND)
    holds(store, "lab:1:aa", "poll arxiv", ago=HOUR)
    assert told(litwatch, capsys) == [
        "workers: none is running (litwatch run)",
        "gone: lab:1:aa  litwatch 1.0  last seen 2026-11-16 06:58 UTC",
        "  left by lab:1:aa: poll arxiv, free",
        "  left by lab:1:aa: poll pubmed, free from 2026-11-16 07:00 UTC",
    ]


def test_a_command_that_has_claimed_something_is_told(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(store, "lab:1:aa", SECOND)
    holds(store, "lab:7:cc", "poll pubmed")
    assert told(litwatch, capsys)[-1] == "  poll pubmed is held by a command, lab:7:cc"


def test_that_programs_differ_is_told(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(store, "lab:1:aa", SECOND, program="1.1")
    seen(store, "lab:2:bb", SECOND, program="1.0")
    assert told(litwatch, capsys)[-1] == (
        "  of several versions: litwatch 1.0, litwatch 1.1; bring all to one"
    )


def test_programs_are_told_the_same(
    store: Store, litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen(store, "lab:1:aa", SECOND, "poll")
    seen(store, "lab:2:bb", HOUR)
    holds(store, "lab:1:aa", "poll pubmed")
    holds(store, "lab:2:bb", "poll arxiv", ago=HOUR)
    assert litwatch("status", "--json") == 0
    crew = json.loads(capsys.readouterr().out)["workers"]
    assert {key: [each["name"] for each in of] for key, of in crew.items()} == {
        "living": ["lab:1:aa"],
        "silent": ["lab:2:bb"],
        "held": ["poll pubmed"],
        "left": ["poll arxiv"],
    }
    assert crew["living"][0]["doing"] == "poll"
    assert crew["left"][0]["holder"] == "lab:2:bb"

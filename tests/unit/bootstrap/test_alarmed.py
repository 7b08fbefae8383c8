"""What holds in a running installation, seen where it runs: its disk, its model, its workers."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from service import bootstrap
from service.bootstrap import alarmed
from service.clock import standing
from service.config import Settings
from service.records.workers import Worker
from tests import databases
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.bootstrap import App

MIB = 1 << 20


class Usage(NamedTuple):
    """As `shutil.disk_usage` gives it."""

    total: int
    used: int
    free: int


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An archive with nothing in it, and a model that is there."""
    for engine in databases.migrated("sqlite", tmp_path):
        values: dict[str, Any] = {
            "database": {"url": str(engine.url)},
            "sources": {
                name: {"enabled": False} for name in ("pubmed", "pmc", "biorxiv", "medrxiv")
            },
            "operator": {"channel": "file", "destination": "ops"},
            "file": {"folder": str(tmp_path / "told")},
        }
        made = bootstrap.build(Settings.model_validate(values), standing(NOW))
        yield made
        made.close()


def keys(app: App) -> list[str]:
    return [each.key for each in alarmed.holding(app)]


def test_where_all_is_well_nothing_holds(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    _room(monkeypatch, 100_000)
    assert keys(app) == []


def _room(monkeypatch: pytest.MonkeyPatch, free: int) -> list[Path]:
    asked: list[Path] = []

    def usage(path: Path) -> Usage:
        asked.append(path)
        return Usage(100_000 * MIB, 0, free * MIB)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return asked


def test_a_disk_that_fills_is_that_of_the_archive(
    app: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = _room(monkeypatch, 100)
    assert keys(app) == ["disk"]
    assert asked == [tmp_path]


def test_a_model_that_is_missing_is_told(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    _room(monkeypatch, 100_000)
    choice = app.settings.encoder.model_copy(update={"model": "none-that-exists"})
    app.settings = app.settings.model_copy(update={"encoder": choice})
    (alarm,) = alarmed.holding(app)
    assert alarm.key == "model"
    assert "none-that-exists" in alarm.cause


def test_a_worker_that_died_is_told_and_one_that_ended_is_not(
    app: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _room(monkeypatch, 100_000)
    for name, ago in (("died", 30), ("ended", 30), ("lives", 0)):
        seen = NOW - timedelta(minutes=ago)
        with app.store.writing() as tx:
            tx.workers.seen(Worker(name, "litwatch", seen, seen, "poll", seen))
    with app.store.writing() as tx:
        tx.workers.left("ended")
    assert keys(app) == ["worker-gone:died"]
    assert alarmed.watch(app) == 1
    (told,) = (tmp_path / "told").iterdir()
    assert "worker died was last seen 2026-11-16 06:30 (UTC), at poll" in told.read_text()

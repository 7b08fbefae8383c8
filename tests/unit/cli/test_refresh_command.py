"""`litwatch db refresh`, over an archive of three works whose records are read better now."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service import normalisation, pipeline, refreshing
from service.bootstrap import App
from service.clock import standing
from service.errors import ParseError
from service.store import Store
from service.worker.stopping import Stopped
from tests import databases, papers
from tests.command_line import Litwatch
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.records import Paper, Record


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        made = Archive(Store(engine))
        made.take_in(*map(paper, (1, 2, 3)))
        yield made


@pytest.fixture
def litwatch(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Litwatch:
    def better(given: Record) -> Paper:
        return replace(papers.understood(given), keywords=("traps",))

    for module in (pipeline, normalisation):
        monkeypatch.setattr(module, "normalise", better)
    settings = {"database": {"url": str(archive.store.engine.url)}, "log": {"level": "error"}}
    return Litwatch(settings, standing(NOW))


def _headed(archive: Archive) -> list[int]:
    with archive.store.reading() as tx:
        return [work.id for work in tx.exporting.after(0, 10) if work.keywords]


def test_it_says_what_changed_and_a_second_time_that_nothing_did(
    litwatch: Litwatch, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("db", "refresh") == 0
    assert capsys.readouterr().err == "3 works looked at; 3 changed.\n"
    assert _headed(archive) == [1, 2, 3]
    assert litwatch("db", "refresh", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"looked": 3, "changed": 0, "left": [], "placed": 0}


def test_a_dry_run_says_what_would_change(
    litwatch: Litwatch, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("db", "refresh", "--dry-run") == 0
    assert capsys.readouterr().err == "3 works looked at; 3 would change.\n"
    assert _headed(archive) == []


def test_what_is_stopped_goes_on_where_it_was_or_anew(
    litwatch: Litwatch,
    archive: Archive,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refreshing, "PAGE", 1)
    with monkeypatch.context() as patch:

        def stop(_app: App) -> None:
            raise Stopped

        patch.setattr(App, "go_on", stop)
        assert litwatch("db", "refresh") == 130
    assert _headed(archive) == [1]
    capsys.readouterr()
    assert litwatch("db", "refresh", "--dry-run", "--again") == 0
    assert capsys.readouterr().err == "3 works looked at; 2 would change.\n"
    assert litwatch("db", "refresh") == 0
    assert capsys.readouterr().err.splitlines() == [
        "Going on after work 1, where the last refresh was stopped.",
        "2 works looked at; 2 changed.",
    ]
    with archive.store.writing() as tx:
        tx.refreshing.set_mark(refreshing.__version__, 2)
    assert litwatch("db", "refresh", "--again") == 0
    assert capsys.readouterr().err == "3 works looked at; 0 changed.\n"


def test_what_is_left_and_what_is_understood_at_last_is_told(
    litwatch: Litwatch,
    archive: Archive,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lame(given: Record) -> Paper:
        if "40000004" in given.key or "40000002" in given.key:
            raise ParseError(given.key, "is too new")
        return papers.understood(given)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "normalise", lame)
        archive.take_in(paper(4))
        patch.setattr(normalisation, "normalise", lame)
        assert litwatch("db", "refresh") == 0
        told = capsys.readouterr().err
        assert "1 left as they are, for a record is not understood: 2" in told
    assert litwatch("db", "refresh") == 0
    assert "1 records are understood now" in capsys.readouterr().err

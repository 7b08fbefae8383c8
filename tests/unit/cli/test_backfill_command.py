"""`litwatch backfill`, with processes of its own, over invented files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service.backfill import plan
from service.bootstrap import backfilled
from service.cli import backfill as command
from service.clock import Clock
from service.records import Tally
from service.records.backfills import Part, PartState
from tests import databases
from tests.command_line import Litwatch
from tests.pubmed_files import invent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def litwatch(tmp_path: Path) -> Iterator[Litwatch]:
    for engine in databases.migrated("sqlite", tmp_path):
        url = str(engine.url)
        yield Litwatch({"database": {"url": url}, "log": {"level": "error"}}, Clock())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    invent(made, records=60, parts=3)
    return made


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts are taken in by this very process: to start others takes seconds."""

    def run_here(app: Any, made: Any, _jobs: int, told: Any) -> Any:
        taking = backfilled.Taking(app.parts, backfilled.reading(), app.owner)
        while (part := taking.next(made.id)) is not None:
            with app.store.reading() as tx:
                told(plan.progress(tx.backfills.get(made.id)))
            assert part.state is not PartState.WAITING
        with app.store.reading() as tx:
            return backfilled.settled(app, tx.backfills.get(made.id))

    monkeypatch.setattr(backfilled, "run_here", run_here)


def shown(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_files_are_taken_in_by_processes_and_told(
    litwatch: Litwatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("backfill", str(folder), "--jobs", "2") == 0
    found = capsys.readouterr()
    assert "Back-fill 1: 3 parts" in found.err
    assert "3 of 3" in found.out
    assert litwatch("search", "neutrophils", "--limit", "3", "--json") == 0
    assert len(shown(capsys)["hits"]) == 3


@pytest.mark.usefixtures("here")
def test_the_same_command_once_more_says_that_it_is_over(
    litwatch: Litwatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("backfill", str(folder)) == 0
    capsys.readouterr()
    assert litwatch("backfill", str(folder)) == 0
    assert "--again begins it anew" in capsys.readouterr().err
    assert litwatch("backfill", str(folder), "--again", "--json") == 0
    assert shown(capsys)["progress"]["tally"]["same"] == 60


@pytest.mark.usefixtures("here")
def test_a_failed_file_is_told_with_its_cause_and_tried_again_on_request(
    litwatch: Litwatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "pubmed99n0002.xml.gz"
    whole = file.read_bytes()
    beside = file.with_name(f"{file.name}.md5")
    beside.write_text(f"MD5({file.name})= {backfilled.md5(str(file))}\n")
    file.write_bytes(whole[:-9] + b"\0" + whole[-8:])
    assert litwatch("backfill", str(folder)) == 2
    told = capsys.readouterr()
    assert f"failed: {file}" in told.err
    assert "its MD5 is" in told.err
    assert "--retry" in told.err
    assert "2 of 3" in told.out
    file.write_bytes(whole)
    assert litwatch("backfill", str(folder), "--json") == 2  # it is left alone
    assert shown(capsys)["progress"]["done"] == 2
    assert litwatch("backfill", str(folder), "--retry", "--json") == 0
    assert shown(capsys)["progress"]["tally"]["new"] == 60


@pytest.mark.usefixtures("here")
def test_status_shows_every_part_or_every_plan(
    litwatch: Litwatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("backfill", "--status") == 0
    assert "There are no back-fills yet." in capsys.readouterr().err
    assert litwatch("backfill", str(folder), "--status") == 2
    assert "not begun with just these files" in capsys.readouterr().err
    assert litwatch("backfill", str(folder)) == 0
    capsys.readouterr()
    assert litwatch("backfill", str(folder), "--status") == 0
    table = capsys.readouterr().out
    assert all(f"pubmed99n000{n}.xml.gz" in table for n in (1, 2, 3))
    assert table.count("done") == 3
    assert litwatch("backfill", "--status", "--json") == 0
    assert [each["source"] for each in shown(capsys)] == ["pubmed"]


def test_no_files_and_an_address_without_ray_are_told(
    litwatch: Litwatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("backfill") == 2
    assert "needs files or folders" in capsys.readouterr().err
    assert litwatch("backfill", str(folder), "--address", "192.0.2.1:6379") == 2
    assert "add --ray" in capsys.readouterr().err


def test_who_stops_it_is_told_how_to_go_on(
    litwatch: Litwatch,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stopped(app: Any, made: Any, _jobs: int, _told: Any) -> Any:
        app.stop.set()
        return made

    monkeypatch.setattr(backfilled, "run_here", stopped)
    assert litwatch("backfill", str(folder)) == 130
    told = capsys.readouterr().err
    assert "To go on where it stopped: the same command" in told


# -- what is shown meanwhile


def progress(done: int, records: int, **more: int) -> plan.Progress:
    parts = {"parts": 4, "done": done, "failed": 0, "taken": 1, "size": 400}
    tally = Tally(new=records)
    return plan.Progress(**(parts | {"read": done * 100, "tally": tally, "embedded": 0} | more))


def test_a_line_tells_parts_records_pace_and_the_time_left() -> None:
    first, now = progress(0, 0), progress(1, 12_000)
    line = command._line(now, plan.pace(first, now, 10.0), plan.remaining(first, now, 10.0))
    assert line == "1 of 4 parts, 12,000 records, 1,200/s, 0:00:30 left"


def test_before_anything_is_done_the_line_promises_nothing() -> None:
    assert command._line(progress(0, 0), 0.0, None).endswith(" 0/s, ...")


def test_failures_and_vectors_are_in_the_line_only_where_there_are_some() -> None:
    line = command._line(progress(1, 5, failed=2, embedded=7), 1.0, None)
    assert "2 failed" in line
    assert "7 embedded" in line


def test_what_it_begins_with_says_whether_it_goes_on() -> None:
    from service.records.backfills import Backfill
    from tests.papers import NOW

    part = Part(1, 0, "/lab/a", 2_000_000, "0" * 32)
    made = Backfill(7, "key", "pubmed", None, NOW, None, (part,))
    assert command._opening(made) == "Back-fill 7: 1 part, 2.0 MB."

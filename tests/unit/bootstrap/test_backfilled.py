"""Files to a plan: which are taken, what is checked, who of earlier runs is dead."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from service import bootstrap, config
from service.bootstrap import backfilled, backfilled_on_ray
from service.errors import InputError
from service.records.backfills import PartState
from service.store import migrations
from tests.pubmed_files import invent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.bootstrap import App


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    values = {"database": {"url": f"sqlite:///{tmp_path}/litwatch.db"}}
    made = bootstrap.build(config.Settings.model_validate(values))
    migrations.upgrade(made.store.engine)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    invent(made, records=6, parts=3)
    return made


def prepare(app: App, *paths: Path, **more: bool):
    asked = {"embed": False, "again": False, "retry": False} | more
    return backfilled.prepare(app, paths, **asked)


# -- files


def test_of_a_folder_the_files_that_can_be_imported_are_taken_by_name(folder: Path) -> None:
    for name in ("README.txt", "pubmed99n0001.xml.gz.md5", "stats.html"):
        (folder / name).write_text("beside")
    (folder / "older").mkdir()
    names = [each.name for each in backfilled.files_of([folder])]
    assert names == [f"pubmed99n000{number}.xml.gz" for number in (1, 2, 3)]


def test_files_are_taken_in_the_order_told_each_once(folder: Path) -> None:
    last = folder / "pubmed99n0003.xml.gz"
    names = [each.name for each in backfilled.files_of([last, folder])]
    assert names == [f"pubmed99n000{number}.xml.gz" for number in (3, 1, 2)]


def test_a_folder_without_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file that can be imported") as caught:
        backfilled.files_of([tmp_path])
    assert ".xml.gz" in caught.value.remedy


def test_a_file_of_no_known_form_is_refused_before_anything_is_planned(
    app: App, folder: Path
) -> None:
    odd = folder / "notes.xml"
    odd.write_text("no XML at all")
    with pytest.raises(InputError, match="of no form that can be imported"):
        prepare(app, folder)
    with app.store.reading() as tx:
        assert tx.backfills.all() == []


def test_the_checksum_that_is_stated_beside_a_file_counts(folder: Path) -> None:
    file = folder / "pubmed99n0001.xml.gz"
    own = backfilled.planned(file).checksum
    assert own == backfilled.md5(str(file))
    beside = file.with_name(f"{file.name}.md5")
    beside.write_text(f"MD5({file.name})= {'ab' * 16}\n")
    assert backfilled.planned(file).checksum == "ab" * 16
    beside.write_text("<html>")
    with pytest.raises(InputError, match="states no MD5"):
        backfilled.planned(file)


def test_a_file_that_vanishes_is_told_and_no_defect(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        backfilled.md5(str(tmp_path / "gone.xml.gz"))
    with pytest.raises(InputError, match="cannot be read: No such file"):
        backfilled.planned(tmp_path / "gone.xml.gz")


# -- plans


def test_the_same_files_go_on_with_the_same_plan(app: App, folder: Path) -> None:
    first = prepare(app, folder)
    assert prepare(app, *sorted(folder.iterdir())).id == first.id
    assert (first.source, first.encoder, len(first.parts)) == ("pubmed", None, 3)


def test_another_file_makes_another_plan(app: App, folder: Path) -> None:
    first = prepare(app, folder)
    (folder / "more.ris").write_text("TY  - JOUR\nTI  - Stroma\nID  - 1\nER  - \n")
    second = prepare(app, folder)
    assert second.id != first.id
    assert second.source == "pubmed, ris"


def test_again_makes_the_plan_anew(app: App, folder: Path) -> None:
    first = prepare(app, folder)
    with app.store.writing() as tx:
        part = tx.backfills.claim(first.id, "x", app.store.now(), app.store.now())
        assert part is not None
        tx.backfills.finish(part, 1.0, app.store.now())
    anew = prepare(app, folder, again=True)
    assert {each.state for each in anew.parts} == {PartState.WAITING}


def test_standing_tells_one_plan_or_all_and_refuses_what_was_never_begun(
    app: App, folder: Path
) -> None:
    assert backfilled.standing(app, [], embed=False) == []
    with pytest.raises(InputError, match="not begun with just these files"):
        backfilled.standing(app, [folder], embed=False)
    made = prepare(app, folder)
    assert backfilled.standing(app, [folder], embed=False) == [made]
    assert backfilled.standing(app, [], embed=False) == [made]


# -- who is dead


def _claimed(app: App, folder: Path, holder: str) -> PartState:
    plan, now = prepare(app, folder), app.store.now()
    with app.store.writing() as tx:
        tx.backfills.claim(plan.id, holder, now, now.replace(year=2099))
    return prepare(app, folder).parts[0].state


def test_what_a_killed_run_of_this_machine_held_is_free_at_once(app: App, folder: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    holder = f"{socket.gethostname()}:{ended.pid}:ab12/3"
    assert _claimed(app, folder, holder) is PartState.WAITING


@pytest.mark.parametrize("holder", ["elsewhere:1:ab/1", f"{socket.gethostname()}:x:ab/1", "odd"])
def test_what_others_hold_is_left_to_their_lease(app: App, folder: Path, holder: str) -> None:
    assert _claimed(app, folder, holder) is PartState.TAKEN


def test_what_a_living_run_of_this_machine_holds_is_left_alone(app: App, folder: Path) -> None:
    holder = f"{socket.gethostname()}:{os.getppid()}:ab12/1"
    assert _claimed(app, folder, holder) is PartState.TAKEN


# -- where


def test_sqlite_has_at_most_three_processes_unless_the_person_says_more(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(64)))
    assert backfilled.jobs_for(app, None) == 3
    assert backfilled.jobs_for(app, 12) == 12


def test_sqlite_on_a_cluster_is_refused(app: App, folder: Path) -> None:
    with pytest.raises(InputError, match="SQLite is a file of one machine"):
        backfilled_on_ray.run_on_ray(
            app, prepare(app, folder), address="192.0.2.1:6379", jobs=1, told=lambda _now: None
        )


def test_only_what_the_stages_need_travels_to_other_machines(app: App) -> None:
    stages = backfilled_on_ray._stages(app, embed=True)
    assert set(stages.values) == {"database", "encoder", "log"}
    assert stages.values["database"]["url"].startswith("sqlite:////")
    assert stages.values["encoder"]["threads"] == 1
    assert stages.encoder is backfilled_on_ray.RayEncoder
    assert backfilled_on_ray._stages(app, embed=False).encoder is None

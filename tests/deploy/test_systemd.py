"""systemd's units: it has nothing to say about them, and they name what there is."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.deploy.places import (
    DEPLOY,
    accepted,
    check_environment,
    tool,
    understood,
)

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = DEPLOY / "systemd"
PROGRAM = "/opt/litwatch/bin/litwatch"
UNITS = sorted(file for file in FOLDER.iterdir() if file.suffix in {".service", ".timer"})
SERVICES = [file for file in UNITS if file.suffix == ".service"]
EXPOSED = 1.5  # of 10, by systemd's own reckoning; below 2 it says "OK"


def lines(file: Path, *, all_on: bool = False) -> list[tuple[str, str]]:
    """The settings of a unit; with `all_on`, those that wait for their "#" to be taken away, too."""
    text = file.read_text(encoding="utf-8")
    if all_on:
        text = re.sub(r"^#(?=[A-Z][A-Za-z]+=)", "", text, flags=re.MULTILINE)
    told = (line.partition("=") for line in text.splitlines() if re.match(r"[A-Z]\w+=", line))
    return [(name, value) for name, _, value in told]


def instance(file: Path) -> str:
    return file.name.replace("@.", "@1.")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as on a machine where the program lies here, with every secret switched on."""
    folder = tmp_path / "units"
    shutil.copytree(FOLDER, folder)
    program = tmp_path / "litwatch"
    program.write_text(f"#!{sys.executable}\n")
    program.chmod(0o755)
    for file in folder.rglob("litwatch-*"):
        if file.is_file():
            text = re.sub(r"^#(?=[A-Z][A-Za-z]+=)", "", file.read_text("utf-8"), flags=re.MULTILINE)
            file.write_text(text.replace(PROGRAM, str(program)), encoding="utf-8")
    return folder


@pytest.mark.parametrize("unit", UNITS, ids=lambda file: file.name)
def test_systemd_has_nothing_to_say(installed: Path, unit: Path) -> None:
    analyze = tool("systemd-analyze")
    seen = {"SYSTEMD_UNIT_PATH": f"{installed}:/lib/systemd/system:/usr/lib/systemd/system"}
    told = accepted(analyze, "verify", "--man=no", instance(unit), env=seen, cwd=installed)
    ours = [line for line in told.splitlines() if "litwatch" in line]
    assert ours == []


@pytest.mark.parametrize("unit", SERVICES, ids=lambda file: file.name)
def test_every_service_is_closed(installed: Path, unit: Path) -> None:
    """The settings that all share reach each of them by its name."""
    analyze = tool("systemd-analyze")
    if "--json" not in accepted(analyze, "--help"):
        pytest.skip("this systemd-analyze has no --json")
    seen = {"SYSTEMD_UNIT_PATH": f"{installed}:/lib/systemd/system:/usr/lib/systemd/system"}
    told = accepted(analyze, "security", "--offline=true", "--json=short", instance(unit), env=seen)
    weights = json.loads(told[: told.rindex("]") + 1])
    assert any(each["name"] == "ProtectSystem=" for each in weights)
    overall = accepted(analyze, "security", "--offline=true", instance(unit), env=seen)
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", overall)
    assert level
    assert float(level[1]) <= EXPOSED


@pytest.mark.parametrize("unit", SERVICES, ids=lambda file: file.name)
def test_every_command_exists(unit: Path) -> None:
    started = [value for name, value in lines(unit) if name.startswith("ExecStart")]
    said = [words for value in started for words in re.findall(rf"{PROGRAM} ([^;']*)", value)]
    assert said
    assert all(understood(shlex.split(words)) for words in said)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda file: file.name)
def test_variables_are_settings_and_secrets_are_credentials(unit: Path) -> None:
    told = lines(unit, all_on=True)
    given = [value.partition("=") for name, value in told if name == "Environment"]
    check_environment(name for name, _, _ in given)
    credentials = {value.partition(":")[0] for name, value in told if name == "LoadCredential"}
    used = {value.removeprefix("%d/") for name, _, value in given if name.endswith("_FILE")}
    assert used == credentials


def test_a_secret_that_is_switched_on_is_two_lines() -> None:
    for unit in SERVICES:
        on = lines(unit)
        credentials = sum(name == "LoadCredential" for name, _ in on)
        files = sum(name == "Environment" and "_FILE=" in value for name, value in on)
        assert credentials == files, unit.name


def test_only_the_migration_is_given_the_owner_s_secret() -> None:
    holders = [unit.name for unit in SERVICES if "database-owner-url" in unit.read_text("utf-8")]
    assert holders == ["litwatch-migrate.service"]


def test_nothing_starts_before_the_migration() -> None:
    for name in ("litwatch-worker@.service", "litwatch-web.service"):
        told = lines(FOLDER / name)
        assert ("Requires", "litwatch-migrate.service") in told
        (after,) = (value for key, value in told if key == "After")
        assert "litwatch-migrate.service" in after.split()


def test_the_secrets_are_files_that_are_made() -> None:
    script = (DEPLOY / "secrets.sh").read_text("utf-8")
    for unit in SERVICES:
        for name, value in lines(unit, all_on=True):
            if name == "LoadCredential":
                assert re.search(rf"\b{value.partition(':')[0]}\b", script)


def test_backups_beyond_the_fourteenth_go(tmp_path: Path) -> None:
    """The shell line of the unit, over files of twenty nights."""
    (value,) = (v for n, v in lines(FOLDER / "litwatch-backup.service") if n == "ExecStartPost")
    script = shlex.split(value)[2].replace("$$", "$").replace("%%", "%")
    (tmp_path / "backups").mkdir()
    names = [f"litwatch-2026-11-{day:02}T021700.db" for day in range(1, 21)]
    for name in names:
        (tmp_path / "backups" / name).touch()
    accepted("/bin/sh", "-euc", script, cwd=tmp_path)
    assert sorted(file.name for file in (tmp_path / "backups").iterdir()) == names[-14:]
    accepted("/bin/sh", "-euc", script, cwd=tmp_path)

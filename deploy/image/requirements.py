"""Print what pyproject.toml asks for, with the extras named in the first argument ("a,b").

The image installs these before it copies the program, so that a change of the program alone does
not install everything anew.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path


def requirements(project: dict[str, list[str]], extras: list[str]) -> list[str]:
    """The requirements of `[project]` and of these extras. Raises `KeyError` for one unknown."""
    optional = dict(project.get("optional-dependencies", {}))
    return [*project["dependencies"], *(each for name in extras for each in optional[name])]


if __name__ == "__main__":
    wanted = [name for name in sys.argv[1].split(",") if name]
    table = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    sys.stdout.write("".join(f"{each}\n" for each in requirements(table, wanted)))

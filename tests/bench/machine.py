"""On what a benchmark ran: a figure without it says nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# What makes a difference to the encoder, and to numpy.
_FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8")
_LIBRARIES = (
    "torch",
    "sentence-transformers",
    "transformers",
    "numpy",
    "scipy",
    "scikit-learn",
    "SQLAlchemy",
    "pubmed-parser",
)


def header() -> str:
    """Date, machine, load and versions, in a paragraph."""
    day = datetime.now(UTC)
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    return (
        f"Measured on {day.day} {day:%B %Y}, {day:%H:%M} UTC, other load on the machine {load:.1f}: "
        f"{cores} {'core' if cores == 1 else 'cores'} of {processor(_read('/proc/cpuinfo'))}, "
        f"{memory(_read('/proc/meminfo')):.0f} GiB, {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}, {', '.join(_versions())}, "
        f"SQLite {sqlite3.sqlite_version}."
    )


def processor(cpuinfo: str) -> str:
    """Its name, and which of the instructions that matter it has or lacks."""
    said: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        said.setdefault(name.strip(), value.strip())
    flags = said.get("flags", "").split()
    has = [flag for flag in _FLAGS if flag in flags]
    lacks = [flag for flag in _FLAGS if flag not in flags]
    parts = [", ".join(has), f"not {', '.join(lacks)}" if lacks else ""]
    name = said.get("model name") or platform.machine()
    return f"{name} ({'; '.join(part for part in parts if part)})"


def memory(meminfo: str) -> float:
    """GiB in all; 0 where it is not said."""
    for line in meminfo.splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) / 2**20
    return 0.0


def _read(file: str) -> str:
    path = Path(file)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _versions() -> list[str]:
    return [f"{name} {found}" for name in _LIBRARIES if (found := _version(name))]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""

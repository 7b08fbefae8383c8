"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.clock import standing
from service.demo.server import ReplayServer
from tests.command_line import MONDAY, Litwatch, logging_as_before, replayed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def upstreams() -> Iterator[ReplayServer]:
    """The example records, as the sources' own servers would give them."""
    with ReplayServer() as server:
        yield server


@pytest.fixture
def litwatch(tmp_path: Path, upstreams: ReplayServer) -> Litwatch:
    """The command line over an archive that is set up and empty."""
    told = Litwatch(replayed(tmp_path, upstreams), standing(MONDAY))
    assert told("init") == 0
    return told


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    with logging_as_before():
        yield

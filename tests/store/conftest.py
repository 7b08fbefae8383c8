"""Every test of the store runs on SQLite and on PostgreSQL, each time on an empty archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.store import Store
from tests import databases, papers
from tests.papers import Archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=databases.KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty archive, built by the migrations."""
    for engine in databases.migrated(request.param, tmp_path):
        yield Store(engine)


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """The same on SQLite alone, for what only a file can do."""
    for engine in databases.migrated("sqlite", tmp_path):
        yield Store(engine)


@pytest.fixture
def archive(store: Store, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """The archive with the pipeline's intake, which here understands `tests.papers`."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    return Archive(store)

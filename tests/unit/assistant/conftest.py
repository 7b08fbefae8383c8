"""An archive of three works and two topics, and an assistant that is connected to it in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.store import Store
from tests import databases, papers
from tests.assistants import TOPICS, Assistant
from tests.fakes import FakeRanker
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """Works 1 to 3, the topics stroma and neutrophils, and no votes."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        filled = Archive(Store(engine))
        filled.parts = replace(filled.parts, topics=lambda _tx: TOPICS, ranker=FakeRanker())
        filled.take_in(paper(1), paper(2), paper(3))
        with filled.store.writing() as tx:
            for topic in TOPICS:
                tx.topics.save(topic.slug, "document", "Ida", "first", NOW)
        yield filled


@pytest.fixture
def assistant(archive: Archive) -> Assistant:
    return Assistant(archive)

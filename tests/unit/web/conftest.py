"""A web face over an archive of three works and one reader's subscription."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import bootstrap, pipeline
from service.config import Settings
from service.store import Store
from tests import databases, papers
from tests.fakes import FixedClock
from tests.papers import NOW, Archive, paper
from tests.web_site import READER, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.clock import Clock


@pytest.fixture
def settings() -> dict[str, Any]:
    """What a test may change before `site` is made."""
    return {
        "encoder": {"model": "none-that-exists"},
        "http": {"contact": "lab@example.org"},
        "email": {"sender": "Litwatch <lab@example.org>", "host": "localhost", "security": "none"},
        "web": {"url": "https://litwatch.example.org", "keys": ["k" * 32], "site": False},
        "subscriptions": [
            {"name": "Lab", "channel": "email", "destination": READER, "zone": "Europe/Berlin"}
        ],
    }


def _passing(time: FixedClock) -> Clock:
    """Its clock, whose monotonic time passes with it."""
    return replace(time.clock, monotonic=lambda: time.at.timestamp())  # noqa: PLW0108 - `at` changes


@pytest.fixture
def site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> Iterator[Site]:
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        settings["database"] = {"url": engine.url.render_as_string(hide_password=False)}
        time = FixedClock(NOW + timedelta(days=1))
        clock = _passing(time)
        app = bootstrap.build(Settings.model_validate(settings), clock)
        app.prepare()
        archive = Archive(Store(engine))
        archive.take_in(paper(1), paper(2), paper(3))
        yield Site(app, time)
        app.close()

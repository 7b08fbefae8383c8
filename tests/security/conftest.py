"""The whole web face over an archive that has some of everything: site, API, signed pages, Slack."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import bootstrap, pipeline
from service.config import Settings
from service.store import Store
from service.web.site.errands import Errands
from tests import databases, papers
from tests.api_office import Office, fill
from tests.fakes import FixedClock
from tests.papers import NOW, Archive, paper
from tests.site_visits import Visits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SETTINGS: dict[str, Any] = {
    "encoder": {"model": "none-that-exists"},
    "http": {"contact": "lab@example.org"},
    "email": {"sender": "Litwatch <lab@example.org>", "host": "localhost", "security": "none"},
    "slack": {"token": "xoxb-test", "signing_secret": SIGNING_SECRET},
    "web": {"keys": ["k" * 32]},
    "subscriptions": [
        {
            "name": "Lab",
            "channel": "email",
            "destination": "Ida@example.org",
            "zone": "Europe/Berlin",
        }
    ],
}


@pytest.fixture
def visits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visits]:
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    monkeypatch.setattr(Errands, "start", lambda *_: False)  # would go on after its test
    for engine in databases.migrated("sqlite", tmp_path):
        url = {"url": engine.url.render_as_string(hide_password=False)}
        time = FixedClock(NOW + timedelta(days=1))
        app = bootstrap.build(Settings.model_validate(SETTINGS | {"database": url}), time.clock)
        app.prepare()
        Archive(Store(engine)).take_in(paper(1), paper(2), paper(3))
        fill(app)
        yield Visits(Office(app, time))
        app.close()

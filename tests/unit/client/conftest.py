"""A client on the real app, which serves an archive on a real socket of this machine."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import bootstrap, pipeline
from service.client import Litwatch
from service.config import Settings
from service.records import RenderedPart, Subscription
from service.store import Store
from service.web.server import listening, run
from tests import databases, papers
from tests.factories import digest_content, item, section
from tests.fakes import FixedClock
from tests.fault_server import FaultServer, serving
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.bootstrap import App

LAB = Subscription("Lab", ("stroma", "neutrophils"), "file", "lab.html", zone="Europe/Berlin")


@dataclass
class Server:
    """The app that serves, where it is reached, and its archive."""

    app: App
    address: str
    archive: Archive

    def freeze(self) -> str:
        """A digest of works 1 and 2 for the subscription, waiting to be sent; returns its id."""
        content = digest_content(
            section(item(1), item(2), topic="stroma"), subscription=LAB.name, created_at=NOW
        )
        with self.app.store.writing() as tx:
            part = RenderedPart("d1", 1, 1, b"{}")
            tx.digests.freeze(content, LAB, [part], revision=0, window=(0, 3), now=NOW)
        return content.digest_id


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """What a test may change before `server` is made."""
    return {
        "encoder": {"model": "none-that-exists"},
        "http": {"contact": "lab@example.org"},
        "file": {"folder": str(tmp_path / "sent")},
        "subscriptions": [{"name": "Lab", "channel": "file", "destination": "lab.html"}],
    }


@pytest.fixture
def time() -> FixedClock:
    return FixedClock(NOW + timedelta(days=1))


@pytest.fixture
def server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], time: FixedClock
) -> Iterator[Server]:
    """Seven works, the shipped topics and one subscription."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        settings["database"] = {"url": engine.url.render_as_string(hide_password=False)}
        clock = replace(time.clock, monotonic=lambda: time.at.timestamp())  # noqa: PLW0108 - `at` changes
        app = bootstrap.build(Settings.model_validate(settings), clock)
        app.prepare()
        archive = Archive(Store(engine))
        archive.take_in(*(paper(number) for number in range(1, 8)))
        bound = listening("127.0.0.1", 0)
        thread = threading.Thread(target=run, args=(app, bound, lambda _: None))
        thread.start()
        try:
            yield Server(app, f"http://127.0.0.1:{bound.getsockname()[1]}", archive)
        finally:
            app.stop.set()
            thread.join()
            bound.close()
            app.close()


@pytest.fixture
def client(server: Server) -> Iterator[Litwatch]:
    with Litwatch(server.address) as client:
        yield client


@pytest.fixture
def faulty() -> Iterator[FaultServer]:
    """A server that answers as a test says."""
    with serving() as server:
        yield server

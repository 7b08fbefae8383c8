"""An app over an archive of three works, whose sources of single papers are in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import normalisation, pipeline
from service.bootstrap import App, build
from service.config import Settings
from service.records import Kind
from tests import databases, papers
from tests.fakes import FixedClock
from tests.fakes_http import FakeHttp
from tests.fakes_papers import Held, PaperSources
from tests.papers import Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from service.store import Store

REED = Held(
    "Herons in reed: a review",
    pmid="38000001",
    pmcid="PMC7000001",
    doi="10.5555/heron.1",
    review=True,
    cites=("Reed as a shelter", "Herons at dawn"),
)
CHICKS = Held("Chicks in spring", pmid="38000002", doi="10.5555/chick.3")


class _Http(FakeHttp):
    def close(self) -> None: ...


@dataclass
class Desk:
    """The app, and what its sources were asked."""

    app: App
    sources: PaperSources

    @property
    def store(self) -> Store:
        return self.app.store


def desks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The archive holds papers 1 to 3 (3 is a review, 2 has no abstract), the sources two more."""
    for engine in databases.migrated("sqlite", tmp_path):
        app = build(
            Settings.model_validate({"database": {"url": str(engine.url)}}), FixedClock().clock
        )
        with monkeypatch.context() as patch:
            for module in (pipeline, normalisation):
                patch.setattr(module, "normalise", papers.understood)
            Archive(app.store).take_in(
                paper(1), paper(2, abstract=""), paper(3, kind=Kind.REVIEW, title="On stroma, 3")
            )
        sources = PaperSources((REED, CHICKS))
        app.__dict__["http"] = _Http(sources, tries=2)
        yield Desk(app, sources)
        app.close()

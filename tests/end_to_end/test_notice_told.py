"""A paper that was sent is retracted by a notice alone, its own record untouched: the next digest
tells those who had it, once, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from service import bootstrap, pipeline
from service.config import Settings
from service.records import Batch, Change
from tests import databases, life_story
from tests.fakes import START, FixedClock

if TYPE_CHECKING:
    from pathlib import Path

    from service.records import DigestContent, Record

WEEK = timedelta(days=7)


def test_a_notice_alone_is_told_to_exactly_those_who_had_the_paper(tmp_path: Path) -> None:
    time = FixedClock(START + timedelta(hours=2))
    for engine in databases.migrated("sqlite", tmp_path):
        app = opened(str(engine.url), tmp_path, time, "had")
        time.at += WEEK / 2
        take_in(app, life_story.printed())
        time.at += WEEK / 2
        (first,) = pipeline.digest_due(app.parts)
        assert [item.work.ids.pmid for part in first.sections for item in part.items]
        time.at += 3 * WEEK  # longer than a first digest reaches back
        pipeline.digest_due(app.parts)
        app.close()
        app = opened(str(engine.url), tmp_path, time, "had", "later")
        time.at += WEEK / 2
        take_in(app, life_story.retraction())
        time.at += WEEK / 2
        told = changes(pipeline.digest_due(app.parts))
        assert told == {"had": [Change.RETRACTED], "later": []}
        time.at += WEEK
        take_in(app, life_story.retraction())
        assert changes(pipeline.digest_due(app.parts)) == {"had": [], "later": []}
        app.close()


def opened(url: str, folder: Path, time: FixedClock, *names: str) -> bootstrap.App:
    """The service with these subscriptions."""
    settings = {
        "database": {"url": url},
        "encoder": {"model": "none-that-exists"},
        "file": {"folder": str(folder / "out")},
        "subscriptions": [
            {"name": name, "channel": "file", "destination": f"{name}.html", "zone": "UTC"}
            for name in names
        ],
    }
    app = bootstrap.build(Settings.model_validate(settings), time.clock)
    app.prepare()
    return app


def take_in(app: bootstrap.App, *records: Record) -> None:
    pipeline.take_in(app.parts, Batch(records), records[0].source)


def changes(made: list[DigestContent]) -> dict[str, list[Change]]:
    return {each.subscription: [told.change for told in each.changes] for each in made}

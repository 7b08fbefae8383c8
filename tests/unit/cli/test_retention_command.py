"""`litwatch retention`, and what a digest says whose bytes it has removed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service import bootstrap, pipeline
from service.clock import standing
from service.config import Settings
from service.records import Subscription
from service.store import Store
from service.worker import jobs
from tests import databases, papers
from tests.command_line import Litwatch
from tests.papers import NOW, Archive, paper
from tests.sent_digests import freeze_digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAB = Subscription("lab", ("stroma",), "file", "lab")
TODAY = NOW + timedelta(days=40)
GONE = f"its bytes were removed by retention on {TODAY:%Y-%m-%d}"


@pytest.fixture
def litwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Litwatch]:
    """A digest was sent forty days ago; bytes are kept for thirty."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        archive = Archive(Store(engine, lambda: TODAY))
        archive.take_in(paper(1))
        with archive.store.writing() as tx:
            tx.topics.save("stroma", "document", "Ida", "first", NOW)
            tx.subscriptions.sync([LAB], NOW)
        freeze_digest(archive, LAB, [1])
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE delivery SET state = 'sent'")
        settings = {
            "database": {"url": str(engine.url)},
            "log": {"level": "error"},
            "retention": {"rendered_days": 30},
        }
        yield Litwatch(settings, standing(TODAY))


def _told(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str) -> object:
    capsys.readouterr()
    assert litwatch("retention", "--json", *words) == 0
    return json.loads(capsys.readouterr().out)["rows"]


def test_a_dry_run_counts_and_a_run_removes(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _told(litwatch, capsys, "--dry-run") == {"rendered": 1}
    assert _told(litwatch, capsys, "--dry-run") == {"rendered": 1}
    assert _told(litwatch, capsys) == {"rendered": 1}
    assert _told(litwatch, capsys) == {"rendered": 0}


def test_it_is_told_in_words(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert litwatch("retention", "--dry-run") == 0
    assert "deliveries' bytes" in capsys.readouterr().out
    litwatch.settings["retention"] = {}
    assert litwatch("retention") == 0
    assert "Everything is kept" in capsys.readouterr().err


def test_a_replay_says_since_when_there_are_no_bytes(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert litwatch("retention") == 0
    assert litwatch("digest", "replay", "d1", "--out", str(tmp_path / "out")) == 1
    told = capsys.readouterr().err
    assert f"file lab 1/1: {GONE}; litwatch digest show renders it anew" in told
    assert not (tmp_path / "out").exists()
    assert litwatch("digest", "replay", "d1", "--check") == 1  # b"bytes" is what nothing renders to
    assert f"{GONE}; what renders it" in capsys.readouterr().err
    assert litwatch("digest", "replay", "d1", "--json") == 1
    (part,) = json.loads(capsys.readouterr().out)
    assert (part["removed"], part["bytes"]) == (GONE, 0)


def test_the_digest_itself_can_still_be_shown(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("retention") == 0
    assert litwatch("digest", "show", "d1") == 0
    assert "Stromal niche" in capsys.readouterr().out


def test_a_delivery_explains_that_its_bytes_are_gone(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("retention") == 0
    assert litwatch("deliveries", "explain", "d1-1") == 0
    told = capsys.readouterr().out
    assert "bytes      removed, sha256" in told
    assert GONE in " ".join(told.split())


@pytest.mark.parametrize("days", [1, 89, -1])
def test_mails_that_came_back_are_kept_as_long_as_they_count(litwatch: Litwatch, days: int) -> None:
    litwatch.settings["retention"] = {"bounce_days": days}
    with pytest.raises(ValueError, match="bounce_days"):
        litwatch("retention")


def test_the_worker_removes_by_itself(litwatch: Litwatch) -> None:
    app = bootstrap.build(Settings.model_validate(litwatch.settings), litwatch.clock)
    try:
        assert jobs.retain(app)
        with app.store.reading() as tx:
            assert tx.deliveries.get("d1-1").payload == b""
        with app.holding.held("retention"):  # another thread, or worker, is at it
            assert jobs.retain(app)
    finally:
        app.close()

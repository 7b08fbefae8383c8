"""The operator is told what needs a person, through the real configuration and commands."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from service.records import Subscription
from service.store import Store
from tests import databases
from tests.command_line import Litwatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)
LAB = Subscription("Lab", ("stroma",), "file", "lab", weekday=0, at="08:00", zone="UTC")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An archive with a weekly digest that nobody makes."""
    for engine in databases.migrated("sqlite", tmp_path):
        store = Store(engine)
        with store.writing() as tx:
            tx.subscriptions.sync([LAB], MONDAY - timedelta(days=30))
        yield store


def _litwatch(store: Store, tmp_path: Path, at: datetime, **operator: str) -> Litwatch:
    settings: dict[str, Any] = {
        "database": {"url": str(store.engine.url)},
        "file": {"folder": str(tmp_path / "sent")},
        "operator": operator,
        "log": {"level": "error"},
    }
    return Litwatch(settings, standing(at))


def _notices(tmp_path: Path) -> list[str]:
    files = sorted((tmp_path / "sent").glob("*.txt"), key=lambda file: file.stat().st_mtime_ns)
    return [file.read_text() for file in files]


def test_a_digest_that_is_late_is_told_once_and_so_is_its_end(store: Store, tmp_path: Path) -> None:
    late = MONDAY + timedelta(hours=4)
    for _ in range(2):
        litwatch = _litwatch(store, tmp_path, late, channel="file", destination="ops")
        assert litwatch("alarms", "check") == 0
    (told,) = _notices(tmp_path)
    assert "digest of Lab was due 2026-11-16 08:00 (UTC) and is not made" in told
    assert "litwatch run" in told
    with store.writing() as tx:
        tx.subscriptions.sync([], late)
    litwatch = _litwatch(
        store, tmp_path, late + timedelta(hours=1), channel="file", destination="ops"
    )
    assert litwatch("alarms", "check") == 0
    assert "Over: digest of Lab" in _notices(tmp_path)[1]
    assert len(_notices(tmp_path)) == 2


def test_without_an_operator_the_alarm_is_in_the_status(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch = _litwatch(store, tmp_path, MONDAY + timedelta(hours=4))
    assert litwatch("alarms", "check") == 0
    capsys.readouterr()
    assert litwatch("status", "--json") == 0
    alarms = json.loads(capsys.readouterr().out)["alarms"]
    assert "digest-late:Lab" in {each["alarm"]["key"] for each in alarms}
    assert litwatch("alarms") == 0
    assert "digest of Lab" in capsys.readouterr().out
    assert litwatch("alarms", "test") == 3  # there is nobody to test it on


def test_a_test_notice_arrives(store: Store, tmp_path: Path) -> None:
    litwatch = _litwatch(store, tmp_path, MONDAY, channel="file", destination="ops")
    assert litwatch("alarms", "test") == 0
    assert "This is a test" in _notices(tmp_path)[0]


def test_a_channel_that_is_not_configured_is_named(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch = _litwatch(store, tmp_path, MONDAY, channel="slack", destination="C012345")
    assert litwatch("alarms", "test") == 3
    assert "operator.channel: is slack, which is not configured" in capsys.readouterr().err

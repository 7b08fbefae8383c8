"""`litwatch backup`, `restore` and `db copy`: what comes back is what was kept, and sends nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from service.records import DeliveryState, RenderedPart, Subscription
from service.store import Store, migrations
from service.store import engine as engines
from tests import databases
from tests.command_line import Litwatch
from tests.factories import digest_content
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

WEEKLY = Subscription("weekly", ("stroma",), "slack", "C1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An archive with a digest that is about to be sent."""
    for engine in databases.migrated("sqlite", tmp_path):
        store = Store(engine)
        content = replace(
            digest_content(digest_id="aaa", period="UTC:2026-W45"),
            subscription="weekly",
            sections=(),
        )
        part = RenderedPart("aaa1-long-id", 1, 1, b"bytes")
        with store.writing() as tx:
            tx.subscriptions.sync([WEEKLY], NOW)
            tx.digests.freeze(content, WEEKLY, [part], revision=1, window=(0, 0), now=NOW)
        yield store


@pytest.fixture
def litwatch(store: Store) -> Litwatch:
    return _over(store.engine)


def _over(engine: Engine, **more: Any) -> Litwatch:
    url = engine.url.render_as_string(hide_password=False)
    return Litwatch({"database": {"url": url}, "log": {"level": "error"}} | more, standing(NOW))


def _at(file: Path) -> Litwatch:
    engine = engines.create(f"sqlite:///{file}")
    engine.dispose()
    return _over(engine)


def _state(file: Path) -> DeliveryState:
    engine = engines.create(f"sqlite:///{file}")
    with Store(engine).reading() as tx:
        found = tx.deliveries.get("aaa1-long-id").state
    engine.dispose()
    return found


def test_a_backup_is_told_table_by_table(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("backup", str(tmp_path / "kept.db"), "--json") == 0
    rows = {each["table"]: each["rows"] for each in json.loads(capsys.readouterr().out)}
    assert (rows["digest"], rows["delivery"]) == (1, 1)
    assert not list(tmp_path.glob("*.part*"))


def test_what_was_not_sent_at_the_backup_waits_for_a_person_when_restored(
    litwatch: Litwatch, tmp_path: Path
) -> None:
    kept, restored = tmp_path / "kept.db", tmp_path / "restored.db"
    assert litwatch("backup", str(kept)) == 0
    assert _at(restored)("restore", str(kept)) == 0
    assert _state(restored) is DeliveryState.UNKNOWN
    assert _state(kept) is DeliveryState.READY  # the backup stays as it was


def test_a_backup_of_an_older_version_is_brought_up_to_date(
    store: Store, litwatch: Litwatch, tmp_path: Path
) -> None:
    kept, restored = tmp_path / "kept.db", tmp_path / "restored.db"
    assert litwatch("backup", str(kept)) == 0
    older = engines.create(f"sqlite:///{kept}")
    migrations.downgrade(older, "0007")
    older.dispose()
    assert _at(restored)("restore", str(kept)) == 0
    assert _state(restored) is DeliveryState.UNKNOWN


def test_a_copy_is_as_the_archive_is(litwatch: Litwatch, tmp_path: Path) -> None:
    moved = tmp_path / "moved.db"
    assert litwatch("db", "copy", f"sqlite:///{moved}") == 0
    assert _state(moved) is DeliveryState.READY


def test_an_archive_on_postgresql_is_kept_in_a_file(store: Store, tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    for engine in databases.migrated("postgresql", tmp_path):
        with Store(engine).writing() as tx:
            tx.subscriptions.sync([WEEKLY], NOW)
        assert _over(engine)("backup", str(kept)) == 0
    restored = tmp_path / "restored.db"
    assert _at(restored)("restore", str(kept)) == 0


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("backup", "{here}/litwatch.db"), "exists already"),
        (("restore", "nowhere.db"), "is not there"),
        (("restore", "text.db"), "is no archive"),
        (("restore", "empty.db"), "is no archive"),
        (("db", "copy", "sqlite:///{here}/litwatch.db"), "is the archive itself"),
        (("db", "copy", "mysql://x/y"), "not supported"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    litwatch: Litwatch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.db").write_text("no archive")
    Path("empty.db").touch()
    before = sorted(each.name for each in tmp_path.iterdir())
    assert litwatch(*(part.format(here=tmp_path) for part in command)) != 0
    assert told in capsys.readouterr().err
    after = {each.name for each in tmp_path.iterdir()}
    assert {name for name in after - set(before) if not name.endswith(("-wal", "-shm"))} == set()

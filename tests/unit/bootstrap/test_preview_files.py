"""What previews are made on, beside the database: kept, good for a day, never trusted blindly."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from service.bootstrap import preview_files
from service.bootstrap.preview_files import GOOD_FOR, PreviewFiles
from service.previews.pool import Pool, Span
from service.ranking.features import read_pool
from service.records import EncoderInfo
from tests.abstracts import NEUTROPHILS, at_large, embedded, works

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ENCODER = EncoderInfo("fake", "r1", "t1", 256, "bfloat16")
TEXTS = {"stroma": np.ones((2, 256), np.float32), "niche é": np.zeros((1, 256), np.float32)}


@pytest.fixture
def files(tmp_path: Path) -> PreviewFiles:
    return PreviewFiles(tmp_path / "a.previews", lambda: replace(ENCODER, precision="float32"))


def pool(**changes: Any) -> Pool:
    values: dict[str, Any] = {
        "span": Span(3, 99),
        "weeks": 2.5,
        "asked": 8,
        "features": read_pool(embedded(works(*NEUTROPHILS)), embedded(at_large(20))),
        "encoder": ENCODER,
        "made": NOW,
        "born": NOW - timedelta(days=3, microseconds=7),
    }
    return Pool(**(values | changes))


def names(files: PreviewFiles) -> list[str]:
    return sorted(each.name for each in files.folder.iterdir())


def test_nothing_is_held_at_first(files: PreviewFiles) -> None:
    assert files.pool(NOW) is None
    assert files.texts(ENCODER) == {}


def test_a_pool_comes_back(files: PreviewFiles) -> None:
    kept = pool()
    files.keep(kept)
    found = files.pool(NOW)
    assert found is not None
    assert replace(found, features=kept.features) == kept
    assert [work.title for work in found.candidates] == [work.title for work in kept.candidates]
    assert names(files) == ["pool.npz"]


def test_a_later_pool_takes_the_place_of_the_one_before(files: PreviewFiles) -> None:
    files.keep(pool())
    files.keep(pool(span=Span(4, 120), born=None))
    found = files.pool(NOW)
    assert found is not None
    assert (found.span, found.born) == (Span(4, 120), None)
    assert names(files) == ["pool.npz"]


@pytest.mark.parametrize(
    ("later", "good"),
    [(GOOD_FOR, True), (GOOD_FOR + timedelta(seconds=1), False), (timedelta(seconds=-1), False)],
)
def test_a_pool_is_good_for_a_day(files: PreviewFiles, later: timedelta, good: bool) -> None:
    files.keep(pool())
    assert (files.pool(NOW + later) is not None) is good


@pytest.mark.parametrize("what", ["name", "revision", "text_version"])
def test_a_pool_of_another_encoder_is_none(tmp_path: Path, what: str) -> None:
    other = replace(ENCODER, **{what: "another"})
    PreviewFiles(tmp_path, lambda: ENCODER).keep(pool())
    assert PreviewFiles(tmp_path, lambda: other).pool(NOW) is None


def test_a_pool_of_another_version_is_none(
    files: PreviewFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.keep(pool())
    files.keep_texts(ENCODER, TEXTS)
    monkeypatch.setattr(preview_files, "__version__", "99")
    assert files.pool(NOW) is None
    assert files.texts(ENCODER) == {}


def test_a_pool_without_an_encoder_is_not_kept(files: PreviewFiles) -> None:
    files.keep(pool(encoder=None, missing="the model is away"))
    assert files.pool(NOW) is None


@pytest.mark.parametrize("damage", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_damaged_file_counts_as_none(files: PreviewFiles, damage: bytes) -> None:
    files.keep(pool())
    files.keep_texts(ENCODER, TEXTS)
    for name in names(files):
        (files.folder / name).write_bytes(damage)
    assert files.pool(NOW) is None
    assert files.texts(ENCODER) == {}


def test_half_a_file_counts_as_none(files: PreviewFiles) -> None:
    files.keep(pool())
    file = files.folder / "pool.npz"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert files.pool(NOW) is None


def test_a_file_that_would_run_code_is_never_unpickled(files: PreviewFiles) -> None:
    files.folder.mkdir()
    with (files.folder / "pool.npz").open("wb") as file:
        np.savez(file, about=np.array([{"version": "0"}], dtype=object))
    assert files.pool(NOW) is None


def test_texts_come_back_as_they_were(files: PreviewFiles) -> None:
    files.keep_texts(ENCODER, TEXTS)
    found = files.texts(ENCODER)
    assert list(found) == list(TEXTS)
    assert all(np.array_equal(found[text], rows) for text, rows in TEXTS.items())


def test_no_texts_come_back_as_none(files: PreviewFiles) -> None:
    files.keep_texts(ENCODER, {})
    assert files.texts(ENCODER) == {}


def test_texts_of_another_precision_are_none(files: PreviewFiles) -> None:
    files.keep_texts(ENCODER, TEXTS)
    assert files.texts(replace(ENCODER, precision="float32")) == {}


def test_a_folder_that_cannot_be_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    files = PreviewFiles(tmp_path / "file", lambda: ENCODER)
    files.keep(pool())
    files.keep_texts(ENCODER, TEXTS)
    assert files.pool(NOW) is None
    assert "could not be kept" in caplog.text


def test_what_could_not_be_replaced_leaves_nothing_behind(
    files: PreviewFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_told: Any) -> None:
        raise OSError("no room")

    files.keep_texts(ENCODER, TEXTS)
    monkeypatch.setattr(os, "replace", fails)
    files.keep(pool())
    assert names(files) == ["texts.npz"]


def test_what_a_killed_process_left_behind_is_cleared_away(files: PreviewFiles) -> None:
    files.keep_texts(ENCODER, TEXTS)
    for name, age in (("pool.npz.old", 4000), ("pool.npz.under-way", 60)):
        left = files.folder / name
        left.write_bytes(b"half")
        written = left.stat().st_mtime - age
        os.utime(left, (written, written))
    files.keep(pool())
    assert names(files) == ["pool.npz", "pool.npz.under-way", "texts.npz"]

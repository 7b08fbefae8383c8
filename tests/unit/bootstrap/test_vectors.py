"""Vectors kept on disk: the same vectors, once; never those of other texts or another model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.bootstrap.vectors import KeptEncoder
from service.errors import InputError
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from pathlib import Path

    from service.records import EncoderInfo

TEXTS = ["heron nest", "a text of five words", ""]


class Renamed(FakeEncoder):
    def info(self) -> EncoderInfo:
        return replace(super().info(), revision="1" * 16)


def test_the_second_time_nothing_is_embedded_and_nothing_differs(tmp_path: Path) -> None:
    inner = FakeEncoder(window=2)
    first = KeptEncoder(inner, tmp_path / "new" / "folder").encode(TEXTS)
    again = KeptEncoder(inner, tmp_path / "new" / "folder").encode(TEXTS)
    assert inner.calls == 1
    assert [each.shape for each in again] == [(1, 64), (3, 64), (1, 64)]
    for one, other in zip(first, again, strict=True):
        assert one.dtype == other.dtype == np.float32
        assert (one == other).all()


@pytest.mark.parametrize(
    "texts", [TEXTS[:2], TEXTS[::-1], ["heron", "nesta text of five words", ""], [*TEXTS, "x"]]
)
def test_other_texts_are_embedded(tmp_path: Path, texts: list[str]) -> None:
    inner = FakeEncoder()
    KeptEncoder(inner, tmp_path).encode(TEXTS)
    assert len(KeptEncoder(inner, tmp_path).encode(texts)) == len(texts)
    assert inner.calls == 2


def test_another_model_has_vectors_of_its_own(tmp_path: Path) -> None:
    KeptEncoder(FakeEncoder(), tmp_path).encode(TEXTS)
    other = Renamed()
    KeptEncoder(other, tmp_path).encode(TEXTS)
    assert other.calls == 1
    assert KeptEncoder(other, tmp_path).info() == other.info()


@pytest.mark.parametrize("damage", [b"", b"not a zip", b"PK\x03\x04 cut"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    inner = FakeEncoder()
    KeptEncoder(inner, tmp_path).encode(TEXTS)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    KeptEncoder(inner, tmp_path).encode(TEXTS)
    assert inner.calls == 2
    KeptEncoder(inner, tmp_path).encode(TEXTS)
    assert inner.calls == 2
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_cut_short_is_made_again(tmp_path: Path) -> None:
    inner = FakeEncoder()
    KeptEncoder(inner, tmp_path).encode(TEXTS)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-100])
    KeptEncoder(inner, tmp_path).encode(TEXTS)
    assert inner.calls == 2


def test_progress_is_told_whether_embedded_or_read(tmp_path: Path) -> None:
    seen: list[int] = []
    for _ in range(2):
        KeptEncoder(FakeEncoder(), tmp_path).encode(TEXTS, seen.append)
    assert seen == [1, 1, 1, 3]


def test_no_texts_leave_no_file(tmp_path: Path) -> None:
    assert KeptEncoder(FakeEncoder(), tmp_path).encode([]) == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="another folder") as caught:
        KeptEncoder(FakeEncoder(), tmp_path / "file" / "cache").encode(TEXTS)
    assert str(tmp_path / "file") in caught.value.thing

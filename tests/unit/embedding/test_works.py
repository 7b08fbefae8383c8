from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.embedding.text import text_of
from service.embedding.works import work_vectors
from service.errors import EncoderError
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

WORKS = (
    ("Neutrophils in tumors", "They wander. They cast nets of chromatin into the vessels."),
    ("A title alone", ""),
    ("", "An abstract alone, of a few words."),
    ("", ""),
)


def alone(text: str, window: int = 200) -> NDArray[float32]:
    return FakeEncoder(window=window).encode([text])[0]


def test_the_title_comes_first_and_the_whole_text_after_it() -> None:
    found = work_vectors(WORKS[:1], FakeEncoder(window=5).encode)[0]
    title, abstract = WORKS[0]
    assert found[:1] == pytest.approx(alone(title, 5))
    assert found[1:] == pytest.approx(alone(text_of(title, abstract), 5))
    assert len(found) == 1 + 3


@pytest.mark.parametrize("work", WORKS[1:3])
def test_a_work_of_one_part_has_that_part_twice(work: tuple[str, str]) -> None:
    found = work_vectors([work], FakeEncoder().encode)[0]
    assert found.shape == (2, 64)
    assert found[0].tolist() == found[1].tolist()
    assert found[0] == pytest.approx(alone(" ".join(work))[0])


def test_every_work_has_at_least_two_rows_of_unit_length_in_the_order_given() -> None:
    found = work_vectors(WORKS, FakeEncoder(window=4).encode)
    single = [work_vectors([each], FakeEncoder(window=4).encode)[0] for each in WORKS]
    assert [rows.tolist() for rows in found] == [rows.tolist() for rows in single]
    assert all(len(rows) >= 2 for rows in found)
    assert np.linalg.norm(np.concatenate(found), axis=1) == pytest.approx(1.0)


def test_progress_counts_each_work_once() -> None:
    told: list[int] = []
    work_vectors(WORKS, FakeEncoder().encode, told.append)
    assert sum(told) == len(WORKS)


def test_no_works_give_no_vectors() -> None:
    assert work_vectors([], FakeEncoder().encode) == []


def test_what_the_encoder_raises_is_raised() -> None:
    def broken(_texts: Sequence[str], _progress: Callable[[int], None]) -> list[NDArray[float32]]:
        raise EncoderError("model", "is gone")

    with pytest.raises(EncoderError, match="is gone"):
        work_vectors(WORKS, broken)

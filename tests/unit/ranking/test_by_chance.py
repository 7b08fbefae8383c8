from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.ranking.by_chance import TERMS, TITLES, above_titles, spread_of
from service.ranking.features import encoded
from service.ranking.words import counted, words
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32, float64
    from numpy.typing import NDArray

ENCODE = FakeEncoder(256).encode


def above(word: str, *texts: str) -> NDArray[float64]:
    vector = encoded([word], ENCODE)[0]
    return above_titles((encoded(texts, ENCODE) @ vector).astype(float), vector, ENCODE)


@pytest.mark.parametrize(("texts", "most"), [(TERMS, 0), (TITLES, 2)], ids=["terms", "titles"])
def test_no_two_texts_are_of_one_subject(texts: Sequence[str], most: int) -> None:
    told = [(text, set(counted(words(text)))) for text in texts]
    assert [(a, b) for (a, one), (b, two) in combinations(told, 2) if len(one & two) > most] == []


def test_the_spread_of_texts_is_that_of_each_pair_once() -> None:
    rows = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=np.float32)
    mean, deviation = spread_of(rows)
    assert mean == pytest.approx(np.mean([0.6, 0.0, 0.8]))
    assert deviation == pytest.approx(np.std([0.6, 0.0, 0.8]))


def test_texts_that_are_all_alike_still_have_a_spread() -> None:
    assert spread_of(np.ones((3, 1), dtype=np.float32))[1] > 0


def test_what_holds_the_word_is_nearer_than_by_chance_and_a_title_of_something_else_is_not() -> (
    None
):
    near = above("tumor", "Tumor growth in mice", "Herons nest late")
    assert near[0] > 3
    assert abs(near[1]) < 2.5


def test_a_text_is_as_near_whatever_stands_beside_it() -> None:
    text, crowd = "Tumor growth in mice", ["Tumor vessels", "Tumor cells", "Tumor stroma"]
    assert above("tumor", text, *crowd)[0] == pytest.approx(above("tumor", text)[0], abs=1e-5)


def test_a_word_to_which_everything_is_as_near_spreads_nothing_out() -> None:
    alike = np.array([0.3, 0.31, 0.29])
    vector = np.zeros(256, dtype=np.float32)
    found = above_titles(alike, vector, ENCODE)
    _, deviation = spread_of(encoded(TITLES, ENCODE))
    assert np.ptp(found) == pytest.approx(0.02 / deviation)


def test_an_encoder_to_which_all_texts_are_more_alike_tells_the_same() -> None:
    def alike(texts: Sequence[str]) -> list[NDArray[float32]]:
        """The same cosines, half as far apart and half nearer to one."""
        return [np.hstack([chunks, np.ones((len(chunks), 1))]) / 2**0.5 for chunks in ENCODE(texts)]

    vectors = {each: encoded(["tumor", "Tumor growth in mice"], each) for each in (ENCODE, alike)}
    plain, other = (
        above_titles((rows[1:] @ rows[0]).astype(float), rows[0], each)[0]
        for each, rows in vectors.items()
    )
    assert other == pytest.approx(plain, rel=1e-4)

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.errors import EncoderError
from service.ranking.features import (
    Weights,
    added,
    dense_rows,
    encoded,
    latent_rows,
    read_pool,
    unit,
)
from service.records import Candidate
from tests.abstracts import NEUTROPHILS, at_large, embedded, works
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32
    from numpy.typing import NDArray


def vectored(*rows: Sequence[float], work_id: int = 1) -> Candidate:
    return Candidate(work_id, "", "", np.array(rows, dtype=np.float32))


def test_a_dense_row_is_the_title_and_the_mean_of_the_text_in_equal_parts() -> None:
    rows, has = dense_rows([vectored([1, 0, 0], [0, 1, 0], [0, 0, 1])])
    middle = np.array([2**0.5, 1, 1]) / 2
    assert rows[0] == pytest.approx(middle / np.linalg.norm(middle))
    assert has.tolist() == [True]


def test_a_single_vector_is_both_title_and_text() -> None:
    assert dense_rows([vectored([0.6, 0.8])])[0][0] == pytest.approx([0.6, 0.8])


def test_works_without_vectors_are_noughts_among_others() -> None:
    rows, has = dense_rows([Candidate(1, "", ""), vectored([1, 0]), vectored(work_id=3)])
    assert has.tolist() == [False, True, False]
    assert rows.tolist() == [[0, 0], [1, 0], [0, 0]]


def test_without_any_vector_rows_have_no_columns() -> None:
    rows, has = dense_rows([Candidate(1, "", "")])
    assert rows.shape == (1, 0)
    assert has.tolist() == [False]


def test_vectors_of_two_encoders_do_not_meet() -> None:
    with pytest.raises(EncoderError, match=r"work 2: .* 3 numbers, others 2"):
        dense_rows([vectored([1, 0]), vectored([1, 0, 0], work_id=2)])
    with pytest.raises(EncoderError, match="embed the archive again"):
        dense_rows([vectored([1, 0])], 3)


def test_where_the_pool_has_no_vectors_those_of_others_are_not_looked_at() -> None:
    rows, has = dense_rows([vectored([1, 0])], 0)
    assert rows.shape == (1, 0)
    assert not has.any()
    pool = read_pool(works(*NEUTROPHILS), [])
    assert pool.place([vectored([1, 0])]).dense.shape == (1, 0)


def test_a_text_is_the_mean_of_its_chunks_made_unit() -> None:
    def encode(texts: Sequence[str]) -> list[NDArray[float32]]:
        return [np.array([[1, 0], [0, 1]], dtype=np.float32) for _ in texts]

    assert encoded(["a", "b"], encode)[1] == pytest.approx([0.5**0.5] * 2)
    with pytest.raises(EncoderError, match=r"topic: .* 2 numbers, others 7"):
        encoded(["a"], encode, 7)


def test_unit_leaves_nought_as_it_is() -> None:
    rows = unit(np.array([[3, 4], [0, 0]], dtype=np.float32))
    assert rows == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))
    assert unit(np.array([0, 5], dtype=np.float32)).tolist() == [0, 1]


def test_a_pool_is_the_candidates_and_behind_them_the_background() -> None:
    pool = read_pool(works(*NEUTROPHILS), at_large(20))
    assert pool.candidates == 3
    assert [each.work_id for each in pool.works] == [1, 2, 3, *range(1000, 1020)]
    assert pool.rows.words.shape == (23, pool.weighing.width)
    assert abs(pool.rows.columns - pool.rows.words).max() == 0
    assert pool.names == tuple(pool.seen.columns)
    assert len(pool.flats) == len(pool.writings) == 23


def test_rows_are_looked_up_by_the_words_that_they_hold() -> None:
    texts = [("", text) for text in ("Tumor neutrophils", "Tumor", "Neutrophils of a tumor")]
    pool = read_pool(works(*texts), [])
    for words, rows in (
        (["neutrophil"], [0, 2]),
        (["tumor", "neutrophil"], [0, 2]),
        (["of", "tumor"], [0, 1, 2]),
        (["heron"], []),
        (["tumor", "heron"], []),
    ):
        found = pool.holding(words)
        assert found is not None
        assert found.tolist() == rows
    assert pool.holding(["of", "a"]) is None
    twice = [
        ("", text) for text in ("Tumor neutrophils", "Tumor of neutrophils", "A tumor; neutrophil")
    ]
    near = read_pool(works(*twice, ("", "Neutrophils in a tumor"), ("Tumor", "Neutrophils")), [])
    for in_turn, rows in ((False, [0, 1, 2, 3, 4]), (True, [0, 1, 2])):
        found = near.holding(["tumor", "neutrophil"], in_turn=in_turn)
        assert found is not None
        assert found.tolist() == rows
    pool.place(works(("Heron", "")))  # a word met since then has no column
    later = pool.holding(["heron"])
    assert later is not None
    assert later.tolist() == []


def test_a_match_is_the_product_of_rows_and_weights() -> None:
    pool = read_pool(works(*NEUTROPHILS), at_large(20))
    last = pool.weighing.width - 1
    weights = added(np.array([2, 5, 11, last, 5]), np.array([1.0, -3.0, 0.5, 3.0, 1.0]))
    whole = weights.spread(pool.weighing.width)
    assert whole[[2, 5, 11, last]].tolist() == [1.0, -2.0, 0.5, 3.0]
    assert pool.rows.match(weights) == pytest.approx(pool.rows.words @ whole)
    assert pool.rows.chosen([4, 1]).match(weights) == pytest.approx(
        (pool.rows.words @ whole)[[4, 1]]
    )
    assert not pool.rows.match(Weights(weights.columns[:0], weights.numbers[:0])).any()


def test_rows_are_mixed_by_their_shares() -> None:
    pool = read_pool(works(*NEUTROPHILS), at_large(20))
    shares = np.zeros(len(pool.works))
    shares[[0, 7]] = 0.75, -0.5
    mixed, halves = pool.rows.mixed(shares), pool.rows.mixed(shares / 2)
    whole = shares @ pool.rows.words.toarray()
    assert mixed.spread(pool.weighing.width) == pytest.approx(whole)
    assert halves.plus(halves).numbers == pytest.approx(mixed.numbers)
    assert halves.plus(mixed, -0.5).numbers == pytest.approx(0.0)


def test_short_forms_that_a_paper_defines_are_read_in_full() -> None:
    pool = read_pool(works(*NEUTROPHILS), [])
    assert "blocking neutrophil extracellular trap formation with" in pool.flats[1]


def test_a_small_pool_has_no_latent_directions_and_a_large_one_thirty() -> None:
    small, large = read_pool([], at_large(99)), read_pool([], at_large(100))
    assert small.rows.latent.shape == (99, 0)
    assert large.rows.latent.shape == (100, 30)
    assert np.linalg.norm(large.rows.latent, axis=1) == pytest.approx(1.0, abs=1e-4)


def test_latent_rows_find_the_subject_without_a_word_in_common() -> None:
    # "hypertension" and "renin" are of one subject (number 1 of 15), "gait" of another.
    pool = read_pool([], at_large(600))
    asked = [("hypertension artery", ""), ("renin kidney salt diet", ""), ("gait cortex", "")]
    rows = pool.place(works(*asked))
    near = rows.latent @ rows.latent[0]
    assert near[1] > near[2] + 0.3
    assert (rows.words @ rows.words[0].T).toarray()[1, 0] == 0


def test_other_works_are_placed_as_those_of_the_pool_are() -> None:
    candidates = embedded(works(*NEUTROPHILS))
    pool = read_pool(candidates, embedded(at_large(120)))
    # As the pool has them, in other words, and unknown.
    renumbered = [replace(each, work_id=-at) for at, each in enumerate(candidates, 1)]
    swapped = [replace(each, work_id=pool.works[9].work_id) for each in candidates]
    for others in (candidates, renumbered, swapped, [candidates[0], *renumbered[1:]]):
        placed = pool.place(others)
        assert abs(placed.words - pool.rows.words[:3]).max() == 0
        assert placed.latent == pytest.approx(pool.rows.latent[:3], abs=1e-6)
        assert placed.dense.tolist() == pool.rows.dense[:3].tolist()
        assert placed.designs.tolist() == pool.rows.designs[:3].tolist()


def test_what_the_pool_knows_without_vectors_is_placed_with_its_own() -> None:
    candidates = embedded(works(*NEUTROPHILS))
    pool = read_pool([replace(candidates[0], vectors=None), candidates[1]], [])
    placed = pool.place([candidates[0], replace(candidates[1], vectors=None)])
    assert placed.has.tolist() == [True, False]
    assert placed.dense[0].any()


def test_nothing_is_placed_as_nothing() -> None:
    pool = read_pool(embedded(works(*NEUTROPHILS)), [])
    rows = pool.place([])
    assert rows.words.shape[0] == len(rows.latent) == len(rows.dense) == len(rows.has) == 0


@pytest.mark.parametrize("texts", [[("", "")], [("the", "of and")], [("", "")] * 120])
def test_a_pool_without_words_is_a_pool(texts: list[tuple[str, str]]) -> None:
    pool = read_pool(works(*texts), [])
    assert pool.rows.words.shape[0] == len(texts)
    assert pool.rows.words.nnz == 0
    assert not pool.rows.latent.any()


def test_reading_a_pool_twice_gives_the_same_numbers() -> None:
    one, other = (read_pool(embedded(works(*NEUTROPHILS)), at_large(150)) for _ in range(2))
    assert one.rows.latent.tolist() == other.rows.latent.tolist()
    assert abs(one.rows.words - other.rows.words).max() == 0
    assert latent_rows(one.rows.words, one.directions).tolist() == one.rows.latent.tolist()


def test_vectors_of_the_query_encoder_have_the_length_that_it_says() -> None:
    assert encoded(["tumor"], FakeEncoder(8).encode, 8).shape == (1, 8)

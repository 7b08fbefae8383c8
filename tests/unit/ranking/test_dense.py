from __future__ import annotations

import numpy as np
import pytest

from service.errors import EncoderError
from service.ranking.dense import facet_matrix, gather, nearness, with_terms
from service.records import Candidate


def work(number: int, *rows: list[float]) -> Candidate:
    return Candidate(number, "t", "a", np.array(rows, dtype=np.float32) if rows else None)


FACETS = np.eye(3, dtype=np.float32)


def test_the_nearest_chunk_counts_for_each_facet() -> None:
    near = nearness([work(1, [1, 0, 0], [0, 1, 0]), work(2, [0, 0, 1])], FACETS)
    assert near.tolist() == [[1, 1, 0], [0, 0, 1]]


def test_a_work_without_vectors_has_no_nearness_and_disturbs_no_other() -> None:
    near = nearness([work(1), work(2, [0, 1, 0])], FACETS)
    assert np.isnan(near[0]).all()
    assert near[1].tolist() == [0, 1, 0]
    assert np.isnan(gather(near, [1.0, 1.0, 1.0])).tolist() == [True, False]


def test_vectors_of_another_encoder_are_refused() -> None:
    with pytest.raises(EncoderError, match="2 numbers, those of the topic 3"):
        nearness([work(7, [1, 0])], FACETS)


def test_a_facet_of_several_chunks_is_one_unit_row() -> None:
    rows = facet_matrix([np.array([[1, 0], [0, 1]], dtype=np.float32)])
    assert rows.shape == (1, 2)
    assert np.linalg.norm(rows) == pytest.approx(1.0)


def test_one_near_facet_beats_the_same_sum_spread_over_all() -> None:
    one, spread = gather(np.array([[0.9, 0.0, 0.0], [0.3, 0.3, 0.3]], np.float32), [1.0, 1.0, 1.0])
    assert one > spread


def test_a_heavier_facet_pulls_more() -> None:
    heavy, light = gather(np.array([[0.5, 0.0], [0.0, 0.5]], np.float32), [1.0, 0.6])
    assert heavy > light


def test_evidence_against_takes_off() -> None:
    free, tainted = gather(np.array([[0.5, 0.0], [0.5, 0.8]], np.float32), [1.0, -1.0])
    assert tainted < free


def test_included_terms_join_and_their_absence_changes_nothing() -> None:
    facets = np.array([0.2, 0.2])
    terms = np.array([[0.9, 0.9, 0.9, 0.0], [0.1, 0.1, 0.1, 0.1]], np.float32)
    near, far = with_terms(facets, terms)
    assert near > far
    assert with_terms(facets, terms[:, :0]) is facets

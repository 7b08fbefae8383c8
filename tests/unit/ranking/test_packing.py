"""A pool as arrays and back: nothing is lost, and it ranks alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ranking.features import read_pool
from service.ranking.packing import pack, pack_texts, unpack, unpack_texts
from service.records import Candidate, Evidence
from tests.abstracts import NEUTROPHILS, RANKER, at_large, embedded, topic, works
from tests.fakes_encoder import FakeEncoder

MADE = [
    *works(*NEUTROPHILS),
    Candidate(90, "Two\nlines of α-SMA \ud800", "Tumor-associated neutrophils (TANs), TANs."),
    Candidate(91, "", ""),
]
BOTH = pytest.mark.parametrize("dense", [True, False], ids=["vectors", "words"])


@given(st.lists(st.text()))
def test_texts_come_back(texts: list[str]) -> None:
    assert unpack_texts("x", pack_texts("x", texts)) == texts


@BOTH
def test_a_pool_comes_back_without_the_vectors_of_its_works(dense: bool) -> None:
    lists = (MADE, at_large(120))
    pool = read_pool(*(map(embedded, lists) if dense else lists))
    back = unpack(pack(pool))
    assert back.works == tuple(replace(work, vectors=None) for work in pool.works)
    for name in ("candidates", "writings", "flats", "names"):
        assert getattr(back, name) == getattr(pool, name)
    assert back.seen.columns == pool.seen.columns
    for name in ("rare", "pairs", "pair_rare", "strength"):
        assert np.array_equal(getattr(back.weighing, name), getattr(pool.weighing, name))
    assert (back.rows.words != pool.rows.words).nnz == 0
    assert (back.rows.columns != pool.rows.columns).nnz == 0
    for name in ("latent", "dense", "has"):
        assert np.array_equal(getattr(back.rows, name), getattr(pool.rows, name))


@BOTH
def test_a_pool_that_came_back_ranks_alike(dense: bool) -> None:
    lists = (MADE, at_large(120))
    pool = read_pool(*(map(embedded, lists) if dense else lists))
    told = [Evidence(embedded(works(NEUTROPHILS[1], first=-1))[0], 1.0, "reference")]
    encode = FakeEncoder(256).encode if dense else None
    ranked = [
        RANKER.rank_pool([topic()], each, encode, {"neutrophils": told})
        for each in (pool, unpack(pack(pool)))
    ]
    assert ranked[0] == ranked[1]


def test_other_arrays_are_refused() -> None:
    with pytest.raises(KeyError):
        unpack({})
    arrays = pack(read_pool(MADE, []))
    with pytest.raises(ValueError, match="zip"):
        unpack({**arrays, **pack_texts("longs", ["one too many"] * 9)})

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.records import EncoderInfo
from tests.papers import Archive, paper

if TYPE_CHECKING:
    from service.store import Unit

INFO = EncoderInfo("mini", "r1", "title-abstract-1", 4, "float32")
ROWS = np.array([[1, 0, 0, 0], [0, 0.6, 0.8, 0]], dtype=np.float32)


def _save(tx: Unit, encoder_id: int, count: int = 9) -> None:
    waiting = tx.embeddings.missing(encoder_id, count)
    tx.embeddings.save(encoder_id, [(work[0], work[3], ROWS) for work in waiting])


def test_vectors_come_back_as_they_were_saved(archive: Archive) -> None:
    archive.take_in(paper(1), paper(2))
    with archive.store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(INFO)
        assert tx.embeddings.waiting(encoder_id) == 2
        _save(tx, encoder_id, 1)
    with archive.store.reading() as tx:
        found = tx.embeddings.load(encoder_id, [1, 2])
        assert tx.embeddings.waiting(encoder_id) == 1
        assert [work[0] for work in tx.embeddings.missing(encoder_id, 9)] == [2]
        assert tx.embeddings.missing(encoder_id, 9, after=2) == []
    assert found.keys() == {1}
    assert found[1].dtype == np.float32
    np.testing.assert_allclose(found[1], ROWS, atol=1e-3)


def test_saving_nothing_is_allowed(archive: Archive) -> None:
    with archive.store.writing() as tx:
        tx.embeddings.save(tx.embeddings.encoder_id(INFO), [])


def test_an_encoder_keeps_its_number(archive: Archive) -> None:
    with archive.store.writing() as tx:
        assert tx.embeddings.find(INFO) is None
        number = tx.embeddings.encoder_id(INFO)
        assert tx.embeddings.encoder_id(INFO) == number == tx.embeddings.find(INFO)


@pytest.mark.parametrize(
    "change", [{"revision": "r2"}, {"text_version": "2"}, {"precision": "bfloat16"}], ids=str
)
def test_vectors_of_another_encoder_are_never_given(
    archive: Archive, change: dict[str, str]
) -> None:
    archive.take_in(paper(1))
    with archive.store.writing() as tx:
        _save(tx, tx.embeddings.encoder_id(INFO))
        other = tx.embeddings.encoder_id(replace(INFO, **change))  # type: ignore[arg-type]
        assert tx.embeddings.load(other, [1]) == {}
        assert tx.embeddings.waiting(other) == 1


def test_a_vector_of_an_older_text_is_stale_until_it_is_replaced(archive: Archive) -> None:
    archive.take_in(paper(1))
    with archive.store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(INFO)
        _save(tx, encoder_id)
    archive.take_in(paper(1, abstract="Rewritten."))
    with archive.store.writing() as tx:
        assert tx.embeddings.load(encoder_id, [1]) == {}
        assert tx.embeddings.waiting(encoder_id) == 1
        _save(tx, encoder_id)
        assert tx.embeddings.load(encoder_id, [1]).keys() == {1}


def test_works_that_are_gone_are_not_embedded(archive: Archive) -> None:
    archive.take_in(paper(1), paper(2))
    archive.delete("pubmed", "40000001")
    with archive.store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(INFO)
        assert [work[0] for work in tx.embeddings.missing(encoder_id, 9)] == [2]

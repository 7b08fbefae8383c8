from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.errors import StoreError
from service.records import EncoderInfo, Identifiers, Reference
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.store import Store
    from service.store.references import HeldReferences

SEED = "doi:10.5555/review.1"
ONE = Reference("Niches", Identifiers("10.5555/a", "11", "PMC1", "2601.00001"), "Hidden.", 2024)
TWO = Reference("Traps")
ENCODER = EncoderInfo("fake", "1", "t1", 3, "float32")
HASHES = [bytes([number]) * 32 for number in range(3)]


def keep(
    store: Store, references: Sequence[Reference], seed: str = SEED, days: int = 0
) -> HeldReferences:
    with store.writing() as tx:
        tx.references.save(
            seed,
            references,
            source="PMC full text",
            stated=7,
            notes=("a note",),
            now=NOW + timedelta(days=days),
        )
    with store.reading() as tx:
        return tx.references.of([seed])[seed]


def test_a_list_is_read_as_it_was_kept(store: Store) -> None:
    held = keep(store, [TWO, ONE])
    assert held.references == (TWO, ONE)
    assert (held.seed, held.source, held.stated) == (SEED, "PMC full text", 7)
    assert (held.notes, held.fetched_at, held.with_abstract) == (("a note",), NOW, 1)


def test_a_list_that_comes_again_takes_the_place_of_the_old_one(store: Store) -> None:
    keep(store, [ONE, TWO, Reference("Gone")])
    other = keep(store, [TWO], "pmid:5")
    again = keep(store, [TWO, ONE], days=3)
    assert (again.references, again.fetched_at) == ((TWO, ONE), NOW + timedelta(days=3))
    with store.reading() as tx:
        assert tx.references.of(["pmid:5"]) == {"pmid:5": other}, "another seed's list stays"


def test_lists_come_in_the_order_they_are_asked_for(store: Store) -> None:
    keep(store, [ONE], "b")
    keep(store, [], "a")
    with store.reading() as tx:
        found = tx.references.of(["none", "b", "a", "b"])
    assert list(found) == ["b", "a"]
    assert found["a"].references == ()


def test_hostile_text_can_be_kept(store: Store) -> None:
    held = keep(store, [Reference("a\x00b\ud800", abstract="'; DROP TABLE work; --")])
    assert held.references == (Reference("ab", abstract="'; DROP TABLE work; --"),)


def test_vectors_are_found_by_the_hash_of_their_text_and_their_encoder(store: Store) -> None:
    rows = np.array([[0.6, 0.8, 0.0], [0.0, 1.0, 0.0]], dtype=np.float32)
    with store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(ENCODER)
        other = tx.embeddings.encoder_id(EncoderInfo("other", "1", "t1", 3, "float32"))
        tx.references.save_vectors(encoder_id, {HASHES[0]: rows, HASHES[1]: rows[:1]})
        tx.references.save_vectors(encoder_id, {})
    with store.reading() as tx:
        found = tx.references.vectors(encoder_id, HASHES)
        assert tx.references.vectors(other, HASHES) == {}
    assert set(found) == set(HASHES[:2])
    assert found[HASHES[0]].dtype == np.float32
    np.testing.assert_allclose(found[HASHES[0]], rows, atol=0.001)


def test_vectors_that_are_kept_again_are_replaced(store: Store) -> None:
    with store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(ENCODER)
        for value in (0.0, 1.0):
            rows = np.full((1, 3), value, dtype=np.float32)
            tx.references.save_vectors(encoder_id, {HASHES[0]: rows})
        assert tx.references.vectors(encoder_id, HASHES[:1])[HASHES[0]].tolist() == [[1, 1, 1]]


def test_many_texts_can_be_asked_for_at_once(store: Store) -> None:
    hashes = [number.to_bytes(32, "big") for number in range(1200)]
    rows = np.ones((1, 3), dtype=np.float32)
    with store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(ENCODER)
        tx.references.save_vectors(encoder_id, dict.fromkeys(hashes, rows))
        assert len(tx.references.vectors(encoder_id, [*hashes, *hashes])) == 1200


def test_the_figure_of_a_version_that_was_measured_last_is_given(store: Store) -> None:
    with store.writing() as tx:
        assert tx.topics.save("stroma", "document", "Ida", "because", NOW) == 1
        for days, encoder, share in ((1, "", 0.5), (2, "minilm", 0.7), (0, "mpnet", 0.9)):
            at = NOW + timedelta(days=days)
            tx.references.save_fidelity("stroma", 1, encoder, {"share_found": share}, at)
    with store.reading() as tx:
        held = tx.references.fidelity("stroma", 1)
        assert tx.references.fidelity("stroma", 2) is None
    assert held is not None
    assert (held.encoder, held.figure) == ("minilm", {"share_found": 0.7})
    assert (held.slug, held.version, held.at) == ("stroma", 1, NOW + timedelta(days=2))


def test_measuring_again_replaces_the_figure(store: Store) -> None:
    with store.writing() as tx:
        tx.topics.save("stroma", "document", "Ida", "because", NOW)
        for share in (0.5, 0.6):
            tx.references.save_fidelity("stroma", 1, "minilm", {"share_found": share}, NOW)
        held = tx.references.fidelity("stroma", 1)
    assert held is not None
    assert held.figure == {"share_found": 0.6}


def test_a_version_that_does_not_exist_has_no_figure(store: Store) -> None:
    with pytest.raises(StoreError), store.writing() as tx:
        tx.references.save_fidelity("stroma", 9, "minilm", {}, NOW)

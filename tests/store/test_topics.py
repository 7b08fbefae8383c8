from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import TopicError
from tests.papers import NOW

if TYPE_CHECKING:
    from service.store import Store


def _save(store: Store, document: str, slug: str = "stroma", reason: str = "because") -> int:
    with store.writing() as tx:
        days = timedelta(days=len(tx.topics.history(slug)))
        return tx.topics.save(slug, document, "Ida", reason, NOW + days)


def test_each_change_is_a_version_and_the_last_is_in_force(store: Store) -> None:
    assert [_save(store, "one"), _save(store, "two")] == [1, 2]
    with store.reading() as tx:
        assert [v.document for v in tx.topics.history("stroma")] == ["two", "one"]
        version = tx.topics.get("stroma")
    assert (version.version, version.document, version.author) == (2, "two", "Ida")
    assert version.at == NOW + timedelta(days=1)


def test_the_same_document_again_changes_nothing(store: Store) -> None:
    _save(store, "one")
    assert _save(store, "one", reason="again") == 1
    with store.reading() as tx:
        assert len(tx.topics.history("stroma")) == 1


def test_going_back_to_an_older_document_is_a_new_version(store: Store) -> None:
    assert [_save(store, d) for d in ("one", "two", "one")] == [1, 2, 3]


def test_topics_are_listed_by_name_each_at_its_version(store: Store) -> None:
    _save(store, "s1")
    _save(store, "n1", "neutrophils")
    _save(store, "s2")
    with store.reading() as tx:
        assert [(v.slug, v.version) for v in tx.topics.current()] == [
            ("neutrophils", 1),
            ("stroma", 2),
        ]


def test_a_topic_that_does_not_exist_is_refused_with_those_that_do(store: Store) -> None:
    with store.reading() as tx, pytest.raises(TopicError, match="litwatch init"):
        tx.topics.get("stroma")
    _save(store, "n1", "neutrophils")
    with store.reading() as tx, pytest.raises(TopicError, match="there are: neutrophils"):
        tx.topics.get("stroma")

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import TopicError
from service.records.findings import CONFIGURATION
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


def test_an_undo_keeps_which_version_it_went_back_to(store: Store) -> None:
    for document in ("one", "two"):
        _save(store, document)
    with store.writing() as tx:
        assert tx.topics.save("stroma", "one", "Ida", "undo", NOW, restores=1) == 3
    with store.reading() as tx:
        assert [each.restores for each in tx.topics.history("stroma")] == [1, None, None]
        assert tx.topics.get("stroma").restores == 1


def test_a_topic_that_is_held_for_nothing_is_none(store: Store) -> None:
    """`hold` makes room for a new topic; without a version it is not one."""
    with store.writing() as tx:
        assert tx.topics.hold("stroma") == 0
    with store.reading() as tx:
        assert tx.topics.current() == []
        with pytest.raises(TopicError, match="does not exist"):
            tx.topics.get("stroma")
    assert _save(store, "one") == 1
    with store.writing() as tx:
        assert tx.topics.hold("stroma") == 1


@pytest.mark.parametrize("before", [0, 1])
def test_who_saves_at_once_makes_a_version_each(store: Store, before: int) -> None:
    """Four people change a topic (or begin it) at the same time: no change is lost."""
    for number in range(before):
        _save(store, f"before {number}")
    start = threading.Barrier(4)

    def save(name: str) -> int:
        start.wait()
        with store.writing() as tx:
            return tx.topics.save("stroma", f"by {name}", name, "because", NOW)

    with ThreadPoolExecutor(4) as pool:
        made = sorted(pool.map(save, "abcd"))
    assert made == [before + number for number in (1, 2, 3, 4)]
    with store.reading() as tx:
        assert tx.topics.get("stroma").version == before + 4
        authors = {each.author for each in tx.topics.history("stroma")}
    assert authors >= set("abcd")


# -- what the folder of documents brought ---------------------------------------------------------


def test_what_the_folder_brought_is_noted(store: Store) -> None:
    _save(store, "one")
    _save(store, "two")
    with store.writing() as tx:
        assert tx.topics.brought("stroma") is None, "Ida is no folder"
        tx.topics.bring("stroma", 1)
    with store.reading() as tx:
        found = tx.topics.brought("stroma")
        assert tx.topics.brought("neutrophils") is None
    assert found is not None
    assert (found.version, found.document) == (1, "one")


def test_where_it_is_not_noted_the_last_that_came_from_there_counts(store: Store) -> None:
    """So it is in an archive of a version before this was noted."""
    with store.writing() as tx:
        for document, author in (("one", CONFIGURATION), ("two", CONFIGURATION), ("three", "Ida")):
            tx.topics.save("stroma", document, author, "because", NOW)
    with store.reading() as tx:
        found = tx.topics.brought("stroma")
    assert found is not None
    assert found.document == "two"

"""Topics and subscriptions from files and settings into the archive."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import topics, tuning
from service.bootstrap import followed
from service.config import Settings
from service.errors import ConfigError, TopicError
from service.records.findings import CONFIGURATION, SavedSearch
from service.records.queries import Mode
from service.store import Store
from service.topics.documents import dump
from tests import databases
from tests.fakes import START

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.records import Topic

DOCUMENT = """
slug = "caf"
name = "Fibroblasts"
[[seeds]]
key = "own"
title = "Fibroblasts wall off tumours"
"""
LAB = {"name": "lab", "channel": "file", "destination": "digest"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    for engine in databases.migrated("sqlite", tmp_path):
        yield Store(engine)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "topics"
    made.mkdir()
    (made / "caf.toml").write_text(DOCUMENT, encoding="utf-8")
    return made


def settings(*entries: dict[str, Any]) -> Settings:
    return Settings.model_validate({"subscriptions": list(entries)})


def bring_up(store: Store, chosen: Settings, *documents: Topic) -> None:
    with store.writing() as tx:
        followed.bring_up(tx, chosen, documents, START)


def in_force(store: Store) -> dict[str, int]:
    with store.reading() as tx:
        return {topic.slug: topic.version for topic in followed.current(tx)}


# -- a folder of documents ------------------------------------------------------------------------


def test_a_folder_gives_one_topic_for_each_document(folder: Path) -> None:
    (folder / "b.toml").write_text(DOCUMENT.replace('"caf"', '"b"'), encoding="utf-8")
    (folder / "notes.md").write_text("no topic", encoding="utf-8")
    assert [topic.slug for topic in followed.topic_documents(folder)] == ["b", "caf"]


def test_a_seed_may_lie_in_a_file_beside_its_document(folder: Path) -> None:
    (folder / "review.md").write_text("# Stroma in motion\n\n## Abstract\n\nCells move.\n")
    (folder / "caf.toml").write_text(
        DOCUMENT + '[[seeds]]\nkey = "review"\nfile = "review.md"\n', encoding="utf-8"
    )
    [topic] = followed.topic_documents(folder)
    assert topic.seeds[1].abstract == "Cells move."


@pytest.mark.parametrize("name", [".", "not-there"])
def test_a_folder_without_documents_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(TopicError, match="holds no topic documents") as caught:
        followed.topic_documents(tmp_path / name)
    assert "topics.folder" in caught.value.thing
    assert "litwatch topics export" in caught.value.remedy


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'slug = "caf', "not TOML"),
        (b'slug = "caf"\nname = "x"\ncolour = "red"\n', "colour"),
        (b"\xff\xfe\x00", "cannot be read"),
        (DOCUMENT.encode() + b'[[seeds]]\nkey = "b"\nfile = "gone.md"\n', "gone.md"),
    ],
    ids=["syntax", "unknown-key", "not-text", "missing-seed"],
)
def test_a_broken_document_is_named(folder: Path, content: bytes, told: str) -> None:
    (folder / "bad.toml").write_bytes(content)
    with pytest.raises(TopicError) as caught:
        followed.topic_documents(folder)
    assert told in str(caught.value)
    assert str(folder) in str(caught.value), "a person must find the file"
    assert "\n" not in str(caught.value)


# -- into the archive -----------------------------------------------------------------------------


def test_an_empty_archive_gets_the_shipped_topics(store: Store) -> None:
    bring_up(store, settings())
    assert in_force(store) == {"neutrophils": 1, "stroma": 1}


def test_what_comes_out_of_the_archive_is_what_went_in(store: Store) -> None:
    bring_up(store, settings())
    with store.reading() as tx:
        stored = {topic.slug: topic for topic in followed.current(tx)}
    assert stored == {topic.slug: replace(topic, version=1) for topic in topics.shipped()}


def test_an_edited_topic_is_not_overwritten_by_the_shipped_one(store: Store) -> None:
    bring_up(store, settings())
    edited = replace(topics.shipped()[0], name="Our own words")
    with store.writing() as tx:
        assert followed.save_topic(tx, edited, "ana", "sharper", START) == 2
    bring_up(store, settings())
    assert in_force(store)[edited.slug] == 2


def story(store: Store) -> list[tuple[str, str]]:
    """Name and author of each version of the folder's topic, the oldest first."""
    with store.reading() as tx:
        rows = tx.topics.history("caf")[::-1]
    return [(tuning.topic_of(row).name, row.author) for row in rows]


def by_hand(store: Store, topic: Topic, name: str = "By hand") -> int:
    with store.writing() as tx:
        return followed.save_topic(tx, replace(topic, name=name), "ana", "why", START)


def test_with_documents_of_ones_own_the_shipped_ones_stay_out(store: Store, folder: Path) -> None:
    bring_up(store, settings(), *followed.topic_documents(folder))
    assert in_force(store) == {"caf": 1}


def test_what_people_change_stays_until_the_document_changes(
    store: Store, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Also what they change after every start, and what they undo."""
    documents = followed.topic_documents(folder)
    bring_up(store, settings(), *documents)
    for name in ("By hand", "Fibroblasts", "Again"):
        by_hand(store, documents[0], name)
        for _ in range(2):
            bring_up(store, settings(), *documents)
    assert story(store) == [
        ("Fibroblasts", CONFIGURATION), ("By hand", "ana"), ("Fibroblasts", "ana"), ("Again", "ana"),
    ]  # fmt: skip
    assert not caplog.records


def test_a_document_that_has_changed_is_put_on_top_and_what_it_covers_is_told(
    store: Store, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    [first] = followed.topic_documents(folder)
    bring_up(store, settings(), first)
    bring_up(store, settings(), replace(first, name="Reviewed"))
    assert not caplog.records, "nobody had changed it"
    by_hand(store, first)
    changed = replace(first, name="Reviewed again")
    for _ in range(2):
        bring_up(store, settings(), changed)
    assert story(store) == [
        ("Fibroblasts", CONFIGURATION),
        ("Reviewed", CONFIGURATION),
        ("By hand", "ana"),
        ("Reviewed again", CONFIGURATION),
    ]
    (warning,) = caplog.messages
    assert "has changed, and so had ana the topic" in warning
    assert "as version 4" in warning
    assert "litwatch topics diff caf 3 4" in warning
    assert "litwatch topics restore caf 3" in warning


def test_what_was_exported_into_the_folder_is_what_it_brought(
    store: Store, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Changed by hand, exported, reviewed, merged: no version, and the next edit stays too. Taking
    the document back in git is a change like others."""
    [first] = followed.topic_documents(folder)
    bring_up(store, settings(), first)
    by_hand(store, first, "Exported")
    exported = replace(first, name="Exported", version=2)
    bring_up(store, settings(), exported)
    assert in_force(store) == {"caf": 2}
    by_hand(store, first, "Later")
    bring_up(store, settings(), exported)
    assert in_force(store) == {"caf": 3}
    bring_up(store, settings(), first)
    assert [name for name, _ in story(store)] == ["Fibroblasts", "Exported", "Later", "Fibroblasts"]
    assert len(caplog.messages) == 1


def test_a_document_for_a_topic_that_people_made_is_told(
    store: Store, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    [topic] = followed.topic_documents(folder)
    by_hand(store, topic)
    bring_up(store, settings(), topic)
    assert story(store) == [("By hand", "ana"), ("Fibroblasts", CONFIGURATION)]
    assert "litwatch topics restore caf 1" in caplog.text


def test_a_brought_document_that_cannot_be_read_any_more_is_replaced(
    store: Store, folder: Path
) -> None:
    with store.writing() as tx:
        tx.topics.save("caf", "colour = 3", CONFIGURATION, "topic document", START)
    bring_up(store, settings(), *followed.topic_documents(folder))
    assert in_force(store) == {"caf": 2}


def test_a_document_that_did_not_change_makes_no_version(store: Store, folder: Path) -> None:
    documents = followed.topic_documents(folder)
    for _ in range(3):
        bring_up(store, settings(), *documents)
    assert in_force(store) == {"caf": 1}


def test_the_version_in_a_document_is_not_believed(store: Store, folder: Path) -> None:
    [topic] = followed.topic_documents(folder)
    bring_up(store, settings(), replace(topic, version=99))
    assert in_force(store) == {"caf": 1}
    bring_up(store, settings(), replace(topic, version=7))
    assert in_force(store) == {"caf": 1}


def test_a_stored_topic_that_asks_for_a_file_is_refused(store: Store) -> None:
    """`dump` writes seeds out; a document that names a file did not come through it."""
    text = DOCUMENT + '[[seeds]]\nkey = "b"\nfile = "/etc/hostname"\n'
    with store.writing() as tx:
        tx.topics.save("caf", text, "ana", "by hand", START)
    with store.reading() as tx, pytest.raises(TopicError, match="holds its seeds itself"):
        followed.current(tx)


def test_an_exported_topic_can_be_imported_anywhere(tmp_path: Path) -> None:
    for topic in topics.shipped():
        file = tmp_path / f"{topic.slug}.toml"
        file.write_text(dump(topic), encoding="utf-8")
    assert followed.topic_documents(tmp_path) == topics.shipped()


# -- subscriptions --------------------------------------------------------------------------------


def test_a_subscription_that_names_no_topic_follows_all(store: Store) -> None:
    bring_up(store, settings(LAB))
    with store.reading() as tx:
        [(subscription, created)] = tx.subscriptions.active()
    assert sorted(subscription.topics) == ["neutrophils", "stroma"]
    assert created == START


def test_a_topic_that_does_not_exist_is_refused_by_name(store: Store) -> None:
    bad = {**LAB, "name": "other", "topics": ["stroma", "strroma"]}
    with pytest.raises(ConfigError) as caught:
        bring_up(store, settings(LAB, bad))
    assert caught.value.thing == "subscriptions[1].topics (other)"
    assert caught.value.cause == "there is no topic 'strroma'"
    assert sorted(caught.value.remedy.removeprefix("there are: ").split(", ")) == [
        "neutrophils",
        "stroma",
    ]


def test_a_refused_configuration_changes_nothing(store: Store) -> None:
    with pytest.raises(ConfigError):
        bring_up(store, settings({**LAB, "topics": ["nope"]}))
    assert in_force(store) == {}
    with store.reading() as tx:
        assert list(tx.subscriptions.active()) == []


def test_a_subscription_that_left_the_configuration_is_sent_nothing(store: Store) -> None:
    bring_up(store, settings(LAB, {**LAB, "name": "other"}))
    bring_up(store, settings({**LAB, "name": "other"}))
    with store.reading() as tx:
        assert [each.name for each, _ in tx.subscriptions.active()] == ["other"]


# -- saved searches -------------------------------------------------------------------------------

NETS = {"name": "nets", "query": "title:NETs pdac", "mode": "lexical"}


def searching(*searches: dict[str, Any], **subscription: Any) -> Settings:
    """Settings with these searches, and with the subscription where there is anything of it."""
    entries = [{**LAB, **subscription}] if subscription else []
    return Settings.model_validate({"searches": searches, "subscriptions": entries})


def held(store: Store) -> list[SavedSearch]:
    with store.reading() as tx:
        return tx.searches.list()


def keep(store: Store, name: str, query: str = "nets") -> None:
    with store.writing() as tx:
        tx.searches.save(SavedSearch(name, query, Mode.HYBRID, "Ida", START))


def sent_to(store: Store) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with store.reading() as tx:
        [(subscription, _)] = tx.subscriptions.active()
    return subscription.topics, subscription.searches


def test_searches_of_the_configuration_are_kept_until_they_leave_it(store: Store) -> None:
    keep(store, "own")
    bring_up(store, searching(NETS, {**NETS, "name": "b"}))
    bring_up(store, searching(NETS))
    [nets, own] = held(store)
    assert (nets.name, nets.query, nets.mode) == ("nets", "title:NETs pdac", "lexical")
    assert (nets.configured, own.name, own.author) == (True, "own", "Ida")


def test_a_search_of_the_configuration_that_did_not_change_keeps_its_day(store: Store) -> None:
    later = START + timedelta(days=3)
    bring_up(store, searching(NETS))
    for query in (NETS["query"], "caf"):
        with store.writing() as tx:
            followed.bring_up(tx, searching({**NETS, "query": query}), (), later)
        [saved] = held(store)
        assert (saved.query, saved.at) == (query, later if query == "caf" else START)


def test_a_query_that_cannot_be_read_is_named_with_its_place(store: Store) -> None:
    with pytest.raises(ConfigError) as caught:
        bring_up(store, searching(NETS, {"name": "b", "query": "caf tittle:lung"}))
    assert caught.value.thing == "searches[1].query (b)"
    assert caught.value.cause == "has no field tittle:, at character 5"
    assert "did you mean title:?" in caught.value.remedy
    with pytest.raises(ConfigError, match="asks for nothing"):
        bring_up(store, searching({"name": "b", "query": "..."}))
    assert held(store) == []


def test_a_query_that_a_later_version_cannot_read_does_not_stop_the_worker(store: Store) -> None:
    old = {"name": "b", "query": "tittle:lung"}
    with store.writing() as tx:
        tx.searches.save(SavedSearch("b", old["query"], Mode.HYBRID, CONFIGURATION, START))
    bring_up(store, searching(old))
    assert [saved.name for saved in held(store)] == ["b"]


def test_the_configuration_takes_no_name_from_a_person(store: Store) -> None:
    keep(store, "nets", "caf")
    with pytest.raises(ConfigError, match=r"'nets' is a search that Ida has saved.*remove nets"):
        bring_up(store, searching(NETS))
    assert [saved.query for saved in held(store)] == ["caf"]


def test_with_searches_and_no_topics_there_are_searches_alone(store: Store) -> None:
    keep(store, "own")
    bring_up(store, searching(NETS, searches=["nets", "own"]))
    assert sent_to(store) == ((), ("nets", "own"))
    bring_up(store, searching(NETS, searches=["nets"], topics=["stroma"]))
    assert sent_to(store) == (("stroma",), ("nets",))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "there is no saved search 'own' (there are: nets; or add it: litwatch searches save"),
        ("nets like:12", "the saved search 'own' cannot be part of a digest: it asks for works"),
        ("as-of:2026-01-01 nets", "the saved search 'own' cannot be part of a digest: it asks for"),
    ],
)
def test_a_search_that_cannot_be_sent_is_refused(store: Store, query: str, told: str) -> None:
    if query:
        keep(store, "own", query)
    with pytest.raises(ConfigError) as caught:
        bring_up(store, searching(NETS, searches=["nets", "own"]))
    assert caught.value.thing == "subscriptions[0].searches (lab)"
    assert told in str(caught.value)


def test_a_search_that_goes_while_it_is_sent_does_not_stop_the_worker(store: Store) -> None:
    keep(store, "own")
    chosen = searching(searches=["own"])
    bring_up(store, chosen)
    with store.writing() as tx:
        tx.searches.remove("own")
    bring_up(store, chosen)
    assert sent_to(store) == ((), ("own",))
    with pytest.raises(ConfigError, match="there is no saved search 'own'"):
        bring_up(store, searching(name="new", searches=["own"]))

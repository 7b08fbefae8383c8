"""Versions of a topic: made, taken back, brought back and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import tuning
from service.bootstrap import followed
from service.errors import TopicChangedError, TopicError
from service.records import Seed, Topic
from service.records.findings import CONFIGURATION
from service.store import Store
from service.store.topics import TopicVersion
from service.topics import editing
from service.topics.differing import told
from tests import databases
from tests.papers import NOW, Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOPIC = Topic("stroma", "1", (Seed("a", "text", "Stroma"), Seed("b", "text", "Niches")))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    for engine in databases.migrated("sqlite", tmp_path):
        yield Archive(Store(engine))


def name(archive: Archive, text: str, *, author: str = "Ida", based_on: int | None = None) -> int:
    """Save the topic under another name, an hour later."""
    archive.now += timedelta(hours=1)
    topic = replace(TOPIC, name=text)
    return tuning.save(archive.parts, topic, author=author, reason="", based_on=based_on)


def names(archive: Archive) -> list[str]:
    """The names that the topic had, the oldest first."""
    found = tuning.versions(archive.parts, "stroma")[::-1]
    return [version.topic.name if version.topic else "?" for version in found]


def undo(archive: Archive) -> int:
    return tuning.undo(archive.parts, "stroma", author="Bo")


# -- saving ---------------------------------------------------------------------------------------


def test_every_change_is_a_version_with_author_time_and_reason(archive: Archive) -> None:
    assert [name(archive, "1"), name(archive, "2", author=" Bo  Ek ")] == [1, 2]
    second, first = tuning.versions(archive.parts, "stroma")
    assert (first.version, first.author, first.reason) == (1, "Ida", "created")
    assert (second.author, second.reason) == ("Bo Ek", "name: 1, now 2")
    assert (first.at, second.at) == (NOW + timedelta(hours=1), NOW + timedelta(hours=2))
    assert [told(each) for each in second.differences] == ["name: 1, now 2"]


def test_what_does_not_differ_makes_no_version(archive: Archive) -> None:
    assert [name(archive, "1"), name(archive, "1", author="Bo")] == [1, 1]
    changed = replace(TOPIC, version=7)
    assert tuning.save(archive.parts, changed, author="Bo", reason="why") == 1


def test_a_reason_that_was_given_is_kept_on_one_line(archive: Archive) -> None:
    tuning.save(archive.parts, TOPIC, author="Ida", reason=" for\nthe \x1b[2Jlab ")
    assert tuning.versions(archive.parts, "stroma")[0].reason == "for the [2Jlab"


def test_without_a_reason_the_first_difference_is_told_and_the_rest_counted(
    archive: Archive,
) -> None:
    name(archive, "1")
    topic = editing.including(replace(TOPIC, name="x" * 500), ["CAF", "TAN"])
    tuning.save(archive.parts, topic, author="Ida", reason="")
    reason = tuning.versions(archive.parts, "stroma")[0].reason
    assert reason.startswith("name: 1, now xxx")
    assert reason.endswith("…; and 2 more")
    assert len(reason) < 230


@pytest.mark.parametrize("author", ["", " \x00 ", CONFIGURATION])
def test_who_changes_a_topic_has_a_name_of_their_own(archive: Archive, author: str) -> None:
    with pytest.raises(TopicError, match="author"):
        name(archive, "1", author=author)


def test_a_change_of_what_is_no_longer_in_force_is_refused_with_who_was_faster(
    archive: Archive,
) -> None:
    name(archive, "1")
    assert name(archive, "2", author="Bo", based_on=1) == 2
    with pytest.raises(TopicChangedError) as caught:
        name(archive, "3", based_on=1)
    assert caught.value.cause == "was changed meanwhile: Bo made version 2 of it (name: 1, now 2)"
    assert "you began with version 1" in caught.value.remedy
    assert names(archive) == ["1", "2"]


def test_a_topic_that_is_to_be_new_replaces_none(archive: Archive) -> None:
    assert name(archive, "1", based_on=0) == 1
    with pytest.raises(TopicChangedError, match="exists already, at version 1 by Ida"):
        name(archive, "2", author="Bo", based_on=0)
    other = replace(TOPIC, slug="niches")
    with pytest.raises(TopicChangedError, match="does not exist any more"):
        tuning.save(archive.parts, other, author="Bo", reason="", based_on=3)
    with archive.store.reading() as tx:
        assert [each.slug for each in tx.topics.current()] == ["stroma"], "refused, nothing stays"


def test_what_could_not_be_read_again_is_not_stored(archive: Archive) -> None:
    with pytest.raises(TopicError, match="cutoff"):
        tuning.save(archive.parts, replace(TOPIC, cutoff=2.0), author="Ida", reason="")
    with archive.store.reading() as tx:
        assert tx.topics.current() == []


# -- undo and restore -----------------------------------------------------------------------------


def test_undo_goes_one_step_back_each_time(archive: Archive) -> None:
    for text in "123":
        name(archive, text)
    assert [undo(archive), undo(archive)] == [4, 5]
    assert names(archive) == ["1", "2", "3", "2", "1"]
    with pytest.raises(TopicError, match="nothing to undo"):
        undo(archive)
    newest, before, *_ = tuning.versions(archive.parts, "stroma")
    assert (newest.restores, before.restores) == (1, 2)
    assert (newest.reason, newest.author) == ("undo: back to version 1", "Bo")


def test_a_change_after_an_undo_is_undone_to_where_the_undo_had_led(archive: Archive) -> None:
    for text in "123":
        name(archive, text)
    undo(archive)
    name(archive, "4")
    undo(archive)
    undo(archive)
    assert names(archive) == ["1", "2", "3", "2", "4", "2", "1"]


def test_an_undo_is_undone_by_restoring(archive: Archive) -> None:
    for text in "123":
        name(archive, text)
    undo(archive)
    assert tuning.restore(archive.parts, "stroma", 3, author="Bo") == 5
    undo(archive)
    assert names(archive) == ["1", "2", "3", "2", "3", "2"]


def test_what_was_restored_is_undone_to_what_was_before(archive: Archive) -> None:
    for text in "1234":
        name(archive, text)
    tuning.restore(archive.parts, "stroma", 1, author="Bo", reason="too broad")
    newest = tuning.versions(archive.parts, "stroma")[0]
    assert (newest.reason, newest.restores) == ("too broad", None)
    undo(archive)
    assert names(archive)[-2:] == ["1", "4"]


def test_a_version_that_is_not_there_or_in_force_cannot_be_restored(archive: Archive) -> None:
    name(archive, "1")
    with pytest.raises(TopicError, match=r"has no version 2 \(there is version 1\)"):
        tuning.restore(archive.parts, "stroma", 2, author="Bo")
    with pytest.raises(TopicError, match="is already as at version 1"):
        tuning.restore(archive.parts, "stroma", 1, author="Bo")
    name(archive, "2")
    with pytest.raises(TopicError, match=r"there are 1 to 2"):
        tuning.restore(archive.parts, "stroma", 0, author="Bo")


def test_an_undo_of_what_is_no_longer_in_force_is_refused(archive: Archive) -> None:
    """Two presses of one button go one step back."""
    for text in "123":
        name(archive, text)
    assert tuning.undo(archive.parts, "stroma", author="Bo", based_on=3) == 4
    with pytest.raises(TopicChangedError, match="Bo made version 4"):
        tuning.undo(archive.parts, "stroma", author="Bo", based_on=3)


def test_the_first_version_cannot_be_undone(archive: Archive) -> None:
    name(archive, "1")
    with pytest.raises(TopicError, match="as it was when it began"):
        undo(archive)


@pytest.mark.parametrize(
    "act",
    [
        undo,
        lambda archive: tuning.restore(archive.parts, "stroma", 1, author="Bo"),
        lambda archive: tuning.versions(archive.parts, "stroma"),
    ],
    ids=["undo", "restore", "versions"],
)
def test_a_topic_that_does_not_exist_is_told(
    archive: Archive, act: Callable[[Archive], object]
) -> None:
    with pytest.raises(TopicError, match="'stroma': does not exist"):
        act(archive)


def _version(number: int, restores: int | None) -> TopicVersion:
    return TopicVersion("stroma", number, "", "Ida", "", NOW, restores)


@settings(max_examples=200)
@given(st.lists(st.booleans(), max_size=25))
def test_undoing_is_walking_back_through_what_was_saved(undos: list[bool]) -> None:
    """Against a stack: a change puts one on, an undo takes one off; it never leaves the first."""
    stack, rows = [1], [_version(1, None)]
    for is_undo in undos:
        number = len(rows) + 1
        target = tuning.step_back(rows) if is_undo else None
        if is_undo and len(stack) == 1:
            assert target is None
        elif is_undo:
            stack.pop()
            assert target == stack[-1]
            rows.insert(0, _version(number, target))
        else:
            stack.append(number)
            rows.insert(0, _version(number, None))


# -- history --------------------------------------------------------------------------------------


def test_a_history_tells_of_each_version_what_differs_from_the_one_before(
    archive: Archive,
) -> None:
    name(archive, "1")
    topic = editing.excluding(TOPIC, ["bone"])
    tuning.save(archive.parts, topic, author="Ida", reason="no bone")
    undo(archive)
    found = [[told(d) for d in v.differences] for v in tuning.versions(archive.parts, "stroma")]
    assert found == [
        ["removed excluded term “bone”"],
        ["added excluded term “bone”"],
        ["added name: 1", "added seed “Stroma”: weight 1", "added seed “Niches”: weight 1"],
    ]


def test_the_last_versions_of_a_history_know_what_was_before_them(archive: Archive) -> None:
    for text in "123":
        name(archive, text)
    whole = tuning.versions(archive.parts, "stroma")
    for limit in range(1, 5):
        assert tuning.versions(archive.parts, "stroma", limit=limit) == whole[:limit]
    assert tuning.versions(archive.parts, "stroma", limit=1, before=3) == whole[1:2]
    assert tuning.versions(archive.parts, "stroma", before=2) == whole[2:]
    assert tuning.versions(archive.parts, "stroma", before=1) == []


def test_a_version_that_can_no_longer_be_read_hides_no_other(archive: Archive) -> None:
    with archive.store.writing() as tx:
        tx.topics.save("stroma", "colour = 3", "Ida", "old", NOW)
    name(archive, "2")
    name(archive, "3")
    newest, middle, oldest = tuning.versions(archive.parts, "stroma")
    assert (oldest.topic, oldest.document, oldest.differences) == (None, "colour = 3", ())
    assert middle.differences == (), "there is nothing to compare it with"
    assert [told(each) for each in newest.differences] == ["name: 2, now 3"]


def test_what_others_have_made_since_is_found(archive: Archive) -> None:
    for text, author in (("1", "Ida"), ("2", "Bo"), ("3", "Ida"), ("4", "Cy")):
        name(archive, text, author=author)
    found = tuning.others_since(archive.parts, "stroma", 1, "Ida")
    assert [(each.version, each.author) for each in found] == [(4, "Cy"), (2, "Bo")]
    assert tuning.others_since(archive.parts, "none", 0, "Ida") == []
    tuning.restore(archive.parts, "stroma", 2, author="Cy")
    assert tuning.others_since(archive.parts, "stroma", 2, "Ida") == [], "it is as it was"


def test_what_is_in_force_is_what_was_saved(archive: Archive) -> None:
    name(archive, "1")
    name(archive, "2")
    undo(archive)
    with archive.store.reading() as tx:
        (topic,) = followed.current(tx)
    assert topic == replace(TOPIC, version=3)

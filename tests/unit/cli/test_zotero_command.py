"""`litwatch zotero`: over an archive of three works and a library on this machine."""

from __future__ import annotations

import json
import signal
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from service import normalisation, pipeline
from service.bootstrap import zotero as given
from service.clock import standing
from service.errors import InputError, TopicError
from service.records import Judgement, Seed, Topic, Vote
from service.store import Store
from service.topics.documents import dump, parse
from tests import databases, papers
from tests.command_line import Litwatch, spawned
from tests.fake_zotero import KEY, After, Answer, FakeZotero
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOPIC = Topic("stroma", "Stroma", (Seed("old", "paper", "An old seed"),))
DOCUMENT = """\
# What we follow. This line stays.
slug = "stroma"
name = "Stroma"

[[seeds]]
key = "old"   # and so does this
kind = "paper"
title = "An old seed"

[senses]
NET = "neutrophil extracellular trap"
"""


@pytest.fixture
def zotero() -> Iterator[FakeZotero]:
    with FakeZotero() as server:
        yield server


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """Works 1 to 3; 1 and 2 are relevant for the topic stroma, which is in force."""
    for module in (pipeline, normalisation):
        monkeypatch.setattr(module, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        made = Archive(Store(engine))
        made.take_in(paper(1), paper(2), paper(3, title="Traps of another sort"))
        with made.store.writing() as tx:
            tx.topics.save("stroma", dump(TOPIC), "Ida", "first", NOW)
            for number in (1, 2):
                tx.votes.cast(Vote("stroma", number, "Ida", Judgement.RELEVANT, "web", NOW))
        yield made


@pytest.fixture
def litwatch(archive: Archive, zotero: FakeZotero) -> Litwatch:
    settings: dict[str, Any] = {
        "database": {"url": str(archive.store.engine.url)},
        "http": {"contact": "lab@example.org", "tries": 1},
        "zotero": {"user": "7", "api_key": KEY, "base_url": zotero.url},
        "log": {"level": "debug"},
    }
    settings["http"]["pace"] = 0.0
    settings["sources"] = {
        name: {"base_url": zotero.url} for name in ("pubmed", "pmc", "biorxiv", "medrxiv")
    } | {"europepmc": {"base_url": zotero.url}}
    settings["sources"]["arxiv"] = {"oai_url": zotero.url, "api_url": zotero.url}
    return Litwatch(settings, standing(NOW))


def _topics(litwatch: Litwatch, folder: Path, text: str = DOCUMENT) -> Path:
    """A folder of topics, configured."""
    folder.mkdir()
    file = folder / "stroma.toml"
    file.write_text(text, "utf-8")
    litwatch.settings["topics"] = {"folder": str(folder)}
    return file


# -- push -------------------------------------------------------------------------------------------


def test_a_push_puts_the_chosen_works_into_the_collection_once(
    litwatch: Litwatch, zotero: FakeZotero, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf = zotero.collection("Stroma")
    assert litwatch("zotero", "push", "--topic", "stroma", "--to", "stroma") == 0
    assert capsys.readouterr().err.endswith("2 added to stroma; 0 there before.\n")
    assert litwatch("zotero", "push", "--all", "--to", shelf) == 0
    assert capsys.readouterr().err.endswith(f"1 added to {shelf}; 2 there before.\n")
    assert {each["DOI"] for each in zotero.inside(shelf)} == {
        f"10.5555/stroma.{number}" for number in (1, 2, 3)
    }
    tags = {each["DOI"]: each.get("tags") for each in zotero.inside(shelf)}
    assert tags["10.5555/stroma.1"] == [{"tag": "stroma"}]


def test_a_search_can_be_pushed(litwatch: Litwatch, zotero: FakeZotero) -> None:
    shelf = zotero.collection("Traps")
    assert litwatch("zotero", "push", "--search", "title:traps", "--to", "Traps") == 0
    assert [each["title"] for each in zotero.inside(shelf)] == ["Traps of another sort"]


def test_a_collection_is_made_when_that_is_asked_for_and_only_once(
    litwatch: Litwatch, zotero: FakeZotero, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("zotero", "push", "1", "--to", "New") == 2
    assert "is not in Zotero users/7" in capsys.readouterr().err
    assert zotero.collections == {}
    for _ in range(2):
        assert litwatch("zotero", "push", "1", "--to", "New", "--create") == 0
    assert [each["data"]["name"] for each in zotero.collections.values()] == ["New"]
    assert len(zotero.items) == 1


def test_a_dry_run_says_what_would_be_and_writes_nothing(
    litwatch: Litwatch, zotero: FakeZotero, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["zotero", "push", "--all", "--to", "New", "--create", "--dry-run"]
    assert litwatch(*words) == 0
    assert "3 would be added to New" in capsys.readouterr().err
    assert zotero.writes() == []
    assert litwatch(*words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "added": 3, "filed": 0, "there": 0, "trashed": 0, "refused": [], "dry_run": True
    }  # fmt: skip


def test_works_that_are_refused_are_named_and_make_the_status(
    litwatch: Litwatch, zotero: FakeZotero, capsys: pytest.CaptureFixture[str]
) -> None:
    zotero.collection("Stroma")
    failed = {str(place): {"code": 413, "message": "too long"} for place in range(2)}
    report = {"success": {}, "unchanged": {}, "failed": failed}
    zotero.script.extend(["ok", "ok", Answer(200, report, {"Last-Modified-Version": "9"})])
    assert litwatch("zotero", "push", "--topic", "stroma", "--to", "Stroma") == 4
    told = capsys.readouterr().err
    assert f"Not taken: work 1, {paper(1).title}: too long" in told
    assert "2 refused" in told


def test_a_name_that_several_collections_have_needs_a_key(
    litwatch: Litwatch, zotero: FakeZotero, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = [zotero.collection("Stroma"), zotero.collection("Stroma")]
    zotero.collection("Stroma", deleted=1)
    assert litwatch("zotero", "push", "1", "--to", "Stroma") == 2
    told = capsys.readouterr().err
    assert all(key in told for key in keys)
    assert litwatch("zotero", "push", "1", "--to", keys[1]) == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"api_key": None}, "zotero.api_key: is needed"),
        ({"api_key": ""}, "zotero.api_key: is needed"),
        ({"user": ""}, "zotero.user: is needed, or zotero.group"),
        ({"user": "8"}, "zotero.user, zotero.group"),
        ({"api_key": "another"}, "Invalid key"),
    ],
)
def test_what_is_not_configured_is_told(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], change: dict[str, Any], told: str
) -> None:
    litwatch.settings["zotero"] |= change
    assert litwatch("zotero", "collections") == 3
    assert told in capsys.readouterr().err


def test_a_group_goes_before_the_user(litwatch: Litwatch, zotero: FakeZotero) -> None:
    zotero.path = "groups/12"
    litwatch.settings["zotero"]["group"] = 12
    assert litwatch("zotero", "collections") == 0


def test_no_choice_or_two_are_refused_before_anything_is_asked(
    litwatch: Litwatch, zotero: FakeZotero
) -> None:
    for words in ([], ["--all", "--saved"], ["--all", "--limit", "3"]):
        assert litwatch("zotero", "push", *words, "--to", "X") == 2
    assert zotero.requests == []


def test_the_key_is_in_no_line_that_is_written(
    litwatch: Litwatch, zotero: FakeZotero, capsys: pytest.CaptureFixture[str]
) -> None:
    zotero.collection("Stroma")
    zotero.script.append(Answer(500, f"oops {KEY}".encode()))
    assert litwatch("zotero", "push", "1", "--to", "Stroma") == 4
    said = capsys.readouterr()
    assert "HTTP 500" in said.err
    assert KEY not in said.err + said.out


# A process that is killed keeps its turn at the server from the next for the deadline and `LATE`.
KNOWN = """
from service import normalisation, pipeline
from service.sources import lanes
lanes.LATE = 1.0
from tests import papers
normalisation.normalise = pipeline.normalise = papers.understood
"""


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_ends_between_write_and_answer_doubles_nothing(
    litwatch: Litwatch, zotero: FakeZotero, signal_: signal.Signals
) -> None:
    """The first write is done when the process gets the signal; the next push does the rest."""
    shelf = zotero.collection("Stroma")
    words = ["zotero", "push", "--all", "--to", shelf]
    litwatch.settings["http"] = {**litwatch.settings.get("http", {}), "deadline_s": 3}
    process = spawned(litwatch, *words, hook=KNOWN)

    def end() -> None:
        process.send_signal(signal_)
        if signal_ is signal.SIGKILL:
            process.wait(30)

    zotero.script.extend(["ok", "ok", After(end)])
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert len(zotero.inside(shelf)) == 3
    assert litwatch(*words) == 0
    assert len(zotero.items) == 3


# -- collections ------------------------------------------------------------------------------------


def test_collections_are_listed_with_those_they_lie_in(
    litwatch: Litwatch, zotero: FakeZotero, capsys: pytest.CaptureFixture[str]
) -> None:
    above = zotero.collection("Lab")
    below = zotero.collection("Stroma", parentCollection=above)
    zotero.collection("Old", deleted=True)
    assert litwatch("zotero", "collections") == 0
    told = capsys.readouterr().out
    assert f"{below}   Lab / Stroma" in told
    assert "Old" not in told
    assert litwatch("zotero", "collections", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {"key": above, "name": "Lab", "parent": ""},
        {"key": below, "name": "Stroma", "parent": "Lab"},
    ]


# -- pull -------------------------------------------------------------------------------------------


def test_a_collection_becomes_seeds_at_the_end_of_the_document(
    litwatch: Litwatch, zotero: FakeZotero, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _topics(litwatch, tmp_path / "topics")
    shelf = zotero.collection("Seeds")
    key = zotero.item(shelf, title="A new seed", DOI="10.5555/new", abstractNote="Of traps.")
    zotero.item(shelf, itemType="attachment", title="A file")
    nameless = zotero.item(shelf, title="")
    words = ["zotero", "pull", "Seeds", "--topic", "stroma", "--weight", "0.5"]
    assert litwatch(*words) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert f"Left out: item {nameless} has no title" in told.err
    assert f"1 new seed in {file}; 1 files and notes left out." in told.err
    text = file.read_text("utf-8")
    assert text.startswith(DOCUMENT)
    seeds = tomllib.loads(text)["seeds"]
    assert [seed["key"] for seed in seeds] == ["old", f"zotero-{key}"]
    assert (seeds[1]["doi"], seeds[1]["weight"]) == ("10.5555/new", 0.5)
    assert litwatch(*words) == 0
    assert file.read_text("utf-8") == text
    assert "0 new seeds" in capsys.readouterr().err
    assert list(file.parent.iterdir()) == [file]


def test_a_topic_without_a_document_is_printed_whole(
    litwatch: Litwatch, zotero: FakeZotero, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf = zotero.collection("Seeds")
    zotero.item(shelf, title="A new seed")
    assert litwatch("zotero", "pull", shelf, "--topic", "stroma", "--against") == 0
    topic = parse(capsys.readouterr().out, lambda _name: "")
    assert [(seed.title, seed.sign) for seed in topic.seeds] == [
        ("An old seed", 1),
        ("A new seed", -1),
    ]


def test_printing_leaves_the_document_as_it_is(
    litwatch: Litwatch, zotero: FakeZotero, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _topics(litwatch, tmp_path / "topics")
    zotero.item(zotero.collection("Seeds"), title="A new seed")
    assert litwatch("zotero", "pull", "Seeds", "--topic", "stroma", "--print") == 0
    assert "A new seed" in capsys.readouterr().out
    assert file.read_text("utf-8") == DOCUMENT


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["Seeds", "--topic", "none"], "none"),
        (["Nowhere", "--topic", "stroma"], "'Nowhere': is not in Zotero users/7"),
        (["Seeds", "--topic", "stroma", "--weight", "0"], "weight"),
    ],
)
def test_what_cannot_be_pulled_is_told(
    litwatch: Litwatch,
    zotero: FakeZotero,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
) -> None:
    zotero.collection("Seeds")
    assert litwatch("zotero", "pull", *words) == 2
    assert told in capsys.readouterr().err


def test_a_document_whose_seeds_stand_elsewhere_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "topic.toml"
    text = 'slug = "s"\nname = "S"\nseeds = [{key = "a", kind = "paper", title = "A"}]\n'
    file.write_text(text, "utf-8")
    with pytest.raises(TopicError, match="no seeds can be put at its end"):
        given.append(file, [Seed("b", "paper", "B")])
    assert file.read_text("utf-8") == text
    assert list(tmp_path.iterdir()) == [file]


def test_line_ends_stay_what_they_are_and_the_file_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "topic.toml"
    before = DOCUMENT.replace("\n", "\r\n").rstrip().encode()
    file.write_bytes(before)
    file.chmod(0o640)
    given.append(file, [Seed("b", "paper", "Bé")])
    assert file.read_bytes().startswith(before)
    assert [seed.title for seed in given.read(file).seeds] == ["An old seed", "Bé"]
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_second_seed_of_the_same_key_leaves_the_document_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "topic.toml"
    file.write_text(DOCUMENT, "utf-8")
    with pytest.raises(TopicError):
        given.append(file, [replace(TOPIC.seeds[0], title="Another")])
    assert file.read_text("utf-8") == DOCUMENT


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "topic.toml"
    file.write_text(DOCUMENT, "utf-8")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(given.os, "fsync", refuse)
    with pytest.raises(InputError, match="No space left"):
        given.append(file, [Seed("b", "paper", "B")])
    assert file.read_text("utf-8") == DOCUMENT
    assert list(tmp_path.iterdir()) == [file]


def test_a_collection_that_somebody_makes_at_the_same_moment_is_the_one(
    litwatch: Litwatch, zotero: FakeZotero
) -> None:
    zotero.script.extend(["ok", lambda _: zotero.collection("New")])
    assert litwatch("zotero", "push", "1", "--to", "New", "--create") == 0
    assert len(zotero.collections) == 1

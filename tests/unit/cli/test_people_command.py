"""`litwatch people`, over an archive of two works."""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.clock import standing
from service.store import Store
from tests import databases, papers
from tests.command_line import Litwatch
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAIL = "mail:ida@example.org"


@pytest.fixture
def litwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Litwatch]:
    """Ida has voted here and by mail, Rei here."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    monkeypatch.setattr(getpass, "getuser", lambda: "Ida")
    for engine in databases.migrated("sqlite", tmp_path):
        archive = Archive(Store(engine))
        archive.take_in(paper(1), paper(2))
        with archive.store.writing() as tx:
            for slug in ("stroma", "other"):
                tx.topics.save(slug, "document", "Ida", "first", NOW)
        settings = {"database": {"url": str(engine.url)}, "log": {"level": "error"}}
        command = Litwatch(settings, standing(NOW))
        for voter, said in (("Ida", "relevant"), (MAIL, "not-relevant"), ("Rei", "save")):
            assert command("vote", "stroma", "1", said, "--voter", voter) == 0
        yield command


def _people(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[str, int]]:
    capsys.readouterr()
    assert litwatch("people", "list", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    return {each["name"]: (" ".join(each["aliases"]), each["votes"]) for each in told}


def test_a_name_is_linked_seen_and_unlinked(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _people(litwatch, capsys) == {"Ida": ("", 1), "Rei": ("", 1), MAIL: ("", 1)}
    assert litwatch("people", "link", MAIL, "Ida") == 0
    assert capsys.readouterr().err == f"{MAIL} is Ida.\n"
    assert _people(litwatch, capsys) == {"Ida": (MAIL, 1), "Rei": ("", 1)}
    assert litwatch("people", "unlink", MAIL) == 0
    assert capsys.readouterr().err == f"{MAIL} is no longer Ida.\n"
    assert MAIL in _people(litwatch, capsys)


def test_a_name_that_never_voted_is_linked_with_a_word_of_doubt(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert litwatch("people", "link", "mail:Ida@Example.org", "Ida") == 0
    assert "Nobody has voted under that name yet" in capsys.readouterr().err
    assert litwatch("people", "link", "mail:Ida@Example.org", "Rei") == 0
    assert "Nobody" not in capsys.readouterr().err, "it is known by now"


def test_who_they_are_is_told_as_a_table(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("people", "link", MAIL, "Ida")
    capsys.readouterr()
    assert litwatch("people", "list") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert ["Ida", MAIL, "1"] in rows
    assert ["Rei", "1"] in rows


def test_who_linked_a_name_is_kept(litwatch: Litwatch, tmp_path: Path) -> None:
    litwatch("people", "link", MAIL, "Ida")
    for engine in databases.migrated("sqlite", tmp_path):
        with Store(engine).reading() as tx:
            assert [(each.alias, each.author) for each in tx.aliases.all()] == [(MAIL, "Ida")]


@pytest.mark.parametrize(
    "words", [("link", "Ida", "Ida"), ("unlink", "Ida"), ("link", "Ida", " "), ("link", "Ida")]
)
def test_what_cannot_be_is_refused_in_one_line(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    before = _people(litwatch, capsys)
    assert litwatch("people", *words) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert _people(litwatch, capsys) == before


def test_votes_show_the_person_and_the_name(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("people", "link", MAIL, "Ida")
    capsys.readouterr()
    assert litwatch("votes", "stroma") == 0
    out = capsys.readouterr().out
    assert f"({MAIL})" in out
    assert "not relevant" in out
    assert litwatch("votes", "stroma", "--history", "1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(each["vote"]["voter"], each["vote"]["person"]) for each in told] == [
        ("Rei", ""),
        (MAIL, "Ida"),
        ("Ida", ""),
    ]


# -- all topics -----------------------------------------------------------------------------------


def test_votes_of_all_topics_are_told_with_their_topic(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("vote", "other", "2", "save")
    capsys.readouterr()
    assert litwatch("votes") == 0
    out = capsys.readouterr().out
    assert "topic" in out
    assert "other" in out
    assert "stroma" in out
    assert litwatch("votes", "--history", "2", "--json") == 0
    assert [each["vote"]["topic"] for each in json.loads(capsys.readouterr().out)] == ["other"]


@pytest.mark.parametrize("name", ["votes.csv", "votes.jsonl"])
def test_all_votes_go_out_and_come_back(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    litwatch("people", "link", MAIL, "Ida")
    litwatch("vote", "other", "2", "save", "--note", "for the review")
    file = tmp_path / name
    assert litwatch("votes", "--export", str(file)) == 0
    for voter, topic, work in (
        (MAIL, "stroma", "1"),
        ("Rei", "stroma", "1"),
        ("Ida", "other", "2"),
    ):
        assert litwatch("vote", topic, work, "withdraw", "--voter", voter) == 0
    assert set(_people(litwatch, capsys).values()) == {(MAIL, 0), ("", 0)}
    assert litwatch("votes", "--import", str(file)) == 0
    assert "3 votes are new or changed" in capsys.readouterr().err
    again = tmp_path / f"again-{name}"
    assert litwatch("votes", "--export", str(again)) == 0
    assert (
        again.read_text()
        .replace(",import,", ",command line,")
        .replace('"via": "import"', '"via": "command line"')
        == file.read_text()
    )
    assert f"{MAIL},Ida" in file.read_text() or f'"voter": "{MAIL}", "person": "Ida"' in (
        file.read_text()
    )


def test_a_file_without_topics_needs_one(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("id,judgement,topic\n1,save,stroma\n2,save,\n")
    assert litwatch("votes", "--import", str(file)) == 2
    assert "line 3: topic is missing (name the TOPIC" in capsys.readouterr().err
    assert litwatch("votes", "other", "--import", str(file)) == 0
    capsys.readouterr()
    assert litwatch("votes", "other", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 2, "the TOPIC goes before the file's"

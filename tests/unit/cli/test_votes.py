"""`litwatch vote` and `litwatch votes`, over an archive of three works."""

from __future__ import annotations

import csv
import getpass
import json
from typing import TYPE_CHECKING, Any

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

DANGEROUS = '=HYPERLINK("http://evil.example.org","TGF-β")'


@pytest.fixture
def litwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Litwatch]:
    """Works 1 to 3 (the third with a formula for a title), topics stroma and other, no votes; the
    person at the computer is Ida."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    monkeypatch.setattr(getpass, "getuser", lambda: "Ida")
    for engine in databases.migrated("sqlite", tmp_path):
        archive = Archive(Store(engine))
        archive.take_in(paper(1), paper(2), paper(3, title=DANGEROUS))
        with archive.store.writing() as tx:
            for slug in ("stroma", "other"):
                tx.topics.save(slug, "document", "Ida", "first", NOW)
        settings = {"database": {"url": str(engine.url)}, "log": {"level": "error"}}
        yield Litwatch(settings, standing(NOW))


def _told(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command that ends well says to the person."""
    capsys.readouterr()
    assert litwatch(*words) == 0
    return capsys.readouterr().err


def _votes(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], topic: str = "stroma", *words: str
) -> list[tuple[int, str, str]]:
    """Work, judgement and voter of the votes in force (or of a history)."""
    capsys.readouterr()
    assert litwatch("votes", topic, "--json", *words) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert all(each["work"]["id"] == each["vote"]["work_id"] for each in found)
    votes = [each["vote"] for each in found]
    return [(vote["work_id"], vote["judgement"], vote["voter"]) for vote in votes]


@pytest.mark.parametrize(
    ("word", "judgement"),
    [("relevant", "relevant"), ("not-relevant", "not relevant"), ("save", "saved")],
)
def test_a_vote_is_taken_and_said_back(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], word: str, judgement: str
) -> None:
    told = _told(litwatch, capsys, "vote", "stroma", "2", word)
    assert told == f"Work 2 is now {judgement}: {paper(2).title}\n"
    assert _votes(litwatch, capsys) == [(2, judgement, "Ida")]


def test_several_works_are_voted_on_at_once(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = _told(litwatch, capsys, "vote", "stroma", "1", "40000002", "10.5555/stroma.3", "save")
    assert [line[:6] for line in told.splitlines()] == ["Work 1", "Work 2", "Work 3"]
    assert [work for work, _, _ in _votes(litwatch, capsys)] == [1, 2, 3]


def test_the_same_vote_again_is_said_to_be_known(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("vote", "stroma", "1", "relevant")
    told = _told(litwatch, capsys, "vote", "stroma", "1", "2", "relevant")
    assert told.startswith("Work 1 was already relevant: ")
    assert "\nWork 2 is now relevant: " in told
    assert len(_votes(litwatch, capsys, "stroma", "--history", "1")) == 1


def test_a_vote_is_changed_and_withdrawn(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in ("relevant", "not-relevant", "withdraw"):
        litwatch("vote", "stroma", "1", word)
    assert _votes(litwatch, capsys) == []
    history = _votes(litwatch, capsys, "stroma", "--history", "40000001")
    assert [said for _, said, _ in history] == ["withdrawn", "not relevant", "relevant"]


def test_a_vote_can_be_anothers(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    litwatch("vote", "stroma", "1", "relevant")
    litwatch("vote", "stroma", "1", "not-relevant", "--voter", "Rei")
    assert _votes(litwatch, capsys) == [(1, "relevant", "Ida"), (1, "not relevant", "Rei")]


def test_an_unknown_work_or_topic_is_refused_and_nothing_written(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("vote", "stroma", "1", "10.1/none", "relevant") == 2
    assert "work '10.1/none': is not in the archive" in capsys.readouterr().err
    assert litwatch("vote", "stromata", "1", "relevant") == 2
    assert "there are: other, stroma" in capsys.readouterr().err
    assert litwatch("votes", "stromata") == 2
    assert litwatch("votes", "stroma", "--history", "99") == 2
    assert _votes(litwatch, capsys) == []


@pytest.mark.parametrize("words", [("1", "maybe"), ("relevant",), ()], ids=str)
def test_a_vote_needs_a_work_and_a_judgement(litwatch: Litwatch, words: tuple[str, ...]) -> None:
    assert litwatch("vote", "stroma", *words) == 2


@pytest.mark.parametrize("fault", [OSError, KeyError, ImportError])
def test_an_account_without_a_name_must_say_who_votes(
    litwatch: Litwatch,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fault: type[Exception],
) -> None:
    def nobody() -> str:
        raise fault("no such user")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert litwatch("vote", "stroma", "1", "relevant") == 2
    assert "give --voter NAME" in capsys.readouterr().err
    assert litwatch("vote", "stroma", "1", "relevant", "--voter", "Rei") == 0


def test_votes_are_listed_with_titles_and_notes(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _told(litwatch, capsys, "votes", "stroma") == "There are no votes yet.\n"
    litwatch("vote", "stroma", "1", "save", "--note", "[red]for[/red] the review")
    capsys.readouterr()
    assert litwatch("votes", "stroma") == 0
    out = capsys.readouterr().out
    for cell in ("saved", "Ida", "command line", "2026-11-16 07:00 UTC", "[red]for[/red]"):
        assert cell in out
    assert paper(1).title in " ".join(out.split())


# -- files ----------------------------------------------------------------------------------------


def test_a_csv_opens_in_a_spreadsheet_without_running_anything(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    litwatch("vote", "stroma", "3", "relevant", "--note", "@SUM(A1)", "--voter", "+Rei")
    file = tmp_path / "votes.csv"
    assert f"Written to {file}" in _told(litwatch, capsys, "votes", "stroma", "--export", str(file))
    (row,) = csv.DictReader(file.read_text("utf-8").splitlines())
    assert (row["title"], row["note"], row["voter"]) == ("'" + DANGEROUS, "'@SUM(A1)", "'+Rei")
    assert row["id"] == "10.5555/stroma.3"


@pytest.mark.parametrize("name", ["votes.csv", "votes.jsonl"])
def test_what_was_exported_can_be_imported_with_its_readers(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    litwatch("vote", "stroma", "1", "save", "--note", "=1", "--voter", "-Rei")
    litwatch("vote", "stroma", "1", "2", "not-relevant")
    file = str(tmp_path / name)
    litwatch("votes", "stroma", "--export", file)
    told = _told(litwatch, capsys, "votes", "other", "--import", file)
    assert told == "3 votes are new or changed; 0 were there already.\n"
    assert _votes(litwatch, capsys, "other") == _votes(litwatch, capsys)
    again = _told(litwatch, capsys, "votes", "other", "--import", file)
    assert again == "0 votes are new or changed; 3 were there already.\n"


def test_imported_votes_are_the_persons_own_unless_the_file_names_others(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("id,judgement,voter\n40000001,relevant,\n2,save,Rei\n")
    assert litwatch("votes", "stroma", "--import", str(file)) == 0
    assert _votes(litwatch, capsys) == [(1, "relevant", "Ida"), (2, "saved", "Rei")]
    assert litwatch("votes", "stroma", "--import", str(file), "--voter", "Chidi") == 0
    assert (1, "relevant", "Chidi") in _votes(litwatch, capsys)


def test_a_file_with_unknown_works_is_refused_whole_with_their_lines(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("id,judgement\n1,relevant\n10.1/none,save\n2,save\n77,save\n")
    assert litwatch("votes", "stroma", "--import", str(file)) == 2
    err = capsys.readouterr().err
    assert "line 3: work '10.1/none' is not in the archive; line 5: work '77'" in err
    assert err.count("\n") == 1
    assert _votes(litwatch, capsys) == []


@pytest.mark.parametrize("option", ["--export", "--import"])
def test_other_kinds_of_file_are_refused(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str
) -> None:
    file = tmp_path / "votes.xlsx"
    file.write_bytes(b"as it was")
    assert litwatch("votes", "stroma", option, str(file)) == 2
    assert "neither .csv nor .jsonl" in capsys.readouterr().err
    assert file.read_bytes() == b"as it was"


def test_a_file_that_cannot_be_read_is_named(
    litwatch: Litwatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_file: object) -> bytes:
        raise OSError(5, "Input/output error")

    file = tmp_path / "votes.csv"
    file.touch()
    monkeypatch.setattr("pathlib.Path.read_bytes", broken)
    assert litwatch("votes", "stroma", "--import", str(file)) == 2
    assert "votes.csv: Input/output error (check the path)" in capsys.readouterr().err


def test_export_and_import_do_not_go_together(litwatch: Litwatch, tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    file.write_text("id,judgement\n1,save\n")
    assert litwatch("votes", "stroma", "--import", str(file), "--export", str(file)) == 2

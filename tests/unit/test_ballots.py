from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from service import ballots
from service.errors import InputError
from service.records import Identifiers, Judgement, Vote
from service.voting import Ballot
from tests.factories import NOW, work

RELEVANT, AGAINST = Judgement.RELEVANT, Judgement.NOT_RELEVANT
SAVED, WITHDRAWN = Judgement.SAVED, Judgement.WITHDRAWN

FORMULAE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''-1"]
HARMLESS = ["", "plain", "'quoted' word", "a=b", " =1", "5'-AMP", 'say "hi", then;', "TGF-β\nand"]


def _vote(work_id: int = 1, judgement: Judgement = RELEVANT, **changes: Any) -> Vote:
    values: dict[str, Any] = {"topic": "stroma", "voter": "Ida", "via": "web", "at": NOW}
    return Vote(work_id=work_id, judgement=judgement, **(values | changes))


def _written(kind: str, *votes: Vote, **changes: Any) -> bytes:
    works = {vote.work_id: work(vote.work_id, **changes) for vote in votes}
    return ballots.written(votes, works, kind)


def _faults(text: str, kind: str = "csv") -> str:
    with pytest.raises(InputError) as caught:
        ballots.read(text.encode(), kind)
    return caught.value.cause


# -- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("relevant", RELEVANT),
        (" Relevant ", RELEVANT),
        ("not relevant", AGAINST),
        ("not-relevant", AGAINST),
        ("NOT_RELEVANT", AGAINST),
        ("not  relevant", AGAINST),
        ("save", SAVED),
        ("saved", SAVED),
        ("withdraw", WITHDRAWN),
        ("withdrawn", WITHDRAWN),
    ],
)
def test_judgements_are_understood_however_they_are_spelled(text: str, meant: Judgement) -> None:
    assert ballots.judgement(text) == meant


@pytest.mark.parametrize("text", ["", "yes", "1", "notrelevant", "relevant!"])
def test_other_words_are_refused_with_the_right_ones(text: str) -> None:
    with pytest.raises(InputError, match="say relevant, not-relevant, save or withdraw"):
        ballots.judgement(text)


def test_every_judgement_can_be_written_and_read() -> None:
    assert [ballots.judgement(each.value) for each in Judgement] == list(Judgement)


@pytest.mark.parametrize(
    ("name", "kind"), [("votes.csv", "csv"), ("a.b.JSONL", "jsonl"), ("x.CSV", "csv")]
)
def test_the_ending_says_what_a_file_is(name: str, kind: str) -> None:
    assert ballots.form(name) == kind


@pytest.mark.parametrize("name", ["votes.xlsx", "votes", "csv.txt", "votes.json"])
def test_other_endings_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"neither \.csv nor \.jsonl"):
        ballots.form(name)


# -- writing --------------------------------------------------------------------------------------


def test_a_csv_has_one_line_for_each_vote() -> None:
    content = _written("csv", _vote(1), _vote(2, AGAINST, note="off topic"))
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["id"] for row in rows] == ["10.5555/stroma.1", "10.5555/stroma.2"]
    assert rows[1] == {
        "id": "10.5555/stroma.2",
        "judgement": "not relevant",
        "voter": "Ida",
        "person": "Ida",
        "note": "off topic",
        "via": "web",
        "at": "2026-11-23T07:00:00+00:00",
        "topic": "stroma",
        "work": "2",
        "title": work(2).title,
    }


def test_the_name_is_told_and_the_person_behind_it() -> None:
    row = json.loads(_written("jsonl", _vote(voter="mail:i", person="Ida")))
    assert (row["voter"], row["person"]) == ("mail:i", "Ida")


def test_json_lines_have_the_same_fields_with_greek_readable() -> None:
    content = _written("jsonl", _vote(), title="TGF-β\nin =stroma")
    assert content.count(b"\n") == 1
    assert "TGF-β" in content.decode()
    row = json.loads(content)
    assert tuple(row) == ballots.COLUMNS
    assert (row["work"], row["title"]) == (1, "TGF-β\nin =stroma")


@pytest.mark.parametrize(
    ("ids", "name"),
    [
        (Identifiers("10.1/a", "7", "PMC8", "2601.00001"), "10.1/a"),
        (Identifiers(None, "7", "PMC8", "2601.00001"), "7"),
        (Identifiers(None, None, "PMC8", "2601.00001"), "PMC8"),
        (Identifiers(None, None, None, "2601.00001"), "2601.00001"),
        (Identifiers(), "1"),
    ],
)
def test_a_work_goes_by_the_name_that_others_know(ids: Identifiers, name: str) -> None:
    assert json.loads(_written("jsonl", _vote(), ids=ids))["id"] == name


def test_no_votes_are_a_file_with_names_only() -> None:
    assert ballots.written([], {}, "csv") == (",".join(ballots.COLUMNS) + "\r\n").encode()
    assert ballots.written([], {}, "jsonl") == b""


@pytest.mark.parametrize("text", FORMULAE)
def test_no_cell_is_a_formula(text: str) -> None:
    content = _written("csv", _vote(note=text, voter=text), title=text)
    (row,) = csv.DictReader(io.StringIO(content.decode(), newline=""))
    assert {row["note"], row["voter"], row["person"], row["title"]} == {"'" + text}


@pytest.mark.parametrize("text", HARMLESS)
def test_other_cells_stay_as_they_are(text: str) -> None:
    content = _written("csv", _vote(note=text))
    (row,) = csv.DictReader(io.StringIO(content.decode(), newline=""))
    assert row["note"] == text


# -- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("text", [*FORMULAE, *HARMLESS])
def test_what_was_written_is_read_again(kind: str, text: str) -> None:
    content = _written(kind, _vote(1, SAVED, note=text), _vote(2, AGAINST, voter="Rei"))
    first, second = ballots.read(content, kind)
    assert (first.work, first.judgement, first.voter) == ("10.5555/stroma.1", SAVED, "Ida")
    assert (first.note, first.topic) == (text, "stroma")
    assert (second.judgement, second.voter) == (AGAINST, "Rei")


def test_two_columns_are_enough_and_their_order_is_free() -> None:
    told = ballots.read(b"Judgement, ID ,year\nsave, 10.1/a ,2026\n", "csv")
    assert told == [Ballot("10.1/a", SAVED, place="line 2")]


def test_a_line_of_names_may_be_left_out() -> None:
    told = ballots.read(b"10.1/a,relevant\n12,not-relevant,off topic\n", "csv")
    assert told == [
        Ballot("10.1/a", RELEVANT, place="line 1"),
        Ballot("12", AGAINST, "off topic", place="line 2"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfid,judgement\r\n12,relevant\r\n",
        b"id;judgement\n12;relevant\n",
        b"id\tjudgement\n12\trelevant",
        b'"id","judgement"\n"12","relevant"\n,\n\n',
        b"\nid,judgement\n12,relevant\n",
    ],
    ids=["byte order mark", "semicolons", "tabs", "quotes", "empty lines"],
)
def test_the_habits_of_spreadsheets_are_understood(content: bytes) -> None:
    (ballot,) = ballots.read(content, "csv")
    assert (ballot.work, ballot.judgement) == ("12", RELEVANT)


def test_a_doi_with_semicolons_is_no_separator() -> None:
    doi = "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"
    assert ballots.read(f"{doi},relevant\n".encode(), "csv")[0].work == doi


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    told = ballots.read(b'id,judgement,note\n1,save,"two\nlines"\n\n2,save,x\n', "csv")
    assert [ballot.place for ballot in told] == ["line 2", "line 5"]


def test_numbers_in_json_are_ids_too() -> None:
    told = ballots.read(
        b'{"id": 12, "judgement": "save"}\n\n{"id":"7","judgement":"save"}', "jsonl"
    )
    assert [(ballot.work, ballot.place) for ballot in told] == [("12", "line 1"), ("7", "line 3")]


def test_every_faulty_line_is_told() -> None:
    assert _faults("id,judgement\n,relevant\n1,relevant\n2,maybe\n3\n") == (
        "line 2: id is missing; line 4: judgement 'maybe' is unknown;"
        " line 5: judgement '' is unknown"
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 1: JSON is broken"),
        ("[" * 100_000, "line 1: JSON is broken"),
        ("[1]", "line 1: JSON is no object"),
        ("{}", "line 1: id is missing"),
        ('{"id": true, "judgement": "save"}', "line 1: id is missing"),
        ('{"id": ["1"], "judgement": "save"}', "line 1: id is missing"),
        ('{"id": 1, "judgement": null}', "line 1: judgement '' is unknown"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_json_that_says_no_vote_is_told(line: str, told: str) -> None:
    assert _faults(line, "jsonl") == told


def test_a_broken_csv_is_told_with_its_line() -> None:
    assert _faults('id,judgement\n1,save\n2,"sa"ve\n').startswith("line 3: CSV is broken")
    assert _faults("id,judgement\n1," + "x" * 200_000).startswith("line 2: CSV is broken")


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_bytes_that_are_no_utf8_are_refused(kind: str) -> None:
    with pytest.raises(InputError, match="no UTF-8 at byte 3"):
        ballots.read(b"id,\xff", kind)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_empty_file_holds_no_ballots(kind: str, content: bytes) -> None:
    assert ballots.read(content, kind) == []

"""CSV and JSON Lines, read back by the standard library."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive.exports import FORMATS, Entry, format_of, jsonl, table
from service.archive.exports.plain import line, lines
from service.errors import InputError
from service.records import Author, Flag, Kind
from tests.exported import HOSTILE, TITLES, entry
from tests.factories import work

SIGNS = "=+-@\t\r\n＝＋－＠"


def rows(*entries: Entry) -> list[dict[str, str]]:
    text = "".join(table.written(entries))
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def objects(*entries: Entry) -> list[dict[str, Any]]:
    text = "".join(jsonl.written(entries))
    return [json.loads(told) for told in text.encode().decode().splitlines()]


def hostile(number: int, text: str) -> Entry:
    made = work(number, title=text, abstract=text, venue=text, url=text, published="2026")
    return Entry(made, (Author(text, text), Author(collective=text)), keywords=(text,))


def test_a_row_has_all_of_a_work() -> None:
    (row,) = rows(entry(7, flags=frozenset({Flag.RETRACTED}), kind=Kind.REVIEW))
    assert row == {
        "work": "7",
        "key": "litwatch-7",
        "title": "Stromal niche 7 shields tumour cells from neutrophil killing",
        "authors": "Lindqvist, Maja; van der Okafor, Chidi B; RECOVERY Group, and Friends",
        "journal": "Journal of Stromal Biology",
        "issn": "2049-3630",
        "published": "2026-11-18",
        "kind": "review",
        "flags": "retracted",
        "doi": "10.5555/stroma.7",
        "pmid": "40000007",
        "pmcid": "",
        "arxiv": "",
        "url": "https://journal.example.org/articles/7",
        "pdf_url": "",
        "keywords": "stroma; NETs & traps",
        "topics": "tumour-stroma",
        "sources": "pubmed",
        "first_seen_at": "2026-11-23T07:00:00+00:00",
        "abstract": "Stroma shapes immunity. Niches of fibroblasts hold neutrophils back.",
    }


@pytest.mark.parametrize("sign", SIGNS)
def test_no_cell_is_a_formula(sign: str) -> None:
    assert table.harmless(f"{sign}cmd|'/C calc'!A0") == f"'{sign}cmd|'/C calc'!A0"
    assert table.harmless(f"'{sign}1") == f"''{sign}1"
    assert table.harmless(f"a{sign}1") == f"a{sign}1"


@given(st.lists(HOSTILE, max_size=3))
def test_whatever_titles_say_each_work_is_one_row_without_formulas(titles: list[str]) -> None:
    found = rows(*(hostile(number, title) for number, title in enumerate(titles, 1)))
    assert [row["work"] for row in found] == [str(n) for n in range(1, len(titles) + 1)]
    for row, title in zip(found, titles, strict=True):
        assert row.keys() == {*table.COLUMNS}
        assert not any(cell.startswith(tuple(SIGNS)) for cell in row.values())
        assert table.meant(row["title"]) == line(title)
        assert table.meant(row["abstract"]) == lines(title)


@given(st.lists(TITLES, max_size=3))
def test_json_lines_give_every_title_back(titles: list[str]) -> None:
    found = objects(*(hostile(number, title) for number, title in enumerate(titles, 1)))
    assert [each["title"] for each in found] == titles


@given(HOSTILE)
def test_any_text_is_one_line_of_json(text: str) -> None:
    (found,) = objects(hostile(1, text))
    assert found["title"] == line(text)


def test_json_lines_have_authors_in_parts() -> None:
    (found,) = objects(entry(7))
    assert found["authors"] == [
        {"family": "Lindqvist", "given": "Maja", "orcid": "0000-0002-1825-0097"},
        {"family": "van der Okafor", "given": "Chidi B"},
        {"name": "RECOVERY Group, and Friends"},
    ]
    assert found["topics"] == ["tumour-stroma"]
    assert found["pmcid"] is None


def test_names_whose_parts_nobody_knows_stand_whole() -> None:
    (found,) = objects(Entry(work(authors=("Lindqvist Maja",))))
    assert found["authors"] == [{"name": "Lindqvist Maja"}]


def test_an_empty_table_still_names_its_columns() -> None:
    assert "".join(table.written([])) == ",".join(table.COLUMNS) + "\r\n"
    assert objects() == []


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.bib", "bibtex"),
        ("a.RIS", "ris"),
        ("a.json", "csl"),
        ("a.b.csv", "csv"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.nbib", "nbib"),
    ],
)
def test_a_file_tells_its_format_by_its_ending(name: str, form: str) -> None:
    assert format_of(name) == form


@pytest.mark.parametrize("name", ["a.xlsx", "bib", "", "bib.d/works"])
def test_other_endings_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"none of the endings \.bib, \.ris"):
        format_of(name)


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_entries_are_read_as_they_are_written(form: str) -> None:
    """Nothing is held back: a chunk is there before the second entry after it is asked for."""
    asked = []

    def given() -> Any:
        for number in range(1, 100):
            asked.append(number)
            yield entry(number)

    chunks = FORMATS[form].written(given())
    for wanted in range(1, 5):
        next(chunks)
        assert len(asked) <= wanted

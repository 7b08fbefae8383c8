"""RIS, read back by rispy, and by what imports a person's own files."""

from __future__ import annotations

import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from service.archive.exports import Entry, ris
from service.normalisation import normalise
from service.records import Author, Flag, Identifiers, Kind, Paper
from service.sources.citation_files import read_ris
from tests.exported import HOSTILE, PEOPLE, TITLES, entry
from tests.factories import work


def written(*entries: Entry) -> str:
    return "".join(ris.written(entries))


def read(*entries: Entry) -> list[Paper]:
    """What our own import makes of the file."""
    return [normalise(each) for each in read_ris(written(*entries).encode()).records]


def test_an_article_has_its_fields() -> None:
    (found,) = rispy.loads(written(entry(7)))
    assert found == {
        "type_of_reference": "JOUR",
        "id": "litwatch-7",
        "title": "Stromal niche 7 shields tumour cells from neutrophil killing",
        "authors": [
            "Lindqvist, Maja",
            "van der Okafor, Chidi B",
            "RECOVERY Group, and Friends,",
        ],
        "secondary_title": "Journal of Stromal Biology",
        "year": "2026",
        "date": "2026/11/18/",
        "issn": "2049-3630",
        "doi": "10.5555/stroma.7",
        "accession_number": "40000007",
        "name_of_database": "PubMed",
        "urls": ["https://journal.example.org/articles/7"],
        "keywords": ["stroma", "NETs & traps", "tumour-stroma"],
        "abstract": "Stroma shapes immunity. Niches of fibroblasts hold neutrophils back.",
    }


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_work_comes_back_as_what_it_was(kind: Kind) -> None:
    (paper,) = read(entry(kind=kind))
    assert paper.kind is kind


@pytest.mark.parametrize("published", ["2026", "2026-11", "2026-11-08", None])
def test_a_date_is_as_precise_as_it_was(published: str | None) -> None:
    (paper,) = read(entry(published=published))
    assert paper.published == published


def test_all_that_a_work_says_comes_back() -> None:
    ids = Identifiers("10.5555/a_b", "40000001", "PMC12345", "2611.01234")
    given = entry(ids=ids, abstract="WHY: So.\nHOW: Thus.")
    (paper,) = read(given)
    assert paper.ids == ids
    assert paper.venue == given.work.venue
    assert paper.abstract == "WHY: So. HOW: Thus."
    assert paper.keywords == given.subjects
    assert paper.issn == "2049-3630"
    assert paper.url == given.work.url
    assert [a.name for a in paper.authors] == [a.name for a in PEOPLE]


def test_a_retracted_paper_says_so() -> None:
    (found,) = rispy.loads(written(entry(flags=frozenset({Flag.RETRACTED}))))
    assert found["notes"] == ["RETRACTED"]


@given(st.lists(HOSTILE, min_size=1, max_size=3), HOSTILE, HOSTILE)
def test_no_text_begins_a_line(titles: list[str], name: str, address: str) -> None:
    people = (Author(name, name), Author(collective=name))
    entries = [
        Entry(
            work(number, title=title, abstract=title, venue=name, url=f"https://x/{address}"),
            authors=people,
            keywords=(name,),
        )
        for number, title in enumerate(titles, 1)
    ]
    text = written(*entries)
    found = rispy.loads(text)
    assert [each["id"] for each in found] == [each.key for each in entries]
    assert [each["doi"] for each in found] == [each.work.ids.doi for each in entries]
    assert text.count("\r\n") == len(text.splitlines())
    assert sum(line.startswith("ER  - ") for line in text.splitlines()) == len(entries)


@given(st.lists(TITLES, min_size=1, max_size=3))
def test_any_title_comes_back(titles: list[str]) -> None:
    entries = [entry(number, title=title) for number, title in enumerate(titles, 1)]
    assert [each["title"] for each in rispy.loads(written(*entries))] == titles
    assert [paper.title for paper in read(*entries)] == titles


def test_semicolons_do_not_make_two_people_of_one() -> None:
    people = (Author("Li; Wu", "A"), Author("Smith, Jones", "B"), Author(collective="X; Y"))
    (paper,) = read(Entry(work(), authors=people))
    assert [a.name for a in paper.authors] == ["Li Wu A", "Smith Jones B", "X Y"]


def test_nothing_is_written_of_no_works() -> None:
    assert written() == ""

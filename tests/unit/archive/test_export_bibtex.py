"""BibTeX, read back by bibtexparser, and by what imports a person's own files."""

from __future__ import annotations

import logging
import re

import pytest
from bibtexparser.entrypoint import parse_string
from hypothesis import given
from hypothesis import strategies as st

from service.archive.exports import Entry, bibtex
from service.normalisation import normalise
from service.records import Author, Flag, Identifiers, Kind, Paper
from service.sources.citation_files import read_bibtex
from tests.exported import HOSTILE, PEOPLE, PLAIN, TITLES, entry
from tests.factories import work


def written(*entries: Entry) -> str:
    return "".join(bibtex.written(entries))


def parsed(text: str) -> list[dict[str, str]]:
    """The entries' fields, with type and key; there is nothing else in the text."""
    library = parse_string(text)
    assert len(library.blocks) == len(library.entries), library.failed_blocks
    return [
        {"ENTRYTYPE": e.entry_type, "ID": e.key} | {f.key: str(f.value) for f in e.fields}
        for e in library.entries
    ]


def read(*entries: Entry) -> list[Paper]:
    """What our own import makes of the file."""
    return [normalise(each) for each in read_bibtex(written(*entries).encode()).records]


def test_an_article_has_its_fields() -> None:
    (found,) = parsed(written(entry(7)))
    assert found == {
        "ENTRYTYPE": "article",
        "ID": "litwatch-7",
        "title": "Stromal niche 7 shields tumour cells from neutrophil killing",
        "author": "Lindqvist, Maja and van der Okafor, Chidi B and {RECOVERY Group, and Friends}",
        "journal": "Journal of Stromal Biology",
        "year": "2026",
        "month": "nov",
        "day": "18",
        "doi": "10.5555/stroma.7",
        "pmid": "40000007",
        "issn": "2049-3630",
        "url": "https://journal.example.org/articles/7",
        "keywords": r"stroma, NETs \& traps, tumour-stroma",
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
    given = entry(ids=ids, kind=Kind.PREPRINT, venue="bioRxiv")
    (paper,) = read(given)
    assert paper.ids == ids
    assert paper.kind is Kind.PREPRINT
    assert paper.venue == "bioRxiv"
    assert paper.abstract == given.abstract
    assert paper.keywords == given.subjects
    assert paper.issn == "2049-3630"
    assert paper.url == given.work.url
    assert [a.name for a in paper.authors] == [a.name for a in PEOPLE]
    assert paper.authors[2] == PEOPLE[2]


@pytest.mark.parametrize(
    ("flags", "note"),
    [
        ({Flag.RETRACTED, Flag.CORRECTED}, "RETRACTED; Corrected"),
        ({Flag.WITHDRAWN}, "WITHDRAWN"),
        ({Flag.CONCERN}, "Expression of concern"),
    ],
)
def test_what_became_of_a_paper_is_noted(flags: set[Flag], note: str) -> None:
    (found,) = parsed(written(entry(flags=frozenset(flags))))
    assert found["note"] == note


@given(st.lists(HOSTILE, min_size=1, max_size=3), HOSTILE, HOSTILE)
def test_no_text_breaks_out_of_its_field(titles: list[str], name: str, address: str) -> None:
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
    found = parsed(text)
    assert [each["ID"] for each in found] == [each.key for each in entries]
    assert {each["doi"] for each in found} == {each.work.ids.doi for each in entries}
    # As BibTeX itself counts: braces balance, escaped or not, and never below the entry.
    depth = 0
    for line in text.splitlines():
        for sign in re.findall("[{}]", line):
            depth += 1 if sign == "{" else -1
            assert depth >= 0
        assert not line.lstrip().startswith("@") or depth == 1
    assert depth == 0


@given(HOSTILE)
def test_only_the_commands_that_write_a_sign_are_left(text: str) -> None:
    known = {r"\textbackslash", r"\textasciicircum", r"\textasciitilde", r"\lbrace", r"\rbrace"}
    assert set(re.findall(r"\\[A-Za-z]+", bibtex.escaped(text))) <= known


def _told(text: str) -> str:
    """pylatexenc writes the sign ^ as the accent that stands alone."""
    return text.replace("^", "ˆ")


@given(TITLES)
def test_any_title_comes_back(title: str) -> None:
    (paper,) = read(entry(title=title))
    assert _told(paper.title) == _told(title)


@given(st.lists(TITLES, max_size=3))
def test_a_file_of_many_has_each_of_them(titles: list[str]) -> None:
    entries = [entry(number, title=title) for number, title in enumerate(titles, 1)]
    assert [each["ID"] for each in parsed(written(*entries))] == [e.key for e in entries]


def test_capitals_that_mean_something_are_kept_from_styles() -> None:
    (found,) = parsed(written(entry(title="Loss of TGF-β and mRNA in iPSC: a Case of PD-L1")))
    assert found["title"] == "Loss of {TGF-β} and {mRNA} in {iPSC}: a Case of {PD-L1}"


def test_a_name_without_parts_stands_whole() -> None:
    (found,) = parsed(written(Entry(work(authors=("Lindqvist Maja", "A and B")))))
    assert found["author"] == "{Lindqvist Maja} and {A and B}"


def test_names_with_commas_and_conjunctions_stay_one_person() -> None:
    people = (Author("Smith and Sons", "A, B"), Author("others", ""), Author("Li", ""))
    (paper,) = read(Entry(work(), authors=people))
    assert [a.name for a in paper.authors] == ["Smith and Sons A, B", "others", "Li"]


def test_a_key_does_not_change_when_the_work_does() -> None:
    first, later = entry(3, published="2025", authors=()), entry(3, kind=Kind.REVIEW)
    assert first.key == later.key == "litwatch-3"
    assert re.fullmatch("[A-Za-z0-9:-]+", first.key)


def test_addresses_of_other_schemes_are_left_out() -> None:
    (found,) = parsed(written(Entry(work(url="javascript:alert(1)"), authors=PLAIN)))
    assert "url" not in found


def test_nothing_is_written_of_no_works(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert written() == ""
    assert not caplog.records

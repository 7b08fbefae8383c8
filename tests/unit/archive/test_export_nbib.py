"""nbib, read back by what imports it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive.exports import Entry, nbib
from service.normalisation import normalise
from service.records import Author, Flag, Identifiers, Kind, Paper
from service.sources.reading import read as payload
from tests.exported import HOSTILE, PEOPLE, TITLES, entry
from tests.factories import work


def written(*entries: Entry) -> str:
    return "".join(nbib.written(entries))


def read(*entries: Entry) -> list[Paper]:
    """What our own import makes of the file."""
    return [normalise(each) for each in payload("pubmed", written(*entries).encode()).records]


def test_a_record_is_as_pubmed_writes_it() -> None:
    assert written(entry(7, flags=frozenset({Flag.RETRACTED}), abstract="Stroma. " * 20)) == (
        "PMID- 40000007\n"
        "IS  - 2049-3630\n"
        "DP  - 2026 Nov 18\n"
        "DEP - 20261118\n"
        "TI  - Stromal niche 7 shields tumour cells from neutrophil killing\n"
        "LID - 10.5555/stroma.7 [doi]\n"
        "AB  - Stroma. Stroma. Stroma. Stroma. Stroma. Stroma. Stroma. Stroma. Stroma. Stroma.\n"
        "      Stroma. Stroma. Stroma. Stroma. Stroma. Stroma. Stroma. Stroma. Stroma. Stroma.\n"
        "FAU - Lindqvist, Maja\n"
        "AUID- ORCID: 0000-0002-1825-0097\n"
        "FAU - van der Okafor, Chidi B\n"
        "CN  - RECOVERY Group, and Friends\n"
        "PT  - Journal Article\n"
        "PT  - Retracted Publication\n"
        "JT  - Journal of Stromal Biology\n"
        "OT  - stroma\n"
        "OT  - NETs & traps\n"
        "OT  - tumour-stroma\n"
        "GN  - RETRACTED\n"
        "AID - 10.5555/stroma.7 [doi]\n"
        "\n"
    )


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.OTHER}))
def test_every_kind_of_work_comes_back_as_what_it_was(kind: Kind) -> None:
    (paper,) = read(entry(kind=kind))
    assert paper.kind is kind


@pytest.mark.parametrize("published", ["2026", "2026-11", "2026-11-08", None])
def test_a_date_is_as_precise_as_it_was(published: str | None) -> None:
    (paper,) = read(entry(published=published))
    assert paper.published == published


def test_all_that_a_work_says_comes_back() -> None:
    ids = Identifiers("10.5555/a_b", "40000001", "PMC12345")
    flags = frozenset({Flag.RETRACTED, Flag.WITHDRAWN})
    given = entry(ids=ids, flags=flags, abstract="WHY NOW: So.\nHOW AND WHEN: Thus.")
    (paper,) = read(given)
    assert paper.ids == ids
    assert paper.flags == flags
    assert paper.venue == given.work.venue
    assert paper.abstract == given.work.abstract
    assert paper.keywords == given.subjects
    assert paper.issn == "2049-3630"
    assert paper.authors == PEOPLE


def test_a_work_that_is_not_in_pubmed_is_left_out() -> None:
    outside = entry(2, ids=Identifiers(doi="10.5555/x"))
    assert not nbib.fits(outside)
    assert [paper.ids.pmid for paper in read(entry(1), outside, entry(3))] == [
        "40000001",
        "40000003",
    ]


@given(st.lists(HOSTILE, min_size=1, max_size=3), HOSTILE)
def test_no_text_begins_a_line(titles: list[str], name: str) -> None:
    people = (Author(name, name), Author(collective=name))
    entries = [
        Entry(
            work(number, title=f"T {title}", abstract=title, venue=name),
            authors=people,
            keywords=(name,),
        )
        for number, title in enumerate(titles, 1)
    ]
    text = written(*entries)
    assert [paper.ids for paper in read(*entries)] == [each.work.ids for each in entries]
    tags = re.findall(r"^PMID- (\d+)$", text, re.MULTILINE)
    assert tags == [each.work.ids.pmid for each in entries]
    assert len(text.splitlines()) == text.count("\n")


@given(st.lists(TITLES, min_size=1, max_size=3))
def test_any_title_comes_back(titles: list[str]) -> None:
    entries = [entry(number, title=title) for number, title in enumerate(titles, 1)]
    assert [paper.title for paper in read(*entries)] == titles


def test_a_name_without_parts_stands_whole() -> None:
    (paper,) = read(Entry(work(authors=("Lindqvist Maja",))))
    assert [a.name for a in paper.authors] == ["Lindqvist Maja"]

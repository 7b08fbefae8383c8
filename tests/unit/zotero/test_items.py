"""A work as an item: the server takes it, and it says what the work says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from service.archive.exports import Entry
from service.records import Author, Flag, Identifiers, Kind
from service.zotero.items import item_of
from service.zotero.marks import ids_of, is_ours, key_of, names_of, names_of_item
from tests.exported import HOSTILE, PLAIN, entry
from tests.factories import work
from tests.fake_zotero import FIELDS, SIGNS, _invalid

if TYPE_CHECKING:
    from service.zotero.library import Library
    from tests.fake_zotero import FakeZotero


def item(**changes: Any) -> dict[str, Any]:
    return item_of(entry(**changes), "SHELF222")


def test_an_article_has_its_fields_by_the_names_of_zotero() -> None:
    found = item(ids=Identifiers("10.5555/stroma.1", "40000001", "PMC7700077", "2611.00001"))
    assert found == {
        "itemType": "journalArticle",
        "title": "Stromal niche 1 shields tumour cells from neutrophil killing",
        "creators": [
            {"creatorType": "author", "lastName": "Lindqvist", "firstName": "Maja"},
            {"creatorType": "author", "lastName": "van der Okafor", "firstName": "Chidi B"},
            {"creatorType": "author", "name": "RECOVERY Group, and Friends"},
        ],
        "abstractNote": "Stroma shapes immunity. Niches of fibroblasts hold neutrophils back.",
        "publicationTitle": "Journal of Stromal Biology",
        "date": "2026-11-18",
        "DOI": "10.5555/stroma.1",
        "ISSN": "2049-3630",
        "url": "https://journal.example.org/articles/1",
        "extra": "PMID: 40000001\nPMCID: PMC7700077\narXiv: 2611.00001\nlitwatch:work=1",
        "tags": [
            {"tag": "tumour-stroma"},
            {"tag": "stroma", "type": 1},
            {"tag": "NETs & traps", "type": 1},
        ],
        "collections": ["SHELF222"],
    }


def test_a_preprint_names_its_server_and_its_number_there() -> None:
    found = item(kind=Kind.PREPRINT, venue="arXiv", ids=Identifiers(arxiv="2611.00001"))
    assert found["itemType"] == "preprint"
    assert found["repository"] == "arXiv"
    assert found["archiveID"] == "arXiv:2611.00001"
    assert "DOI" not in found
    assert found["extra"] == "litwatch:work=1"


def test_what_a_type_has_no_field_for_stands_in_extra() -> None:
    found = item(kind=Kind.BOOK)
    assert found["publisher"] == "Journal of Stromal Biology"
    assert "DOI" not in found
    assert found["extra"].splitlines()[:2] == ["PMID: 40000001", "DOI: 10.5555/stroma.1"]


def test_what_became_of_the_paper_is_told() -> None:
    assert "RETRACTED" in item(flags=frozenset({Flag.RETRACTED}))["extra"].splitlines()


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_an_item_that_the_server_takes(kind: Kind) -> None:
    found = item(kind=kind)
    assert _invalid(found) is None
    assert set(found) - FIELDS[found["itemType"]] <= {"itemType", "creators", "tags", "collections"}


def test_what_is_not_known_is_left_out() -> None:
    bare = work(1, authors=(), venue="", abstract="", published=None, url="", ids=Identifiers())
    assert item_of(Entry(bare), "SHELF222") == {
        "itemType": "journalArticle",
        "title": bare.title,
        "extra": "litwatch:work=1",
        "collections": ["SHELF222"],
    }


def test_a_name_of_one_part_is_still_a_name() -> None:
    found = item_of(replace(entry(), authors=(Author("Madonna"),)), "SHELF222")
    assert found["creators"] == [{"creatorType": "author", "lastName": "Madonna", "firstName": ""}]
    assert _invalid(found) is None


def test_a_keyword_that_is_too_long_for_a_tag_is_left_out_and_a_topic_counts_as_ones_own() -> None:
    told = replace(entry(), keywords=("x" * 256, "y" * 255, "stroma"), topics=("stroma",))
    tags = item_of(told, "SHELF222")["tags"]
    assert tags == [{"tag": "stroma"}, {"tag": "y" * 255, "type": 1}]


@given(HOSTILE, HOSTILE, HOSTILE)
@settings(max_examples=200)
def test_any_text_makes_an_item_that_the_server_takes(a: str, b: str, c: str) -> None:
    told = replace(
        entry(title=f"T {a}", abstract=b, venue=c, url=a),
        keywords=(a, b),
        topics=(c,),
        authors=(Author(a, b), Author(collective=c)),
    )
    found = item_of(told, "SHELF222")
    assert _invalid(found) is None
    assert is_ours(found)
    assert ids_of(found).pmid == "40000001"
    assert all(line.count("litwatch:work=") <= 1 for line in found["extra"].splitlines())


# -- recognising ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_every_item_is_recognised_by_each_of_its_identifiers(kind: Kind) -> None:
    ids = Identifiers("10.5555/stroma.1", "40000001", "PMC7700077", "2611.00001")
    told = Entry(work(1, kind=kind, ids=ids))
    assert names_of_item(item_of(told, "SHELF222")) == names_of(told)


def test_a_key_is_of_the_signs_that_zotero_takes_and_depends_on_the_paper_alone() -> None:
    one = Entry(work(1))
    assert set(key_of(one)) <= set(SIGNS)
    assert len(key_of(one)) == 8
    assert key_of(one) == key_of(Entry(work(1, title="Otherwise", id=77)))
    assert len({key_of(Entry(work(number))) for number in range(1, 2000)}) == 1999


def test_without_an_identifier_the_title_makes_the_key() -> None:
    one = Entry(work(1, ids=Identifiers()))
    assert key_of(one) == key_of(Entry(work(9, ids=Identifiers(), title=one.title.upper())))
    assert key_of(one) != key_of(Entry(work(1, ids=Identifiers(), title="Other")))


@pytest.mark.parametrize("extra", [None, 7, "", "litwatch:work=", "see litwatch:work=1", ["x"]])
def test_what_is_no_mark_is_none(extra: object) -> None:
    assert not is_ours({"extra": extra})
    assert not names_of_item({"extra": extra, "title": None, "DOI": 5})


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE)
def test_hostile_titles_reach_the_library_as_they_are(
    zotero: FakeZotero, library: Library, title: str
) -> None:
    told = Entry(work(1, title=f"T {title}"), authors=PLAIN)
    report = library.write("items", [item_of(told, "SHELF222")], zotero.version)
    assert report is not None
    assert report.failed == {}
    assert zotero.items[report.done[0]]["data"]["title"] == told.title

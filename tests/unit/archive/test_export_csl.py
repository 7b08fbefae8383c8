"""CSL-JSON, held against what its schema asks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive.exports import Entry, csl
from service.records import Author, Flag, Identifiers, Kind
from tests.exported import HOSTILE, entry
from tests.factories import work

# Of the schema 1.0.2: an item has these two, and no names but those the schema lists.
REQUIRED = {"id", "type"}
TYPES = {"article", "article-journal", "book", "dataset", "document"}
STRINGS = {
    "id", "type", "title", "container-title", "publisher", "genre", "status", "DOI", "PMID", "PMCID",
    "number", "ISSN", "URL", "keyword", "note", "abstract",
}  # fmt: skip


def written(*entries: Entry) -> list[dict[str, Any]]:
    text = "".join(csl.written(entries))
    text.encode()
    found: list[dict[str, Any]] = json.loads(text)
    return found


def valid(item: dict[str, Any]) -> None:
    """Raises AssertionError where the schema would refuse the item."""
    assert item.keys() >= REQUIRED
    assert item["type"] in TYPES
    assert item.keys() <= STRINGS | {"author", "issued"}
    assert all(isinstance(item[name], str) and item[name] for name in STRINGS & item.keys())
    for name in item.get("author", ()):
        assert name.keys() <= {"family", "given", "literal"}
        assert name
        assert all(isinstance(part, str) for part in name.values())
    for parts in item.get("issued", {}).get("date-parts", ()):
        assert 1 <= len(parts) <= 3
        assert all(isinstance(part, int) for part in parts)


def test_an_article_has_its_fields() -> None:
    (found,) = written(entry(7))
    valid(found)
    assert found == {
        "id": "litwatch-7",
        "type": "article-journal",
        "title": "Stromal niche 7 shields tumour cells from neutrophil killing",
        "author": [
            {"family": "Lindqvist", "given": "Maja"},
            {"family": "van der Okafor", "given": "Chidi B"},
            {"literal": "RECOVERY Group, and Friends"},
        ],
        "container-title": "Journal of Stromal Biology",
        "issued": {"date-parts": [[2026, 11, 18]]},
        "DOI": "10.5555/stroma.7",
        "PMID": "40000007",
        "ISSN": "2049-3630",
        "URL": "https://journal.example.org/articles/7",
        "keyword": "stroma, NETs & traps, tumour-stroma",
        "abstract": "Stroma shapes immunity. Niches of fibroblasts hold neutrophils back.",
    }


@pytest.mark.parametrize(
    ("kind", "type_", "genre"),
    [
        (Kind.ARTICLE, "article-journal", None),
        (Kind.REVIEW, "article-journal", "Review"),
        (Kind.PREPRINT, "article", "Preprint"),
        (Kind.BOOK, "book", None),
        (Kind.DATASET, "dataset", "Dataset"),
        (Kind.OTHER, "document", None),
    ],
)
def test_types_are_those_of_csl(kind: Kind, type_: str, genre: str | None) -> None:
    (found,) = written(entry(kind=kind))
    valid(found)
    assert (found["type"], found.get("genre")) == (type_, genre)


@pytest.mark.parametrize(
    ("published", "parts"), [("2026", [[2026]]), ("2026-03", [[2026, 3]]), (None, None)]
)
def test_a_date_is_as_precise_as_it_was(published: str | None, parts: object) -> None:
    (found,) = written(entry(published=published))
    assert found.get("issued", {}).get("date-parts") == parts


def test_a_retracted_preprint_says_so() -> None:
    flags, ids = frozenset({Flag.RETRACTED}), Identifiers(pmcid="PMC7", arxiv="2611.01234")
    (found,) = written(entry(flags=flags, ids=ids, kind=Kind.PREPRINT, venue="arXiv"))
    assert (found["status"], found["note"]) == ("retracted", "RETRACTED")
    assert (found["PMCID"], found["number"]) == ("PMC7", "arXiv:2611.01234")
    assert found["publisher"] == "arXiv"


@given(st.lists(HOSTILE, max_size=3), HOSTILE)
def test_any_text_makes_valid_items(titles: list[str], name: str) -> None:
    people = (Author(name, name), Author(collective=name))
    found = written(
        *(
            Entry(work(number, title=title, abstract=title, venue=name), people, keywords=(name,))
            for number, title in enumerate(titles, 1)
        )
    )
    assert len(found) == len(titles)
    for item in found:
        valid(item)


def test_no_works_are_an_empty_list() -> None:
    assert written() == []

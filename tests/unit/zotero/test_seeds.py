"""A collection's items as seeds: what a topic gets, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.records import Identifiers, Seed, Topic
from service.topics.documents import dump, parse
from service.zotero.items import item_of
from service.zotero.library import Stored
from service.zotero.seeds import pulled, seed_of
from tests.exported import HOSTILE, entry

TOPIC = Topic("stroma", "Stroma", (Seed("old", "paper", "An old seed"),))


def stored(key: str = "AAAA2222", **data: Any) -> Stored:
    return Stored(key, 1, {"itemType": "journalArticle", "title": f"Paper {key}"} | data)


def test_a_paper_becomes_a_seed() -> None:
    found = seed_of(
        stored(
            title="CD8<sup>+</sup> <i>niches</i>",
            creators=[
                {"creatorType": "author", "lastName": "Lindqvist", "firstName": "Maja"},
                {"creatorType": "editor", "lastName": "Not", "firstName": "Author"},
                {"creatorType": "author", "name": "NETs Group"},
            ],
            abstractNote="Niches hold\nneutrophils back.",
            publicationTitle="Journal of Stroma",
            date="18 November 2026",
            DOI="10.5555/Stroma.1",
            extra="PMID: 40000001",
        )
    )
    assert found == Seed(
        key="zotero-AAAA2222",
        kind="paper",
        title="CD8+ niches",
        authors=("Lindqvist Maja", "NETs Group"),
        ids=Identifiers(doi="10.5555/stroma.1", pmid="40000001"),
        venue="Journal of Stroma",
        published="2026-11-18",
        abstract="Niches hold neutrophils back.",
    )


def test_a_work_that_was_pushed_comes_back_as_it_was() -> None:
    told = entry()
    found = seed_of(Stored("AAAA2222", 1, item_of(told, "SHELF222")))
    assert found.title == told.title
    assert found.authors == tuple(person.name for person in told.people)
    assert (found.ids, found.venue) == (told.work.ids, told.venue)
    assert (found.published, found.abstract) == (told.work.published, told.abstract)


def test_files_and_notes_are_no_papers_and_what_has_no_title_is_named() -> None:
    items = [
        stored("AAAA2222", itemType="attachment"),
        stored("BBBB2222", itemType="note"),
        stored("CCCC2222", title=" <i></i> "),
        stored("DDDD2222", title=None),
        stored("EEEE2222"),
    ]
    found = pulled(items, TOPIC, weight=1.0, sign=1)
    assert [seed.key for seed in found.seeds] == ["zotero-EEEE2222"]
    assert found.untitled == ("CCCC2222", "DDDD2222")
    assert found.parts == 2


@pytest.mark.parametrize(
    "data",
    [
        {"title": "AN OLD SEED."},
        {"DOI": "https://doi.org/10.5555/OLD"},
        {"extra": "PMID: 7"},
        {"extra": "PMCID: PMC7777"},
        {"archiveID": "arXiv:2611.00001v2"},
    ],
)
def test_a_paper_that_the_topic_has_is_known_by_any_of_its_names(data: dict[str, str]) -> None:
    ids = Identifiers("10.5555/old", "7", "PMC7777", "2611.00001")
    topic = Topic("stroma", "Stroma", (Seed("old", "paper", "An old seed", ids=ids),))
    found = pulled([stored(**data)], topic, weight=1.0, sign=1)
    assert (found.seeds, found.known) == ((), 1)


def test_pulling_twice_and_two_copies_of_a_paper_make_one_seed() -> None:
    items = [stored("AAAA2222", DOI="10.5555/x"), stored("BBBB2222", DOI="10.5555/x")]
    first = pulled(items, TOPIC, weight=1.0, sign=1)
    assert [seed.key for seed in first.seeds] == ["zotero-AAAA2222"]
    again = pulled(items, Topic("s", "S", (*TOPIC.seeds, *first.seeds)), weight=1.0, sign=1)
    assert (again.seeds, again.known) == ((), 2)


def test_weight_and_sign_are_those_that_were_asked_for() -> None:
    [seed] = pulled([stored()], TOPIC, weight=0.5, sign=-1).seeds
    assert (seed.weight, seed.sign) == (0.5, -1)


_ANY = st.none() | st.integers() | HOSTILE | st.lists(st.none() | st.dictionaries(HOSTILE, HOSTILE))


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(
    ["title", "creators", "DOI", "extra", "url", "date", "abstractNote", "publicationTitle"]
), _ANY))  # fmt: skip
def test_whatever_an_item_holds_its_seed_can_stand_in_a_document(data: dict[str, Any]) -> None:
    found = pulled([Stored("AAAA2222", 1, data)], TOPIC, weight=1.0, sign=1)
    topic = Topic("s", "S", (*TOPIC.seeds, *found.seeds))
    assert parse(dump(topic), lambda _name: "") == topic

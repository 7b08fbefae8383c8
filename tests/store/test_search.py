from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.records import Author, Kind
from service.records.queries import Words
from tests.papers import Archive, paper

if TYPE_CHECKING:
    from service.store import Store

CHARACTERS = st.characters()  # surrogates and NUL as well
SYNTAX = st.sampled_from(['"', "'", "*", "(", ")", "NEAR", "NOT", "OR", "AND", "-", ":", "^", "|"])
TEXTS = st.text(CHARACTERS, max_size=30) | st.lists(SYNTAX, max_size=8).map(" ".join)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    archive.take_in(
        paper(1, title="Fibroblasts in pancreatic cancer", abstract="Stroma holds neutrophils."),
        paper(2, title="Neutrophils and fibroblasts", abstract="Extracellular traps in cancer."),
        paper(3, title="Mast cells", abstract="Traps of extracellular origin; no fibroblast."),
        paper(4, title="Café au lait", abstract="", authors=(Author("Müller-Lüdenscheidt", "A"),)),
    )
    return archive


def test_all_words_must_be_there(filled: Archive) -> None:
    assert filled.found("fibroblasts", "stroma") == [1]
    assert filled.found("fibroblasts", "zebra") == []
    assert filled.found() == []


def test_a_phrase_is_found_in_its_order_only(filled: Archive) -> None:
    assert filled.found("extracellular traps") == [2]


def test_unwanted_words_and_phrases_are_left_out(filled: Archive) -> None:
    assert set(filled.found("cancer", without=("pancreatic",))) == {2}
    assert set(filled.found("traps", without=("extracellular traps",))) == {3}
    assert set(filled.found("cancer", without=("***",))) == {1, 2}


def test_word_forms_and_case_do_not_matter(filled: Archive) -> None:
    assert set(filled.found("FIBROBLAST")) == {1, 2, 3}


def test_authors_and_venue_are_searched(filled: Archive) -> None:
    assert filled.found("Müller") == [4]
    assert len(filled.found("Journal of Stromal Biology")) == 4


def test_a_word_in_the_title_weighs_more(filled: Archive) -> None:
    assert filled.found("neutrophils") == [2, 1]


def test_postgresql_answers_from_its_index(filled: Archive) -> None:
    if filled.store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no other way than its index")
    with filled.store.engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")
        query = "EXPLAIN SELECT id FROM work WHERE document @@ 'cell'::tsquery"
        plan = connection.exec_driver_sql(query).scalars()
        assert "work_search" in "".join(plan)


def test_the_limit_holds(filled: Archive) -> None:
    with filled.store.reading() as tx:
        assert len(tx.search.ranked(Words("fibroblasts"), 2)) == 2


def test_what_changed_is_found_by_its_new_words_alone(filled: Archive) -> None:
    filled.take_in(paper(3, title="Basophils", abstract="Nothing else."))
    assert filled.found("mast cells") == []
    assert filled.found("basophils") == [3]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Basophils"},
        {"abstract": "Basophils."},
        {"venue": "Basophils"},
        {"kind": Kind.NEWS},
    ],
    ids=str,
)
def test_the_index_holds_what_the_works_say(filled: Archive, change: dict[str, Any]) -> None:
    filled.take_in(paper(1, authors=(Author("Basophil", "B"),)), paper(2, **change))
    found = set(filled.found("basophils")) | set(filled.found("basophil"))
    assert found == ({1} if "kind" in change else {1, 2})
    if filled.store.engine.dialect.name == "sqlite":
        with filled.store.engine.begin() as connection:
            check = "INSERT INTO work_fts(work_fts, rank) VALUES ('integrity-check', 1)"
            connection.exec_driver_sql(check)


@pytest.mark.parametrize("text", ['"', "\x00", "a\x00b", "\ud800", "_", "NOT", '" OR "', "-", "\\"])
def test_hostile_text_is_only_text(filled: Archive, text: str) -> None:
    filled.found(text)
    assert set(filled.found("cancer", without=(text,))) <= {1, 2}


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(wanted=st.lists(TEXTS, max_size=3), unwanted=st.lists(TEXTS, max_size=2))
def test_any_text_can_be_searched_for(store: Store, wanted: list[str], unwanted: list[str]) -> None:
    assert Archive(store).found(*wanted, without=tuple(unwanted)) == []

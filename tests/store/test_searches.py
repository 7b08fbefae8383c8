"""Queries that people have given names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service.errors import InputError
from service.records.findings import SavedSearch
from service.records.queries import Mode
from tests.papers import NOW

if TYPE_CHECKING:
    from service.store import Store


def saved(name: str = "nets-pdac", **changes: Any) -> SavedSearch:
    values: dict[str, Any] = {
        "query": 'title:"extracellular traps" (pdac OR pancrea*)',
        "mode": Mode.LEXICAL,
        "author": "Ida",
        "at": NOW,
    }
    return SavedSearch(name, **(values | changes))


def save(store: Store, *searches: SavedSearch, replace: bool = False) -> None:
    with store.writing() as tx:
        for search in searches:
            tx.searches.save(search, replace=replace)


def held(store: Store) -> list[SavedSearch]:
    with store.reading() as tx:
        return tx.searches.list()


def test_what_was_saved_is_read_back_as_it_was_typed(store: Store) -> None:
    typed = saved(query="  Sørensen \N{LEFT DOUBLE QUOTATION MARK}NETs'); DROP TABLE work;-- * ")
    save(store, typed)
    with store.reading() as tx:
        assert tx.searches.get("nets-pdac") == typed


def test_they_are_listed_by_name(store: Store) -> None:
    names = ["nets", "a-b", "caf", "a"]
    save(store, *map(saved, names))
    assert [each.name for each in held(store)] == sorted(names)


def test_a_name_that_is_taken_is_refused_with_what_has_it(store: Store) -> None:
    save(store, saved(query="caf lung"))
    with pytest.raises(InputError, match=r"is taken: it finds 'caf lung'.*--replace"):
        save(store, saved("other"), saved(query="stroma"))
    assert held(store) == [saved(query="caf lung")]  # all or nothing


def test_a_search_is_replaced_where_that_is_asked_for(store: Store) -> None:
    save(store, saved(), saved("other"))
    new = saved(query="stroma", mode=Mode.HYBRID, author="Rei")
    save(store, new, replace=True)
    assert held(store) == [new, saved("other")]


def test_what_is_removed_is_gone(store: Store) -> None:
    save(store, saved(), saved("other"))
    with store.writing() as tx:
        tx.searches.remove("nets-pdac")
    assert held(store) == [saved("other")]


def test_a_search_that_does_not_exist_is_refused_with_those_that_do(store: Store) -> None:
    with store.reading() as tx, pytest.raises(InputError, match="litwatch searches save"):
        tx.searches.get("caf")
    save(store, saved())
    with store.writing() as tx, pytest.raises(InputError, match="there are: nets-pdac"):
        tx.searches.remove("caf")

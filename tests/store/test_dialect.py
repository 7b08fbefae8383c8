from __future__ import annotations

import pytest

from service.store import Store
from service.store import engine as engines
from service.store.columns import storable
from service.store.dialect import chunks, insert_missing, take_numbers
from service.store.schema import CounterRow


def test_numbers_follow_one_another(store: Store) -> None:
    with engines.transaction(store.engine, write=True) as connection:
        assert [*take_numbers(connection, "a", 3)] == [1, 2, 3]
        assert [*take_numbers(connection, "a", 2)] == [4, 5]
        assert [*take_numbers(connection, "b", 1)] == [1]


def test_numbers_of_an_undone_transaction_are_taken_again(store: Store) -> None:
    def undone() -> None:
        with engines.transaction(store.engine, write=True) as connection:
            take_numbers(connection, "a", 3)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    with engines.transaction(store.engine, write=True) as connection:
        assert [*take_numbers(connection, "a", 1)] == [1]


def test_rows_that_are_there_are_left_as_they_are(store: Store) -> None:
    with engines.transaction(store.engine, write=True) as connection:
        insert_missing(connection, CounterRow, [{"name": "a", "value": 7}])
        insert_missing(connection, CounterRow, [{"name": n, "value": 0} for n in "ab"])
        insert_missing(connection, CounterRow, [])
        assert [*take_numbers(connection, "a", 1)] == [8]


def test_chunks_leave_nothing_out() -> None:
    assert chunks([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]
    assert chunks([], 2) == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [("plain", "plain"), ("a\x00b", "ab"), ("é\x00", "é"), ("\ud83d\udca9", ""), ("💩\n", "💩\n")],
)
def test_only_what_no_database_can_keep_is_dropped(text: str, kept: str) -> None:
    assert storable(text) == kept

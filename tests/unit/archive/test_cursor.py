from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive import cursor
from service.archive.cursor import Place
from service.errors import InputError
from service.records.findings import Search
from service.records.queries import Mode, Sort

SEARCH = Search("neutrophil traps")
NUMBERS = st.integers(0, 2**61)


@given(st.text(max_size=50), st.builds(Place, NUMBERS, NUMBERS, NUMBERS))
def test_a_place_is_read_as_it_was_written(text: str, place: Place) -> None:
    search = Search(text)
    told = cursor.written(search, place)
    assert told.replace("-", "").replace("_", "").isalnum()
    assert cursor.read(replace(search, cursor=told)) == place


def test_a_search_begins_without_a_cursor() -> None:
    assert cursor.read(SEARCH) is None


def test_how_many_are_shown_may_change_from_page_to_page() -> None:
    told = cursor.written(SEARCH, Place(9, 3, 4))
    assert cursor.read(replace(SEARCH, cursor=told, limit=7, facets=True)) == Place(9, 3, 4)


@pytest.mark.parametrize(
    "other",
    [
        replace(SEARCH, text="neutrophils"),
        replace(SEARCH, mode=Mode.LEXICAL),
        replace(SEARCH, sort=Sort.NEWEST),
    ],
)
def test_another_searchs_cursor_is_refused(other: Search) -> None:
    told = cursor.written(other, Place(9, 3, 4))
    with pytest.raises(InputError, match="belongs to another search"):
        cursor.read(replace(SEARCH, cursor=told))


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: raw.hex()))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="cursor"):
        cursor.read(replace(SEARCH, cursor=text))


@pytest.mark.parametrize("place", ["[]", '["x",1,2]', '["x",1,2,-3]', '["x",1,2,true]', "{}", "7"])
def test_what_is_no_place_is_refused(place: str) -> None:
    import base64

    told = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")
    with pytest.raises(InputError, match="cursor"):
        cursor.read(replace(SEARCH, cursor=told))

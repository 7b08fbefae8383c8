from __future__ import annotations

import pytest

from service.errors import ParseError
from service.normalisation import fields
from service.records import Record


def a_record(payload: bytes) -> Record:
    return Record("crossref", "10.1/x", "", "crossref-json", payload)


@pytest.mark.parametrize("payload", [b"", b"{", b"[1]", b'"x"', b"[" * 100_000])
def test_a_payload_that_is_no_object_is_a_parse_error_naming_the_record(payload: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        fields.load(a_record(payload))
    assert caught.value.thing == "crossref:10.1/x"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": {"b": " x "}}, "x"),
        ({"a": {"b": ["", "y", "z"]}}, "y"),
        ({"a": {"b": {"@type": "ORCID", "#text": "1"}}}, "1"),
        ({"A": {"B": 7}}, "7"),
        ({"a": {"b": True}}, ""),
        ({"a": {"b": None}}, ""),
        ({"a": ["b"]}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_text_is_found_whatever_its_form(value: object, expected: str) -> None:
    assert fields.text(value, "a", "b") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"a": [1, 2]}, [1, 2]), ({"a": 1}, [1]), ({"a": None}, []), ({"a": ""}, []), ({}, [])],
)
def test_a_lone_value_is_a_list_of_one(value: object, expected: list[object]) -> None:
    assert fields.items(value, "a") == expected


def test_objects_and_texts_leave_out_what_is_neither() -> None:
    value = {"a": [{"b": 1}, "x", None, "x", 3]}
    assert list(fields.objects(value, "a")) == [{"b": 1}]
    assert fields.texts(value, "a") == ("x", "3")

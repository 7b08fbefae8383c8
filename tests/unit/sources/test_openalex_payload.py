from __future__ import annotations

import json

import pytest

from service.errors import (
    BadRequestError,
    CursorLostError,
    NotDataError,
    NotFoundError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.sources.openalex_payload import read

WORK = {"id": "https://openalex.org/W12", "title": "A"}


def test_a_list_gives_count_and_cursor() -> None:
    body = {"meta": {"count": 7, "next_cursor": "Ils="}, "results": [WORK, {"id": "A5"}]}
    page = read(json.dumps(body).encode())
    assert [(r.key, r.format) for r in page.records] == [("openalex:W12", "openalex-json")]
    assert (page.stated, page.next) == (7, "Ils=")
    assert page.warnings == ("item 2 is left out: it has no OpenAlex id",)


def test_a_null_cursor_ends_the_walk() -> None:
    page = read(b'{"meta": {"count": 7, "next_cursor": null}, "results": []}')
    assert (page.records, page.stated, page.next) == ((), 7, None)


@pytest.mark.parametrize(
    "body",
    [WORK, [WORK], {"total_json_output": {"10.1_x": WORK}}, {"total_json_output": [WORK]}],
)
def test_a_work_is_found_in_every_wrapping(body: object) -> None:
    assert read(json.dumps(body).encode()).records[0].source_id == "W12"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("Rate limit exceeded", ThrottledError),
        ("Invalid cursor value", CursorLostError),
        ("Invalid query parameters error. from_created_date needs a key", BadRequestError),
        ("404 Not Found", NotFoundError),
        ("Internal Server Error", TransientError),
    ],
)
def test_an_error_object_has_its_class(said: str, error: type[SourceError]) -> None:
    with pytest.raises(error):
        read(json.dumps({"error": said, "message": ""}).encode())


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{}", NotDataError),
        (b"3", NotDataError),
        (b"<!doctype html><html lang=en><title>404 Not Found</title>", NotFoundError),
        (b'{"results": [', TransientError),
    ],
)
def test_every_other_bad_body_has_its_class(body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        read(body)

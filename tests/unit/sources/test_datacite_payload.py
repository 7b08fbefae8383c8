from __future__ import annotations

import json

import pytest

from service.errors import (
    BadRequestError,
    NotDataError,
    NotFoundError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.sources.datacite_payload import read

ENTRY = {"id": "10.48550/arxiv.1", "attributes": {"doi": "10.48550/ARXIV.1", "version": "v2"}}


def test_one_doi_is_one_record() -> None:
    (record,) = read(json.dumps({"data": ENTRY}).encode()).records
    assert (record.key, record.format) == ("datacite:10.48550/arxiv.1v2", "datacite-json")


def test_a_list_gives_total_and_the_next_address() -> None:
    body = {
        "data": [ENTRY, {"attributes": {}}, {"id": "10.5281/Z", "attributes": {"version": None}}],
        "meta": {"total": 9},
        "links": {"next": "https://api.datacite.org/dois?page%5Bcursor%5D=x"},
    }
    page = read(json.dumps(body).encode())
    assert [r.source_id for r in page.records] == ["10.48550/arxiv.1", "10.5281/z"]
    assert page.records[1].version == ""
    assert page.stated == 9
    assert page.next == "https://api.datacite.org/dois?page%5Bcursor%5D=x"
    assert len(page.warnings) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"errors":[{"status":"404","title":"The resource doesn\'t exist."}]}', NotFoundError),
        (b'{"errors":[{"status":"429","title":"slow down"}]}', ThrottledError),
        (b'{"errors":[{"status":"500","title":"oops"}]}', TransientError),
        (b'{"errors":[{"status":"400","title":"bad query"}]}', BadRequestError),
        (b'{"meta":{}}', NotDataError),
        (b"[]", NotDataError),
        (b'{"data":', TransientError),
    ],
)
def test_every_bad_body_has_its_class(body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        read(body)

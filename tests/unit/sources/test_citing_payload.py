from __future__ import annotations

import json
from typing import Any

import pytest

from service.errors import (
    BadRequestError,
    NotDataError,
    NotFoundError,
    SourceError,
    TransientError,
)
from service.sources.citing_payload import Citers, citations, name_of
from tests.fakes_citing import Citer
from tests.fakes_citing import citations as page

ASKED = {"page": "1", "pageSize": "1000"}


def body(**value: Any) -> bytes:
    return json.dumps(value).encode()


def test_a_page_tells_its_papers_and_how_many_there_are_in_all() -> None:
    told = page([Citer("41"), Citer("PPR9"), Citer("41")], ASKED, extra=4)
    assert citations(told) == Citers(("pmid:41", "europepmc:PPR/PPR9"), given=3, stated=7)


def test_nobody_cites_it() -> None:
    assert citations(page([], ASKED)) == Citers((), 0, 0)


def test_an_entry_without_a_usable_id_is_counted_and_has_no_name() -> None:
    entries = [
        {"source": "MED"},
        {"id": "x", "source": "MED"},
        "odd",
        {"id": "41", "source": "MED"},
    ]
    found = citations(body(hitCount=4, citationList={"citation": entries}))
    assert found == Citers(("pmid:41",), given=4, stated=4)


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ({"source": "MED", "id": "41000001"}, "pmid:41000001"),
        ({"source": "MED", "id": 41000001}, "pmid:41000001"),
        ({"source": "MED", "id": "0"}, ""),
        ({"source": "MED", "id": "9" * 5000}, ""),
        ({"source": "PMC", "id": "PMC7000001"}, "pmcid:PMC7000001"),
        ({"source": "PPR", "id": "PPR9"}, "europepmc:PPR/PPR9"),
        ({"source": "AGR", "id": "IND6"}, "europepmc:AGR/IND6"),
        ({"source": "PPR OR 1", "id": "PPR9"}, ""),
        ({"source": "PPR"}, ""),
        (None, ""),
    ],
)
def test_what_an_entry_is_called(entry: object, name: str) -> None:
    assert name_of(entry) == name


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (body(errCode=404, errMsg="Invalid page size provided"), NotFoundError),
        (body(errCode=500, errMsg="try later"), TransientError),
        (body(errCode=400, errMsg="odd"), BadRequestError),
        (body(citationList={"citation": []}), TransientError),
        (body(hitCount=3, citationList={"citation": "three"}), NotDataError),
        (b"[1]", NotDataError),
        (b'{"hitCount": 3, "citationList"', TransientError),
        (b"<html><body>down for maintenance</body></html>", TransientError),
        (b"", TransientError),
    ],
)
def test_a_body_that_is_no_list_is_an_error(told: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        citations(told)

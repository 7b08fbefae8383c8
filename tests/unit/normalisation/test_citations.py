from __future__ import annotations

import pytest

from service.normalisation import citations
from service.records import Identifiers


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("a", "b, c"), ("a", "b, c")),
        (("a, b",), ("a", "b")),
        (("a; b, c",), ("a", "b, c")),
        (("a\nb",), ("a", "b")),
        ((), ()),
    ],
)
def test_keywords_are_parted_as_their_file_parts_them(
    lines: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert citations.keywords(lines) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0008-5472", "0008-5472"),
        ("1474547x", "1474-547X"),
        ("0008-5472 (Print) 1538-7445", "0008-5472"),
        ("978-1-4302-0197-7", None),
        ("", None),
    ],
)
def test_an_issn_is_told_from_an_isbn(text: str, expected: str | None) -> None:
    assert citations.issn(text) == expected


def test_own_fields_go_before_notes() -> None:
    found = citations.ids("10.1000/own", "1", "PMC2", ["doi:10.1000/other PMID: 9", "PMC 8"])
    assert found == Identifiers("10.1000/own", "1", "PMC2")

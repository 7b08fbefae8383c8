"""A query is narrowed as a whole, not in its last word."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.archive import parse
from service.archive.narrowing import narrowed
from service.errors import QueryError
from service.records.queries import AllOf, AnyOf

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("neutrophil traps", "neutrophil traps type:review"),
        ("traps sort:newest", "traps sort:newest type:review"),
        ("traps OR nets", "(traps OR nets) type:review"),
        ("(traps OR nets) caf", "(traps OR nets) caf type:review"),
        ('"this OR that"', '"this OR that" type:review'),
    ],
)
def test_what_is_added_holds_of_all_that_is_found(text: str, asked: str) -> None:
    assert narrowed(text, "type:review") == asked
    term = parse(asked, NOW, UTC).term
    assert isinstance(term, AllOf)


def test_alternatives_stay_alternatives() -> None:
    term = parse(narrowed("traps OR nets", "type:review"), NOW, UTC).term
    assert isinstance(term, AllOf)
    assert any(isinstance(each, AnyOf) for each in term.terms)


def test_what_is_no_query_cannot_be_narrowed() -> None:
    with pytest.raises(QueryError):
        narrowed("traps OR", "type:review")

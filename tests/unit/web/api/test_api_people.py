"""What is told of people to whom."""

from __future__ import annotations

import pytest

from service.records.tokens import Scope
from service.web.api.access import Caller
from service.web.api.people import told

READER, ADMIN = Caller("a", Scope.VOTE), Caller("a", Scope.ADMIN)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ida@example.org", "i...@example.org"),
        ("mail:ida.berg+lab@example.org", "mail:i...@example.org"),
        ("Ida <ida@example.org>, Rei <rei@example.org>", "Ida <i...@example.org>, Rei <r...@example.org>"),
        ("550 5.1.1 <ida@example.org>: unknown", "550 5.1.1 <i...@example.org>: unknown"),
        ("@example.org", "...@example.org"),
        ("slack:U12345", "slack:U12345"),
        ("C0123456789", "C0123456789"),
        ("", ""),
    ],
)  # fmt: skip
def test_an_address_is_cut_short_for_all_but_admin(text: str, shown: str) -> None:
    assert told(text, READER) == shown
    assert told(text, ADMIN) == text


def test_a_long_text_takes_no_long_time() -> None:
    """It comes from mail servers; a search that went back and forth would take hours."""
    assert told("x" * 200_000, READER) == "x" * 200_000
    assert "ida" not in told("y " * 50_000 + "ida@example.org", READER)

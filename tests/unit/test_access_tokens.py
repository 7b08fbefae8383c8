"""How tokens are spelled, how long they last, how far they reach."""

from __future__ import annotations

import random
import re
import string
from datetime import timedelta

import pytest

from service import tokens
from service.errors import InputError
from service.records.tokens import Scope, Token
from tests.papers import NOW


def test_a_fresh_token_is_like_no_other() -> None:
    made = {tokens.fresh() for _ in range(200)}
    assert len(made) == 200
    for token in made:
        assert re.fullmatch(r"lw_[0-9A-Za-z]{38}", token)
        assert tokens.well_formed(token)


def test_a_token_that_was_mistyped_is_none() -> None:
    """Each one letter changed, two swapped, one lost, one too many."""
    chance = random.Random(5)
    token = tokens.fresh()
    for at in range(3, len(token)):
        other = chance.choice([c for c in string.ascii_letters + string.digits if c != token[at]])
        assert not tokens.well_formed(token[:at] + other + token[at + 1 :])
        assert not tokens.well_formed(token[:at] + token[at + 1 :])
        if at + 1 < len(token) and token[at] != token[at + 1]:
            swapped = token[:at] + token[at + 1] + token[at] + token[at + 2 :]
            assert not tokens.well_formed(swapped)
    for text in (
        "",
        "lw_",
        token + "0",
        token.upper(),
        f" {token}",
        token + "\n",
        "lw_" + "é" * 38,
    ):
        assert not tokens.well_formed(text)


def test_the_hash_is_sha_256() -> None:
    assert tokens.hashed("abc").startswith("ba7816bf8f01cfea414140de5dae2223")
    assert len(tokens.hashed(tokens.fresh())) == 64


@pytest.mark.parametrize("text", ["zotero", "a", "r-2.lab_x", "0", "x" * 64])
def test_a_name_that_is_plain_is_taken(text: str) -> None:
    assert tokens.name(text) == text


@pytest.mark.parametrize(
    "text", ["", "-a", "a-", "A", "(this machine)", "a b", "a\n", "ä", "x" * 65, "a/b", "a:b"]
)
def test_a_name_that_could_be_taken_for_something_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no name"):
        tokens.name(text)


@pytest.mark.parametrize(
    ("text", "hours"), [("36h", 36), ("90d", 2160), ("12w", 2016), ("1y", 8760), (" 2D ", 48)]
)
def test_a_life_is_read(text: str, hours: int) -> None:
    assert tokens.life(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "1.5d", "1m", "٣d", "99999y", "9" * 9 + "h"])  # fmt: skip
def test_a_life_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        tokens.life(text)


def test_each_scope_covers_those_before_it() -> None:
    order = list(Scope)
    assert order == ["read", "vote", "admin"]
    for place, scope in enumerate(order):
        assert [scope.covers(other) for other in order] == [
            other_place <= place for other_place in range(3)
        ]


def test_a_token_says_why_it_lets_nobody_in() -> None:
    end = NOW + timedelta(days=1)
    token = Token("a", "", Scope.READ, NOW, expires_at=end)
    assert token.refused(NOW) == ""
    assert token.refused(end) == "has expired"
    assert Token("a", "", Scope.READ, NOW).refused(NOW + timedelta(days=9_999)) == ""
    assert Token("a", "", Scope.READ, NOW, revoked_at=end).refused(NOW) == "was revoked"

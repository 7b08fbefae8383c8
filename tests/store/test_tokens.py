from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import InputError
from service.records.tokens import Scope, Token
from tests.papers import NOW

if TYPE_CHECKING:
    from service.store import Store

ZOTERO = Token("zotero", "a" * 64, Scope.VOTE, NOW, expires_at=NOW + timedelta(days=90))
LATER = NOW + timedelta(days=3)


@pytest.fixture
def lab(store: Store) -> Store:
    with store.writing() as tx:
        tx.tokens.add(ZOTERO)
    return store


def test_a_token_is_kept_whole(lab: Store) -> None:
    with lab.reading() as tx:
        assert tx.tokens.all() == [ZOTERO]
        assert tx.tokens.find("a" * 64) == ZOTERO
        assert tx.tokens.find("b" * 64) is None
        assert tx.tokens.find("") is None


def test_a_name_is_given_once(lab: Store) -> None:
    with pytest.raises(InputError, match="exists, or did"), lab.writing() as tx:
        tx.tokens.add(replace(ZOTERO, sha256="b" * 64))
    with lab.writing() as tx:
        tx.tokens.revoke("zotero", LATER)
    with pytest.raises(InputError), lab.writing() as tx:
        tx.tokens.add(replace(ZOTERO, sha256="c" * 64))
    with lab.reading() as tx:
        assert [token.sha256 for token in tx.tokens.all()] == ["a" * 64]


def test_a_revoked_token_is_found_as_such_and_keeps_its_first_date(lab: Store) -> None:
    with lab.writing() as tx:
        assert tx.tokens.revoke("zotero", LATER)
        assert not tx.tokens.revoke("zotero", LATER + timedelta(days=1))
    with lab.reading() as tx:
        found = tx.tokens.find("a" * 64)
    assert found == replace(ZOTERO, revoked_at=LATER)


def test_one_that_does_not_exist_cannot_be_revoked(lab: Store) -> None:
    with pytest.raises(InputError, match="does not exist"), lab.writing() as tx:
        tx.tokens.revoke("other", LATER)


def test_there_is_a_usable_one_until_the_last_is_revoked_or_has_expired(lab: Store) -> None:
    with lab.writing() as tx:
        assert tx.tokens.usable(NOW)
        assert not tx.tokens.usable(NOW + timedelta(days=90))
        tx.tokens.add(Token("scripts", "b" * 64, Scope.READ, NOW))
        assert tx.tokens.usable(NOW + timedelta(days=90))
        tx.tokens.revoke("scripts", LATER)
        assert tx.tokens.usable(LATER)
        tx.tokens.revoke("zotero", LATER)
        assert not tx.tokens.usable(LATER)


def test_an_archive_without_tokens_has_no_usable_one(store: Store) -> None:
    with store.reading() as tx:
        assert not tx.tokens.usable(NOW)
        assert tx.tokens.all() == []


def test_the_day_of_the_last_use_is_that_which_was_said_last(lab: Store) -> None:
    with lab.writing() as tx:
        tx.tokens.used("zotero", NOW.date())
        tx.tokens.used("zotero", LATER.date())
        tx.tokens.used("nobody", LATER.date())
    with lab.reading() as tx:
        assert tx.tokens.all() == [replace(ZOTERO, last_used_on=LATER.date())]


def test_tokens_are_listed_by_name(lab: Store) -> None:
    with lab.writing() as tx:
        for number, name in enumerate(("beta", "alpha")):
            tx.tokens.add(Token(name, f"{number}" * 64, Scope.ADMIN, NOW))
    with lab.reading() as tx:
        assert [token.name for token in tx.tokens.all()] == ["alpha", "beta", "zotero"]

"""Feeds for those who may read the API: by a token, or on this machine."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from service import tokens
from service.records.tokens import Scope, Token
from service.web.app import create
from tests.feed_rules import atom_faults, json_faults
from tests.papers import NOW
from tests.web_site import Site, text

if TYPE_CHECKING:
    from collections.abc import Callable

STROMA = "/feeds/topics/stroma.atom"


def token(site: Site, name: str = "reader", **changes: Any) -> str:
    made = tokens.fresh()
    values: dict[str, Any] = {"scope": Scope.READ, "created_at": NOW} | changes
    with site.app.store.writing() as tx:
        tx.tokens.add(Token(name, tokens.hashed(made), **values))
    return made


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


def basic(value: str) -> dict[str, str]:
    """The token as a password, as feed readers ask for one."""
    return {"Authorization": f"Basic {base64.b64encode(f'ida:{value}'.encode()).decode()}"}


@pytest.mark.parametrize("shown", [bearer, basic])
@pytest.mark.parametrize("path", ["topics/stroma", "digests/Lab"])
def test_a_token_opens_every_feed(
    site: Site, shown: Callable[[str], dict[str, str]], path: str
) -> None:
    login = shown(token(site))
    for form, faults in (("atom", atom_faults), ("json", json_faults)):
        page = site.browser.get(f"/feeds/{path}.{form}", headers=login)
        assert page.status_code == 200
        assert faults(page.content) == []
        own = f"https://litwatch.example.org/feeds/{path}.{form}"
        assert own.encode() in page.content
        assert page.headers["vary"] == "Authorization"
        known = login | {"If-None-Match": page.headers["etag"]}
        assert site.browser.get(f"/feeds/{path}.{form}", headers=known).status_code == 304
        assert site.browser.head(f"/feeds/{path}.{form}", headers=login).status_code == 200


def test_without_a_token_a_program_is_asked_for_one_and_told_nothing(site: Site) -> None:
    for path in (STROMA, "/feeds/topics/none.atom", "/feeds/x/y.json"):
        page = site.browser.get(path)
        assert page.status_code == 401
        assert "Basic" in page.headers["www-authenticate"]
        assert "stroma" not in text(page)


@pytest.mark.parametrize(
    "changes",
    [{"expires_at": NOW + timedelta(hours=1)}, {"revoked_at": NOW + timedelta(hours=1)}],
)
def test_a_token_that_is_no_longer_good_opens_nothing(site: Site, changes: dict[str, Any]) -> None:
    assert site.browser.get(STROMA, headers=bearer(token(site, **changes))).status_code == 401


def test_with_what_the_client_has_it_must_still_show_a_token(site: Site) -> None:
    etag = site.browser.get(STROMA, headers=bearer(token(site))).headers["etag"]
    assert site.browser.get(STROMA, headers={"If-None-Match": etag}).status_code == 401


@pytest.mark.parametrize(
    "path", ["topics/none.atom", "x/y.atom", "topics/stroma.rss", "topics/stroma"]
)
def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    page = site.browser.get(f"/feeds/{path}", headers=bearer(token(site)))
    assert page.status_code == 404


def _on_this_machine(site: Site, *, at_home: bool) -> TestClient:
    app = create(site.app, at_home=at_home)
    return TestClient(app, base_url="http://127.0.0.1:8080", client=("127.0.0.1", 50_000))


def test_on_this_machine_no_token_is_needed(site: Site) -> None:
    site.app.settings = site.app.settings.model_copy(
        update={"web": site.app.settings.web.model_copy(update={"url": ""})}
    )
    assert _on_this_machine(site, at_home=True).get(STROMA).status_code == 200
    assert _on_this_machine(site, at_home=False).get(STROMA).status_code == 401


def test_without_the_api_there_are_the_signed_addresses_alone(site: Site) -> None:
    site.app.settings = site.app.settings.model_copy(
        update={"web": site.app.settings.web.model_copy(update={"api": False})}
    )
    browser = TestClient(create(site.app))
    assert browser.get(STROMA, headers=bearer(token(site))).status_code == 404
    assert browser.get(f"{site.app.capabilities.feed('topics', 'stroma')}.atom").status_code == 200

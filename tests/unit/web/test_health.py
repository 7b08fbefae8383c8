from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.errors import SchemaError, StoreError

if TYPE_CHECKING:
    from tests.web_site import Site


def test_the_process_and_its_database_are_well(site: Site) -> None:
    for path in ("/healthz", "/readyz"):
        answer = site.browser.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert site.browser.head(path).status_code == 200


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StoreError("postgresql://ida:hunter2@db", "refused"), "store"),
        (SchemaError("litwatch.db", "is older"), "schema"),
    ],
)
def test_without_its_database_the_process_is_alive_but_not_ready(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: StoreError, reason: str
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(site.app, "check", refuse)
    assert site.browser.get("/healthz").status_code == 200
    answer = site.browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "reason": reason}


def test_looking_changes_nothing(site: Site) -> None:
    before = site.rows()
    for _ in range(3):
        site.browser.get("/readyz")
    assert site.rows() == before

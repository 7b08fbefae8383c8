"""The API over an archive of three works that has some of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service import normalisation
from tests import papers
from tests.api_office import Office, fill

if TYPE_CHECKING:
    from tests.web_site import Site


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Without a public address, so that this machine may ask without a token."""
    return settings | {"web": {"api_rate": 100_000}}


@pytest.fixture
def office(site: Site, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(normalisation, "normalise", papers.understood)
    fill(site.app)
    return Office(site.app, site.time)

"""The site over an archive of three works that has some of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api_office import Office, fill
from tests.site_visits import Visits

if TYPE_CHECKING:
    from tests.web_site import Site


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Without a public address, so that this machine needs no sign-in."""
    return settings | {"web": {"keys": ["k" * 32]}}


@pytest.fixture
def visits(site: Site) -> Visits:
    fill(site.app)
    return Visits(Office(site.app, site.time))

"""What all tests share: the folder of real payloads, and no network beyond this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder that holds captures/, eval/ and seeds/, beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("needs the real payloads in ../shared, which this checkout has not")
    return SHARED


def pytest_make_parametrize_id(val: object) -> str | None:
    """Hostile texts as ASCII: an id with a lone surrogate cannot travel between test processes."""
    return ascii(val)[:80] if isinstance(val, str) and not val.isprintable() else None

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

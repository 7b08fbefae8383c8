"""An app whose sources of single papers are in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import seed_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[seed_desk.Desk]:
    yield from seed_desk.desks(tmp_path, monkeypatch)

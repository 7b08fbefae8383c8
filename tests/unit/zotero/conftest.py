"""A library on this machine, and a client that waits for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.sources.http import PoliteClient
from service.zotero.library import Library
from tests.fake_zotero import KEY, FakeZotero
from tests.fault_server import FakeTime

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def zotero() -> Iterator[FakeZotero]:
    with FakeZotero() as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def library(zotero: FakeZotero, time: FakeTime) -> Iterator[Library]:
    clock = time.clock()
    http = PoliteClient(
        "litwatch/test", rules={}, unknown_host=0.0, trusted=frozenset({zotero.host}), clock=clock
    )
    yield Library(http, clock, zotero.url, zotero.path, KEY)
    http.close()

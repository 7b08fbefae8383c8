"""Exports over a real socket: sent while they are written, and ended when nobody listens."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn

from service.bootstrap import exported
from service.errors import StoreError
from service.web.server import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api_office import Office


@contextmanager
def serving(office: Office) -> Iterator[int]:
    """The port of a server in this process."""
    config = uvicorn.Config(office.web, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    with listening("127.0.0.1", 0) as bound:
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


def eventually(true: Any) -> bool:
    """Whether it becomes true within some seconds."""
    for _ in range(200):
        if true():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every search finds the same work without end; how many were read."""
    read: list[int] = []

    def found(_tx: Any, _query: Any) -> Iterator[int]:
        for number in itertools.count():
            read.append(number)
            yield 1

    monkeypatch.setattr(exported, "found", found)
    return read


def test_who_leaves_in_the_middle_holds_no_connection(office: Office, endless: list[int]) -> None:
    """The pool has fifteen: the sixteenth would wait for ever."""
    pool: Any = office.app.store.engine.pool
    address = b"GET /api/v1/exports?format=csv&q=a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with serving(office) as port:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port)) as asked:
                asked.sendall(address)
                assert asked.recv(65_536).startswith(b"HTTP/1.1 200")
        assert eventually(lambda: pool.checkedout() == 0)
        seen = len(endless)
        time.sleep(0.2)
        assert len(endless) == seen, "nothing is written for nobody"
        answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/topics", trust_env=False)
        assert answer.status_code == 200


def test_an_export_that_breaks_off_is_seen_to(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a file that looks whole would be the worst of answers."""

    def found(_tx: Any, _query: Any) -> Iterator[int]:
        yield from [1] * 5_000
        raise StoreError("the archive", "has gone")

    monkeypatch.setattr(exported, "found", found)
    pool: Any = office.app.store.engine.pool
    with serving(office) as port:
        address = f"http://127.0.0.1:{port}/api/v1/exports?format=csv&q=a"
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(address, trust_env=False)
        assert eventually(lambda: pool.checkedout() == 0)


def test_the_head_of_an_endless_export_ends(office: Office, endless: list[int]) -> None:
    pool: Any = office.app.store.engine.pool
    with serving(office) as port:
        address = f"http://127.0.0.1:{port}/api/v1/exports?format=csv&q=a"
        assert httpx.head(address, trust_env=False).status_code == 200
        assert eventually(lambda: pool.checkedout() == 0)
    assert len(endless) < 5_000

"""Writing through the polite client: a body as it is, and what may become of it on the way."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from service.errors import BadRequestError, FetchRefusedError
from service.sources.http import PoliteClient
from tests.fault_server import FakeTime, FaultServer, redirect, reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.protocols import Response

JSON = {"Content-Type": "application/json", "Zotero-API-Key": "sesame-open"}


def whole(response: Response) -> bytes:
    return response.body


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as running:
        yield running


@pytest.fixture
def client() -> Iterator[PoliteClient]:
    clock = FakeTime().clock()
    trusted = frozenset({"127.0.0.1", "localhost"})
    polite = PoliteClient("litwatch/test", rules={}, unknown_host=0.0, trusted=trusted, clock=clock)
    yield polite
    polite.close()


def test_content_is_posted_as_it_is(client: PoliteClient, server: FaultServer) -> None:
    url = server.script("/items", reply(200, b"done"))
    body = '[{"title": "α"}]'.encode()
    assert client.fetch(url, read=whole, content=body, headers=JSON) == b"done"
    [seen] = server.requests
    assert (seen.method, seen.body) == ("POST", body)
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["content-length"] == str(len(body))


def test_empty_content_is_posted_too(client: PoliteClient, server: FaultServer) -> None:
    client.fetch(server.script("/items", reply(200)), read=whole, content=b"")
    assert [(seen.method, seen.body) for seen in server.requests] == [("POST", b"")]


@pytest.mark.parametrize(
    ("status", "then"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")]
)
def test_a_redirect_on_the_same_host_keeps_content_where_http_says_so(
    client: PoliteClient, server: FaultServer, status: int, then: str
) -> None:
    server.script("/new", reply(200, b"done"))
    url = server.script("/old", redirect(server.url("/new"), status))
    client.fetch(url, read=whole, content=b"[]", headers=JSON)
    [seen] = server.seen("/new")
    assert (seen.method, seen.body) == (then, b"[]" if then == "POST" else b"")


@pytest.mark.parametrize("status", [307, 308])
def test_content_is_never_carried_to_another_host(
    client: PoliteClient, server: FaultServer, status: int
) -> None:
    server.script("/new", reply(200))
    url = server.script("/old", redirect(server.url("/new", host="localhost"), status))
    with pytest.raises(FetchRefusedError, match="another host"):
        client.fetch(url, read=whole, content=b"[]", headers=JSON)
    assert server.seen("/new") == []


def test_a_key_in_a_header_goes_to_no_other_host(client: PoliteClient, server: FaultServer) -> None:
    server.script("/new", reply(200))
    url = server.script("/old", redirect(server.url("/new", host="localhost")))
    client.fetch(url, read=whole, headers=JSON)
    [seen] = server.seen("/new")
    assert "zotero-api-key" not in seen.headers


@pytest.mark.parametrize("name", ["Zotero-API-Key", "Authorization"])
def test_a_key_in_a_header_is_told_by_no_error_and_no_log(
    client: PoliteClient, server: FaultServer, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    busy, bad = reply(500, b"key sesame-open"), reply(400, b"the key sesame-open is bad")
    url = server.script("/items", busy, bad)
    with pytest.raises(BadRequestError, match=r"the key \*\*\* is bad") as caught:
        client.fetch(url, read=whole, content=b"[]", headers={name: "sesame-open"})
    assert "sesame" not in str(caught.value) + caplog.text

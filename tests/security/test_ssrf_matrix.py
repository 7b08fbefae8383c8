"""Addresses that lead inside: none of them makes the fetching client open a connection.

Every connection that the client would make ends at a canary, whatever host and port it is for. So a
canary that nobody came to says more than that 127.0.0.1 was not reached: nothing was tried at all.
"""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import FetchRefusedError, SourceError
from service.sources import network
from service.sources.http import PoliteClient, user_agent
from tests.fault_server import FakeTime, FaultServer, redirect, reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

TLS = ssl.create_default_context()  # made once: it takes longer than a test
PUBLIC = "130.14.29.110"
PUBLIC6 = "2607:f220:41e:4290::110"

# Refused by what the address says, before any name is looked up.
FORMS = (
    "http://a@127.0.0.1/",
    "http://a:b@127.0.0.1/",
    "http://example.org@127.0.0.1/",
    "http://127.0.0.1@example.org/",
    "https://user:@example.org/",
    "http://127.0.0.1:22/",
    "http://127.0.0.1:6379/",
    "http://example.org:8080/",
    "http://example.org:0/",
    "http://example.org:65536/",
    "http://[::1]:5432/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "gopher://127.0.0.1:70/_x",
    "dict://127.0.0.1:11211/stats",
    "ldap://127.0.0.1/",
    "unix:///run/docker.sock",
    "jar:http://127.0.0.1!/",
    "data:text/plain,x",
    "javascript:alert(1)",
    "ws://127.0.0.1/",
    "//127.0.0.1/",
    "127.0.0.1",
    "http://",
    "http:///x",
    "http:127.0.0.1",
    "http://127.0.0.1\\@example.org/",
    "http://127.0.0.1%00.example.org/",
    "http://exa\tmple.org/",
    "http://127.0.0.1\r\nHost: x/",
    "http://１２７.０.０.１/",  # full-width digits
    "http://127。0。0。1/",  # full stops that IDNA takes for dots
    "http://①②⑦.⓪.⓪.①/",
)
# Refused by where the host leads.
ADDRESSES = (
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://127.0.0.1:80/",
    "http://127.0.0.1:443/",
    "http://127.1/",
    "http://127.255.255.254/",
    "http://2130706433/",  # decimal
    "http://0x7f000001/",  # hexadecimal
    "http://0x7f.0.0.1/",
    "http://0x7F.1/",
    "http://017700000001/",  # octal
    "http://0177.0.0.1/",
    "http://0177.0x0.0.01/",
    "http://0/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",  # IPv4-mapped
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::127.0.0.1]/",  # IPv4-compatible
    "http://[64:ff9b::7f00:1]/",  # NAT64
    "http://[64:ff9b::169.254.169.254]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",  # 6to4
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:7f00:1::]/",  # Teredo
    "http://[2001:db8::1]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/",  # carrier-grade NAT, where one cloud keeps its metadata
    "http://192.0.0.192/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://loopback.example/",
    "http://loopback.example./",
    "http://LOOPBACK.example/",
    "http://xn--bcher-kva.example/",
    "http://bücher.example/",
    "http://mixed.example/",
    "http://mixed6.example/",
    "http://metadata.example/computeMetadata/v1/",
    "http://nat64.example/",
    "http://sixtofour.example/",
    "http://mapped.example/",
    "http://zoned.example/",
    "http://127.0.0.1.nip.example/",
    "http://nonsense.example/",
)
NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "loopback.example": ["127.0.0.1"],
    "loopback.example.": ["127.0.0.1"],
    "xn--bcher-kva.example": ["127.0.0.1"],
    "mixed.example": [PUBLIC, "127.0.0.1"],
    "mixed6.example": [PUBLIC6, PUBLIC, "::1"],
    "metadata.example": ["169.254.169.254"],
    "nat64.example": ["64:ff9b::a9fe:a9fe"],
    "sixtofour.example": ["2002:7f00:1::"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "zoned.example": ["fe80::1%lo"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "nonsense.example": ["not an address"],
    "good.example": [PUBLIC],
}
MATRIX = (*FORMS, *ADDRESSES)


class Resolver:
    """Answers of its own for names, the system's for numbers however they are written."""

    def __init__(self) -> None:
        self.turns: dict[str, list[list[str]]] = {}  # the last one repeats

    def __call__(self, host: str, port: int) -> list[str]:
        if host in self.turns:
            left = self.turns[host]
            return left.pop(0) if len(left) > 1 else left[0]
        if host in NAMES:
            return NAMES[host]
        if not host.strip("0123456789abcdefABCDEFxX.:"):
            return network.system_resolve(host, port)  # asks no server about numbers
        raise socket.gaierror(-2, "Name or service not known")


class Wire:
    """Notes every connection that is asked for, and leads all but those to `own` to the canary."""

    def __init__(self, canary: FaultServer) -> None:
        self.asked: list[tuple[str, int]] = []
        self.own: set[int] = set()
        self._canary = canary
        self._really = socket.create_connection

    def connect(self, address: tuple[str, int], *args: Any, **more: Any) -> socket.socket:
        if address[1] in self.own:
            return self._really(address, *args, **more)
        self.asked.append(address)
        return self._really(("127.0.0.1", self._canary.port), *args, **more)


@pytest.fixture
def canary() -> Iterator[FaultServer]:
    with serving() as server:
        server.script("/", reply(200, b"you should not be here"))
        yield server


@pytest.fixture
def wire(canary: FaultServer, monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire(canary)
    monkeypatch.setattr(socket, "create_connection", wire.connect)
    return wire


@pytest.fixture
def resolver() -> Resolver:
    return Resolver()


@pytest.fixture
def client(resolver: Resolver) -> Iterator[PoliteClient]:
    made = polite(resolver)
    yield made
    made.close()


def polite(resolver: Resolver, *trusted: str) -> PoliteClient:
    return PoliteClient(
        user_agent("lab@example.org"),
        rules={},
        unknown_host=0.0,
        trusted=frozenset(trusted),
        clock=FakeTime().clock(),
        resolve=resolver,
        tries=2,
        tls=TLS,
        deadline=3.0,  # the canary may wait for the rest of a handshake that it does not know
    )


def fetched(client: PoliteClient, url: str) -> bytes:
    return client.fetch(url, read=lambda response: response.body)


def refusal(client: PoliteClient, url: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetched(client, url)
    return caught.value


def test_the_matrix_has_far_more_than_sixty_addresses() -> None:
    assert len(set(MATRIX)) >= 90


@pytest.mark.parametrize("url", MATRIX)
def test_an_address_that_leads_inside_is_not_connected_to(
    url: str, client: PoliteClient, canary: FaultServer, wire: Wire
) -> None:
    error = refusal(client, url)
    assert wire.asked == []
    assert canary.connections == 0
    unresolved = "cannot be resolved" in error.cause  # as some systems say of odd numbers
    assert isinstance(error, FetchRefusedError) or unresolved, error


def test_a_redirect_to_any_of_them_is_not_followed(
    resolver: Resolver, canary: FaultServer, wire: Wire
) -> None:
    """By every status that redirects. The server that redirects is the operator's own: even it is
    not believed."""
    statuses = (301, 302, 303, 307, 308)
    with serving() as server:
        wire.own.add(server.port)
        client = polite(resolver, f"127.0.0.1:{server.port}")
        for at, url in enumerate(MATRIX):
            if "\n" in url or not url.isascii() or not re.match(r"\w+://[^/]", url):
                continue  # cannot stand in a header, or is a page of the same server
            start = server.script(f"/{at}", redirect(url, statuses[at % 5]))
            refusal(client, start)
            assert len(server.seen(f"/{at}")) <= 2, url  # tried again where a name was not found
        client.close()
        assert len(server.requests) > 70
    assert wire.asked == []
    assert canary.connections == 0


def test_without_the_guard_they_would_all_arrive(
    client: PoliteClient, canary: FaultServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests above can fail: but for this one function, the canary would be full."""
    monkeypatch.setattr(network, "is_public", lambda _: True)
    arrived = []
    for url in ADDRESSES:
        before = canary.connections
        with suppress(SourceError):  # TLS, or a path that the canary does not know
            fetched(client, url)
        if canary.connections > before or wire.asked:
            arrived.append(url)
        wire.asked.clear()
    assert len(arrived) >= len(ADDRESSES) - 8, "some systems do not read odd numbers"


def test_a_public_address_is_reached(client: PoliteClient, wire: Wire) -> None:
    assert fetched(client, "http://good.example/") == b"you should not be here"
    assert wire.asked == [(PUBLIC, 80)]


# -- names that change --------------------------------------------------------------------------------


def test_a_name_that_changes_its_answers_leads_only_where_it_was_checked(
    client: PoliteClient, resolver: Resolver, canary: FaultServer, wire: Wire
) -> None:
    """DNS rebinding: looked up once for each connection, and the checked answer is connected to."""
    canary.script("/", reply(200, b"first", {"Connection": "close"}))
    resolver.turns["rebound.example"] = [[PUBLIC], ["127.0.0.1"], ["169.254.169.254"]]
    assert fetched(client, "http://rebound.example/") == b"first"
    for _ in range(3):
        assert isinstance(refusal(client, "http://rebound.example/"), FetchRefusedError)
    assert wire.asked == [(PUBLIC, 80)]


def test_a_name_that_changes_between_a_redirect_and_its_target_is_checked_again(
    client: PoliteClient, resolver: Resolver, canary: FaultServer, wire: Wire
) -> None:
    canary.script("/", redirect("http://two.rebound.example/inside"))
    resolver.turns["one.rebound.example"] = [[PUBLIC]]
    resolver.turns["two.rebound.example"] = [["10.0.0.7"]]
    refusal(client, "http://one.rebound.example/")
    assert wire.asked == [(PUBLIC, 80)]
    assert not canary.seen("/inside")


def test_what_is_trusted_is_not_trusted_under_another_name(
    resolver: Resolver, canary: FaultServer, wire: Wire
) -> None:
    """A private host that the operator named opens no other way to its address."""
    client = polite(resolver, "intranet.example")
    resolver.turns["intranet.example"] = [["10.0.0.7"]]
    resolver.turns["stranger.example"] = [["10.0.0.7"]]
    fetched(client, "http://intranet.example/")
    assert wire.asked == [("10.0.0.7", 80)]
    for url in ("http://10.0.0.7/", "http://stranger.example/", "http://intranet.example.evil/"):
        refusal(client, url)
    client.close()
    assert len(wire.asked) == 1


# -- the environment ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_no_proxy_of_the_environment_is_used(
    name: str,
    client: PoliteClient,
    canary: FaultServer,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy would be asked for names, and its answers could not be checked."""
    monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    fetched(client, "http://good.example/")
    assert wire.asked == [(PUBLIC, 80)]
    assert canary.requests[0].target == "/", "not the form in which a proxy is asked"
    assert isinstance(refusal(client, "http://127.0.0.1/"), FetchRefusedError)
    assert len(wire.asked) == 1


# -- what a refusal tells ---------------------------------------------------------------------------------


def test_a_refusal_does_not_tell_where_a_name_leads(client: PoliteClient, wire: Wire) -> None:
    """Else a stranger could map the network by what a feed's error says."""
    for host in ("metadata.example", "mapped.example", "nat64.example"):
        told = str(refusal(client, f"http://{host}/"))
        assert not any(address in told for address in NAMES[host])
    assert wire.asked == []

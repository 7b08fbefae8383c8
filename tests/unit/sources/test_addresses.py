from __future__ import annotations

import pytest

from service.sources.addresses import is_public, is_trusted


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "",
    ],
)
def test_a_private_or_disguised_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "130.14.29.110", "2607:f220:41e:4290::110", "1.1.1.1"]
)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


def test_trust_is_by_host_or_by_host_and_port() -> None:
    trusted = frozenset({"replay.lan", "127.0.0.1:8000"})
    assert is_trusted("replay.lan", 5000, trusted)
    assert is_trusted("127.0.0.1", 8000, trusted)
    assert not is_trusted("127.0.0.1", 5432, trusted)
    assert not is_trusted("evil.replay.lan", 80, trusted)

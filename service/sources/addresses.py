"""Which addresses Litwatch may talk to: the public internet, and no address that hides another.

`is_global` alone lets through NAT64 and 6to4 forms of 127.0.0.1, multicast and protocol
assignments on some supported Pythons, so a list of our own stands on top of it.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from service.errors import FetchRefusedError

_DENIED: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


def is_public(address: str) -> bool:
    """Whether `address` is a public unicast address in plain form; False for what is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if any(parsed.version == net.version and parsed in net for net in _DENIED):
        return False
    return parsed.is_global and not parsed.is_multicast


def is_trusted(host: str, port: int | None, trusted: frozenset[str]) -> bool:
    """Whether the operator named this host (or host and port) as one of their own."""
    return host in trusted or f"{host}:{port}" in trusted


def refused_address(host: str) -> FetchRefusedError:
    """The refusal of a host whose address is not public; the address itself is not told."""
    return FetchRefusedError(
        host,
        "the name leads to an address that is not on the public internet",
        "check the address; hosts of your own must be named as trusted in the configuration",
    )

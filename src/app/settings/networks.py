"""Networks of proxies: read as they are meant, and too many of them together are everybody."""

from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

Network = IPv4Network | IPv6Network

# Where IPv6 holds all of IPv4 (RFC 4291, 2.5.5.2).
MAPPED = IPv6Network("::ffff:0:0/96")
# The same behind a translator (RFC 6052, 2.1).
TRANSLATED = IPv6Network("64:ff9b::/96")
# What is nobody's on the internet (RFC 1918, 6598, 1122, 3927; RFC 4193, 4291).
PRIVATE = tuple(
    ip_network(each)
    for each in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
        "169.254.0.0/16", "fc00::/7", "fe80::/10", "::1/128",
    )
)  # fmt: skip
# Public addresses that proxies may have in all: a /6 of IPv4, and a /12 of IPv6, as a continent is
# given.
MOST = {4: 2**26, 6: 2**116}


def read_network(raw: str) -> Network:
    """One of IPv4 that is written as IPv6 is one of IPv4. Raises `ValueError`."""
    network = ip_network(raw)
    mapped = isinstance(network, IPv6Network) and network.subnet_of(MAPPED)
    return _inner(network) if mapped else network


def are_everybody(networks: tuple[Network, ...]) -> bool:
    """Whether together they are more of the internet than anybody's proxies."""
    meant = [_inner(each) if _holds_v4(each) else each for each in networks]
    return any(_public_addresses(meant, version) > most for version, most in MOST.items())


def _holds_v4(network: Network) -> bool:
    return network.version == 6 and (network.overlaps(MAPPED) or network.overlaps(TRANSLATED))


def _inner(network: Network) -> IPv4Network:
    """What of IPv4 it holds; all of it, when it is more than that."""
    length = max(0, network.prefixlen - MAPPED.prefixlen)
    within = int(network.network_address) & 0xFFFFFFFF if length else 0
    return IPv4Network((within, length))


def _public_addresses(networks: list[Network], version: int) -> int:
    ours: Any = [each for each in networks if each.version == version]
    return sum(part.num_addresses - _private_in(part) for part in collapse_addresses(ours))


def _private_in(network: Network) -> int:
    """How many of its addresses are private."""
    return sum(
        min(network.num_addresses, private.num_addresses)
        for private in PRIVATE
        if private.version == network.version and network.overlaps(private)
    )

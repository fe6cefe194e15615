"""The client's address, when proxies of ours stand in between."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

UNKNOWN = "0.0.0.0"  # noqa: S104 - an address that is nobody's, for a client on a socket


def client_ip(scope: Any, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """The right-most address of `X-Forwarded-For` that is not one of our proxies; without one of
    them in front, the peer itself. What stands further left is whatever the client wrote.
    """
    peer = scope["client"][0] if scope["client"] else UNKNOWN
    if not trusted:
        return _address(peer) or UNKNOWN
    hops = [peer, *reversed(_forwarded(scope["headers"]))]
    for hop in hops:
        address = _address(hop)
        if address is None:
            return _address(peer) or UNKNOWN
        if not any(ip_address(address) in network for network in trusted):
            return address
    return _address(hops[-1]) or UNKNOWN


def _forwarded(headers: list[tuple[bytes, bytes]]) -> list[str]:
    lines = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    return [hop.strip() for hop in ",".join(lines).split(",") if hop.strip()]


@lru_cache(4096)
def _address(hop: str) -> str | None:
    """Canonical, a v4 address in v6 clothing as v4; None for what is no address."""
    try:
        address = ip_address(hop)
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)

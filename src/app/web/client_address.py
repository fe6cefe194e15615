"""What proxies say of a request, as far as it is believed: the address that it comes from, and
which one they ask about.
"""

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from app.domain.checks import Finding, Status
from app.settings.environment import origin

log = logging.getLogger("app.proxies")

UNKNOWN = "0.0.0.0"  # noqa: S104 - an address that is nobody's, for a client on a socket


AGAIN = 60.0  # seconds until a peer is told of again in the log
REMEMBERED = 600.0  # seconds that health tells of one
# Of X-Forwarded-For: hops that are read, from the right, and characters of one. A client may write
# thousands, and where its own address is a trusted one, each would be read.
MOST_HOPS, LONGEST_HOP = 20, 64
# An address with a port or in brackets, as some proxies write it (RFC 7239, 6).
WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")


class UntrustedForwarding:
    """Peers that send X-Forwarded-For and are not in TRUSTED_PROXIES: a proxy that is missing
    there, so that all who come through it count as one, or someone who makes an address up.
    """

    def __init__(self, trusted: tuple[IPv4Network | IPv6Network, ...]) -> None:
        self._trusted = trusted
        self._peer, self._seen_at, self._logged_at = "", 0.0, float("-inf")

    def look(self, scope: Any) -> None:
        if not any(name == b"x-forwarded-for" for name, _ in scope["headers"]):
            return
        peer = _address(scope["client"][0] if scope["client"] else UNKNOWN) or UNKNOWN
        if any(_ip(peer) in network for network in self._trusted):
            return
        self._peer, self._seen_at = peer, monotonic()
        if self._seen_at - self._logged_at >= AGAIN:
            self._logged_at = self._seen_at
            log.warning("X-Forwarded-For from outside TRUSTED_PROXIES", extra={"peer": peer})

    async def finding(self) -> Finding:
        if self._peer and monotonic() - self._seen_at < REMEMBERED:
            return Status.WARN, f"X-Forwarded-For from {self._peer}, not in TRUSTED_PROXIES"
        return Status.PASS, ""


def find_client_ip(scope: Any, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """The right-most address of `X-Forwarded-For` that is not one of our proxies; without one of
    them in front, the peer itself. What stands further left is whatever the client wrote. Of more
    proxies than `MOST_HOPS`, the last that is read counts.
    """
    peer = scope["client"][0] if scope.get("client") else UNKNOWN
    if not trusted:
        return _address(peer) or UNKNOWN
    hops = [peer, *reversed(_forwarded(scope["headers"]))]
    for hop in hops:
        address = _address(hop)
        if address is None:
            return _address(peer) or UNKNOWN
        if not any(_ip(address) in network for network in trusted):
            return address
    return _address(hops[-1]) or UNKNOWN


def is_from_proxy(scope: Any, trusted: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Whether the peer is one of our proxies."""
    if not trusted:
        return False
    address = _address(scope["client"][0] if scope["client"] else UNKNOWN)
    return address is not None and any(_ip(address) in network for network in trusted)


def _forwarded(headers: list[tuple[bytes, bytes]]) -> list[str]:
    lines = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    last = ",".join(lines).rsplit(",", MOST_HOPS)[-MOST_HOPS:]
    return [hop.strip() for hop in last if hop.strip()]


# Parsed once: a proxy has the same address in each request, and parsing it costs 4 µs.
_ip = lru_cache(4096)(ip_address)


def _address(hop: str) -> str | None:
    return _parsed(hop) if len(hop) <= LONGEST_HOP else None


@lru_cache(4096)
def _parsed(hop: str) -> str | None:
    """Canonical, a v4 address in v6 clothing as v4; None for what is no address."""
    bare = WITH_PORT.fullmatch(hop)
    try:
        address = ip_address((bare[1] or bare[2]) if bare else hop)
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


# The request that a proxy asks about.

PREFIX = b"x-forwarded-"
# What may follow an origin in a `Location` of ours: printable ASCII that no browser rewrites, and
# no fragment. What is longer is left out of a URL that has to fit into a cookie.
REST = re.compile(r"/[\x21\x24-\x3b\x3d\x3f-\x5b\x5d-\x7e]{0,1000}")
PAGES = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class ForwardedRequest:
    """`rest` is path and query, '' where they are not told; `method` is '' where it is not."""

    origin: str
    method: str
    rest: str

    @property
    def hostname(self) -> str:
        return urlsplit(self.origin).hostname or ""

    @property
    def url(self) -> str:
        """That of the page, or of the first page where it can't be gone back to."""
        return self.origin + (self.rest if REST.fullmatch(self.rest) else "/")


def read_forwarded(
    scope: Any, trusted: tuple[IPv4Network | IPv6Network, ...]
) -> ForwardedRequest | None:
    """None where a proxy of ours does not name the host, or names several: whoever else writes
    these headers would choose as which service they are told of a person.
    """
    if not is_from_proxy(scope, trusted):
        return None
    said: dict[bytes, list[str]] = {}
    for name, value in scope["headers"]:
        if name.startswith(PREFIX):
            said.setdefault(name.removeprefix(PREFIX), []).append(value.decode("latin-1"))
    hosts, schemes = said.get(b"host", []), said.get(b"proto", [])
    if len(hosts) != 1 or len(schemes) != 1:
        return None
    try:
        at = origin(f"{schemes[0]}://{hosts[0]}")
    except ValueError:
        return None
    return ForwardedRequest(at, _only(said.get(b"method")), _only(said.get(b"uri")))


def _only(values: list[str] | None) -> str:
    return values[0] if values and len(values) == 1 else ""

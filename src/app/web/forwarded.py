"""The request that a proxy asks about, as far as a proxy of ours says."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any
from urllib.parse import urlsplit

from app.settings.environment import origin
from app.web.client_address import is_from_proxy

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

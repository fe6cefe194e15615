"""What a request says of itself: by what it was sent, from where, and how it wants its answer."""

from ipaddress import IPv4Network, IPv6Network
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from app.domain.limits import Origin
from app.web.proxies import client_ip


class Asked:
    """`trusted_proxies` may speak for the client's address."""

    __slots__ = ("_headers", "_scope", "_trusted_proxies")

    def __init__(
        self,
        request: Request[Any, Any, Any],
        trusted_proxies: tuple[IPv4Network | IPv6Network, ...],
    ) -> None:
        self._scope, self._trusted_proxies = request.scope, trusted_proxies
        self._headers = dict(request.scope["headers"])

    @property
    def is_by_htmx(self) -> bool:
        return self._headers.get(b"hx-request") == b"true"

    @property
    def is_from_elsewhere(self) -> bool:
        """By a link or picture of another site; older browsers do not say."""
        site = self._headers.get(b"sec-fetch-site", b"none")
        return site not in (b"same-origin", b"none")

    @property
    def is_fragment(self) -> bool:
        """htmx swaps the inside of `<main>`; where it selects a part it wants the document."""
        return self.is_by_htmx and self._headers.get(b"hx-request-type") != b"full"

    @property
    def takes_gzip(self) -> bool:
        return b"gzip" in self._headers.get(b"accept-encoding", b"")

    @property
    def wants_html(self) -> bool:
        return b"text/html" in self._headers.get(b"accept", b"")

    @property
    def query(self) -> bytes:
        return bytes(self._scope["query_string"])

    @property
    def asked(self) -> dict[str, str]:
        """What stands behind the `?`; '' for a name without value."""
        return dict(parse_qsl(self.query.decode("latin-1"), keep_blank_values=True))

    @property
    def languages(self) -> str:
        """Those that the browser prefers, as it sends them."""
        return self._headers.get(b"accept-language", b"").decode("latin-1")

    @property
    def origin(self) -> Origin:
        return Origin.of(client_ip(self._scope, self._trusted_proxies))

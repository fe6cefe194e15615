"""What the web needs to know to read a request and to answer it, the same for all of them."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from app.domain.sessions.access_tokens import AccessTokens
from app.web.cookies import Cookies
from app.web.csrf import Csrf
from app.web.devices import Devices
from app.web.flows import Flows


@dataclass(frozen=True, slots=True)
class Manners:
    """`session_lifetime` in seconds; `trusted_proxies` may speak for the client's address."""

    cookies: Cookies
    csrf: Csrf
    devices: Devices
    flows: Flows
    access_tokens: AccessTokens
    session_lifetime: int
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]

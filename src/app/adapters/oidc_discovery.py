"""Discovery (OpenID Connect Discovery 1.0): where the endpoints of our issuer are."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.adapters.oidc_kept import Kept
from app.adapters.oidc_line import Line, Reply
from app.domain.identity.provider import NotVouchedFor
from app.environment import LOOPBACK

log = logging.getLogger("app.identity_provider")

DOCUMENT = ".well-known/openid-configuration"
FRESH = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Each an address that nobody else can listen in on; '' for one that it does not have."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    logout: str


class Discovery:
    """`issuer` is compared as it was configured, to the last slash."""

    def __init__(self, line: Line, issuer: str) -> None:
        self._line, self._issuer = line, issuer
        self._kept = Kept(self._fetch, FRESH)

    @property
    def known(self) -> Endpoints | None:
        return self._kept.value

    async def endpoints(self) -> Endpoints:
        """Raises `ProviderDown`, and `NotVouchedFor` where another issuer answers."""
        return await self._kept.get()

    async def renew(self) -> None:
        """Raises as `endpoints`."""
        await self._kept.renew()

    async def _fetch(self) -> Endpoints:
        reply = await self._line.get(f"{self._issuer}{DOCUMENT}")
        problem = _problem(reply, self._issuer)
        if problem:
            self._line.condemn()
            log.error("AUTH0_ISSUER leads to no provider of ours", extra={"reason": problem})
            raise NotVouchedFor
        return endpoints_of(reply.body, self._issuer)


def _problem(reply: Reply, issuer: str) -> str:
    """What is wrong with the document; '' for nothing."""
    if reply.status != 200:
        return str(reply.status)
    if reply.body.get("issuer") != issuer:
        return "issuer"
    found = endpoints_of(reply.body, issuer)
    needed = {
        "authorization_endpoint": found.authorization,
        "token_endpoint": found.token,
        "jwks_uri": found.keys,
    }
    return next((name for name, url in needed.items() if not url), "")


def endpoints_of(document: Mapping[str, Any], issuer: str) -> Endpoints:
    """Of the discovery document that `issuer` gave."""
    schemes = ("https", "http") if issuer.startswith("http:") else ("https",)
    return Endpoints(
        *(
            _safe(document.get(name), schemes)
            for name in (
                "authorization_endpoint",
                "token_endpoint",
                "jwks_uri",
                "userinfo_endpoint",
                "end_session_endpoint",
            )
        )
    )


def _safe(url: object, schemes: tuple[str, ...]) -> str:
    """An absolute address by one of these, http only on loopback; '' for anything else."""
    if not isinstance(url, str) or not re.fullmatch(r"https?://[!-~]+", url) or "#" in url:
        return ""
    try:
        parts = urlsplit(url)
        listened_to = parts.scheme == "http" and parts.hostname not in LOOPBACK
    except ValueError:
        return ""
    if parts.scheme not in schemes or listened_to or not parts.hostname or "@" in parts.netloc:
        return ""
    return url

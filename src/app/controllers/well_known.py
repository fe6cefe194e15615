"""What other programs look for at fixed places."""

from typing import Any

import msgspec
from litestar import Controller, Request, get

from app.domain.errors import Unavailable
from app.web.container import Container
from app.web.response import HttpResponse, make_etag, redirect_to, respond_unless_known

KIND = b"application/jwk-set+json"
# A server knows of a new key after half a second at the latest, and it signs after a whole one:
# what was fetched just before the one is asked for again before the other.
CACHED = (b"cache-control", b"public, max-age=20")


class WellKnownController(Controller):
    path = "/.well-known"
    include_in_schema = False

    @get("/jwks.json")
    async def show_keys(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """The public keys of access tokens (RFC 7517). Raises `Unavailable` while none is known:
        an empty set would be kept.
        """
        tokens = Container.from_request(request).web_config.access_tokens
        if not tokens.is_ready:
            raise Unavailable
        body = msgspec.json.encode({"keys": tokens.public_keys()})
        response = HttpResponse(200, body, [(b"content-type", KIND), CACHED])
        return respond_unless_known(dict(request.scope["headers"]), make_etag(body), response)

    @get("/change-password")
    async def show_change_password(self) -> HttpResponse:
        """Where password managers send people (W3C change-password-url)."""
        return redirect_to("/account/password")

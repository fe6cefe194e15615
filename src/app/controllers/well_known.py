"""What other programs look for at fixed places."""

from typing import Any

import msgspec
from litestar import Controller, Request, get

from app.domain.errors import Unavailable
from app.web.answer import Answer, see_other
from app.web.caching import etag_of, unless_known
from app.web.parts import Parts

KIND = b"application/jwk-set+json"
# A server knows of a new key after half a minute at the latest, and it signs after a whole one:
# what was fetched just before the one is asked for again before the other.
CACHED = (b"cache-control", b"public, max-age=20")


class WellKnownController(Controller):
    path = "/.well-known"
    include_in_schema = False

    @get("/jwks.json")
    async def show_keys(self, request: Request[Any, Any, Any]) -> Answer:
        """The public keys of access tokens (RFC 7517). Raises `Unavailable` while none is known:
        an empty set would be kept.
        """
        tokens = Parts.of(request).manners.access_tokens
        if not tokens.ready:
            raise Unavailable
        body = msgspec.json.encode({"keys": tokens.public_keys()})
        answer = Answer(200, body, [(b"content-type", KIND), CACHED])
        return unless_known(dict(request.scope["headers"]), etag_of(body), answer)

    @get("/change-password")
    async def show_change_password(self) -> Answer:
        """Where password managers send people (W3C change-password-url)."""
        return see_other("/account/password")

"""What other programs look for at fixed places."""

from typing import Any

import msgspec
from litestar import Controller, Request, get

from app.web.answer import Answer, see_other
from app.web.parts import Parts

# A verifier may keep them for five minutes: a new key signs only a minute after it is published.
CACHED = (b"cache-control", b"public, max-age=60, stale-while-revalidate=240")


class WellKnownController(Controller):
    path = "/.well-known"
    include_in_schema = False

    @get("/jwks.json")
    async def show_keys(self, request: Request[Any, Any, Any]) -> Answer:
        """The public keys of access tokens (RFC 7517)."""
        keys = Parts.of(request).manners.access_tokens.public_keys()
        body = msgspec.json.encode({"keys": keys})
        return Answer(200, body, [(b"content-type", b"application/jwk-set+json"), CACHED])

    @get("/change-password")
    async def show_change_password(self) -> Answer:
        """Where password managers send people (W3C change-password-url)."""
        return see_other("/account/password")

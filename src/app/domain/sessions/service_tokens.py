"""What services are given of a session: tokens of their own, and on their own host a cookie.

On another host than ours a browser shows none of our cookies. So the page that sends it back adds a
code, which the service's proxy lets us exchange for a cookie of that host.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import time
from uuid import UUID

from app.domain.errors import Rejected, Unauthenticated
from app.domain.i18n import _
from app.domain.identity.profile import Profile, Profiles
from app.domain.keys import MAC_BYTES, Signer
from app.domain.services import Services
from app.domain.sessions.tokens import Access, AccessTokens


class UnknownAudience(Rejected):
    code = "unknown_audience"
    field = "audience"
    message = _("There’s no service with that audience.")


class ServiceTokens:
    def __init__(self, services: Services, profiles: Profiles, tokens: AccessTokens) -> None:
        self._services, self._profiles, self._tokens = services, profiles, tokens

    async def issue_token(self, access: Access, audience: str) -> str:
        """Of a session that lives, for that service alone, which takes it for `LIFETIME`. Raises
        `UnknownAudience`, `Unauthenticated`, `Unavailable`.
        """
        service = self._services.find_by_audience(audience)
        if service is None:
            raise UnknownAudience
        profile = await self._profiles.find_profile(access.user_id, service.scopes)
        return self._tokens.issue_service_token(access, audience, claims_of(profile))


def claims_of(profile: Profile) -> dict[str, object]:
    """By the names of OpenID Connect (Core 1.0, 5.1). A contact of an account was always proved."""
    claims: dict[str, object] = {}
    if profile.phone:
        claims |= {"phone_number": profile.phone, "phone_number_verified": True}
    if profile.email:
        claims |= {"email": profile.email, "email_verified": True}
    return claims | ({"plan": profile.plan} if profile.plan else {})


EXCHANGED_WITHIN = timedelta(seconds=60)
UNTIL_BYTES = 8
LENGTH = 32 + UNTIL_BYTES + MAC_BYTES


class ServiceSessions:
    """Codes and cookies of other hosts. Each is of one session and one origin; it opens nothing of
    ours, and nothing at all once the session has ended. `keys`: the first signs, all verify.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._signer = Signer(keys)

    def issue_code(self, access: Access, origin: str, state: str) -> str:
        """Good for a minute, in the browser that was given what `state` is the digest of."""
        until = int(time() + EXCHANGED_WITHIN.total_seconds())
        return self._issue(access, until, b"code", origin.encode(), state.encode())

    def read_code(self, code: str, origin: str, state: str) -> Access:
        """Raises `Unauthenticated`."""
        return self._read(code, b"code", origin.encode(), state.encode())

    def issue_cookie(self, access: Access, origin: str) -> str:
        """Good for as long as the session lives."""
        return self._issue(access, 0, b"cookie", origin.encode())

    def read_cookie(self, cookie: str, origin: str) -> Access:
        """Raises `Unauthenticated`. Whether the session lives is not known yet."""
        return self._read(cookie, b"cookie", origin.encode())

    def _issue(self, access: Access, until: int, *bound: bytes) -> str:
        """`until` in seconds since 1970, 0 for no end of its own."""
        body = access.user_id.bytes + access.session_id.bytes + until.to_bytes(UNTIL_BYTES)
        return urlsafe_b64encode(body + self._signer.sign(*bound, body)).decode().rstrip("=")

    def _read(self, token: str, *bound: bytes) -> Access:
        """It says whose session it is, and nothing of how they proved themselves."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise Unauthenticated from None
        body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if len(raw) != LENGTH or not self._signer.verifies(mac, *bound, body):
            raise Unauthenticated
        until = int.from_bytes(body[32:])
        if until and until < time():
            raise Unauthenticated
        proved_at = datetime.fromtimestamp(0, UTC)
        return Access(UUID(bytes=body[:16]), UUID(bytes=body[16:32]), 0, proved_at, ())

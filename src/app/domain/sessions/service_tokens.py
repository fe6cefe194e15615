"""What services are given of a session: tokens of their own, and on their own host a cookie.

On another host than ours a browser shows none of our cookies. So the page that sends it back adds a
code, which the service's proxy lets us exchange for a cookie of that host.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic, time
from uuid import UUID

from app.domain.errors import Rejected, Unauthenticated
from app.domain.i18n import _
from app.domain.keys import MAC_BYTES, Signer
from app.domain.ports import Database
from app.domain.services import Services
from app.domain.sessions.tokens import Access, AccessTokens
from app.domain.sql import load_queries

sql = load_queries(__file__, "service_tokens.sql")


@dataclass(frozen=True, slots=True)
class Profile:
    """`phone` is in E.164, `email` in ASCII, `plan` a code; each None where the person has none, or
    the service is not told.
    """

    user_id: UUID
    phone: str | None = None
    email: str | None = None
    plan: str | None = None


# Seconds. A page makes many requests at once, and each asks. What has changed is told in the next.
REMEMBERED = 0.8
MOST = 10_000


class Profiles:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[UUID, tuple[Profile, float]] = OrderedDict()

    async def find_profile(self, user_id: UUID, scopes: frozenset[str]) -> Profile:
        """Nothing is looked up for the id alone. Raises `Unauthenticated` for an account that was
        deleted a moment ago.
        """
        wanted = scopes - {"openid"}
        if not wanted:
            return Profile(user_id)
        whole = await self._find_whole(user_id)
        return Profile(user_id, **{name: getattr(whole, name) for name in wanted})

    async def _find_whole(self, user_id: UUID) -> Profile:
        known, until = self._known.get(user_id, (None, 0.0))
        asked_at = monotonic()
        if known and until > asked_at:
            return known
        async with self._database.connection() as connection:
            row = await connection.fetchrow(*sql.find_profile(user_id=user_id))
        if row is None:
            raise Unauthenticated
        profile = Profile(user_id, row["phone"], row["email"], row["plan"])
        self._known[user_id] = profile, asked_at + REMEMBERED
        self._known.move_to_end(user_id)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return profile


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

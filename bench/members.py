"""People with an account and a session each: rows written straight into the database, cookies and
forms made with the product's own keys.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from app.adapters.postgres import Postgres
from app.domain.identity.hashing import PasswordHashing
from app.domain.keys import keys_for
from app.domain.services import Audience
from app.domain.sessions.service_tokens import ServiceSessions
from app.domain.sessions.signing_keys import SigningKeys
from app.domain.sessions.tokens import Access, AccessTokens, RefreshTokens
from app.settings import DEVELOPMENT_KEY
from app.web.cookies import Devices
from bench.people import Visitor
from bench.place import BASE_URL, Place

PASSWORD = "seven otters paint slowly"
SECRETS = (DEVELOPMENT_KEY,)
REFRESH = RefreshTokens(keys_for("refresh tokens", SECRETS))
AT_SERVICES = ServiceSessions(keys_for("service sessions", SECRETS))
DEVICES = Devices(keys_for("devices", SECRETS))
# The epoch is the one that their devices are issued for.
USER = """
INSERT INTO users (id, phone, email, password_hash, device_epoch) VALUES ($1, $2, $3, $4, 0)
"""
SESSION = """
INSERT INTO sessions (id, user_id, amr, device, network, idle_expires_at, expires_at)
VALUES ($1, $2, '{pwd}', 'Chrome on Linux', '127.0.0.0/24', now() + interval '1 day',
        now() + interval '1 day')
"""


@dataclass(frozen=True, slots=True)
class Member:
    """`access` is the cookie of a token that has just been issued, `api_access` one for the API."""

    user_id: UUID
    session_id: UUID
    visitor: Visitor
    access: str
    api_access: str

    def refresh(self, generation: int) -> str:
        """The cookie of that generation."""
        return f"__Host-refresh={self._refresh(generation, Audience.BROWSER)}"

    def api_refresh(self, generation: int) -> str:
        return self._refresh(generation, Audience.API)

    def _refresh(self, generation: int, audience: Audience) -> str:
        now = datetime.now(UTC)
        access = Access(self.user_id, self.session_id, generation, now, (), audience)
        return REFRESH.issue_token(access)

    def at(self, origin: str) -> str:
        """The cookie that a service on another host has of them."""
        access = Access(self.user_id, self.session_id, 0, datetime.now(UTC), ())
        return f"__Host-service={AT_SERVICES.issue_cookie(access, origin)}"

    def log_in(self) -> bytes:
        """On a device that they have used before."""
        email = self.visitor.email
        device = DEVICES.issue("", 0, email)
        fields = {"email": email, "password": PASSWORD}
        return self.visitor.form("/login/password", fields, f"__Host-device={device}")


async def members(place: Place, count: int) -> list[Member]:
    """So many new ones."""
    tokens = AccessTokens(BASE_URL)
    tokens.use_keys(await _keys(place))
    made = [_member(tokens) for _ in range(count)]
    passwords = PasswordHashing()
    stored = await passwords.hash_password(PASSWORD)
    passwords.close()
    database: Any = await asyncpg.connect(place.database_url)
    visitors = [(m.user_id, m.visitor.phone, m.visitor.email, stored) for m in made]
    await database.executemany(USER, visitors)
    await database.executemany(SESSION, [(m.session_id, m.user_id) for m in made])
    await database.execute("ANALYZE")
    await database.close()
    return made


def _member(tokens: AccessTokens) -> Member:
    user_id, session_id, now = uuid4(), uuid4(), datetime.now(UTC)
    cookie, bearer = (
        tokens.issue_token(Access(user_id, session_id, 0, now, ("pwd",), audience))
        for audience in (Audience.BROWSER, Audience.API)
    )
    return Member(user_id, session_id, Visitor(), f"__Host-access={cookie}", bearer)


async def _keys(place: Place) -> Any:
    database = Postgres(place.database_url)
    await database.open()
    try:
        return await SigningKeys(keys_for("signing keys", SECRETS), database).load_keys()
    finally:
        await database.close()

"""Sessions: opened when somebody has proved who they are, one row a device."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit.events import record
from app.domain.limits import Origin
from app.domain.ports import Connection
from app.domain.sessions.access_tokens import Access, AccessTokens

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=30)
MOST_DEVICE = 200  # characters kept of what a browser says it is

OPEN = """
INSERT INTO sessions (id, user_id, refresh_digest, amr, device, network,
                      idle_expires_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7, clock_timestamp() + $8)
"""


@dataclass(frozen=True, slots=True)
class Device:
    """What a session is opened from: where, and what the browser calls itself."""

    origin: Origin
    agent: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Both halves of a session as its holder keeps them; the refresh token is nowhere else."""

    access: str
    refresh: str


class Sessions:
    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    async def open(
        self, connection: Connection, user_id: UUID, amr: tuple[str, ...], device: Device
    ) -> Tokens:
        """In the transaction that proved the person. Every identifier in it is new."""
        session_id, refresh = uuid7(), secrets.token_urlsafe(32)
        await connection.execute(
            OPEN,
            session_id,
            user_id,
            sha256(refresh.encode()).digest(),
            list(amr),
            device.agent[:MOST_DEVICE],
            device.origin.network,
            IDLE,
            ABSOLUTE,
        )
        await record(
            connection,
            "session:opened",
            user_id=user_id,
            network=device.origin.network,
            amr=" ".join(amr),
        )
        access = Access(user_id, session_id, 0, datetime.now(UTC), amr)
        return Tokens(self._tokens.issue(access), refresh)

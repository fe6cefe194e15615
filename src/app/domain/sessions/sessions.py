"""Sessions: opened by a proof, carried on by rotation, ended by a person, a replay or time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit.events import record
from app.domain.delivery.notices import queue_notice
from app.domain.errors import Unauthenticated
from app.domain.limits import Origin
from app.domain.ports import Connection, Database, Record
from app.domain.sessions.access_tokens import Access, AccessTokens
from app.domain.sessions.liveness import Liveness
from app.domain.sessions.refresh_tokens import RefreshTokens
from app.domain.sessions.statements import (
    END,
    END_OTHERS,
    LIST,
    OPEN,
    REFRESH,
)

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=30)
MOST_DEVICE = 200  # characters kept of what a browser says it is


@dataclass(frozen=True, slots=True)
class Device:
    """What a session is opened from: where, and what the browser calls itself."""

    origin: Origin
    agent: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Both halves of a session as its holder keeps them."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its owner sees it."""

    id: UUID
    device: str
    network: str
    created_at: datetime
    last_used_at: datetime
    amr: Sequence[str]


class Sessions:
    """All of them, of everybody."""

    def __init__(
        self, database: Database, tokens: AccessTokens, refresh_tokens: RefreshTokens
    ) -> None:
        self._database, self._tokens, self._refresh_tokens = database, tokens, refresh_tokens
        self._liveness = Liveness(database)

    async def open(
        self, connection: Connection, user_id: UUID, amr: tuple[str, ...], device: Device
    ) -> Tokens:
        """In the transaction that proved the person. Every identifier in it is new."""
        session_id = uuid7()
        proved_at = await connection.fetchval(
            OPEN,
            session_id,
            user_id,
            list(amr),
            device.agent[:MOST_DEVICE],
            device.origin.network,
            IDLE,
            ABSOLUTE,
        )
        await _record(connection, "session:opened", user_id, device.origin, amr=" ".join(amr))
        return self._pair(Access(user_id, session_id, 0, proved_at, amr))

    async def refresh(self, token: str, origin: Origin) -> tuple[Access, Tokens]:
        """The successor of a refresh token, the same for all who ask at once. A token that must
        have been copied ends its session and tells the owner. Raises `Unauthenticated`.
        """
        presented = self._refresh_tokens.read(token)
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                REFRESH, presented.session_id, presented.generation, IDLE
            )
            if row is None:
                raise Unauthenticated
            if row["replayed"]:
                await self._tell_of_replay(connection, row, origin)
                raise Unauthenticated
        access = Access(
            row["user_id"],
            presented.session_id,
            row["generation"],
            row["authenticated_at"],
            tuple(row["amr"]),
        )
        return access, self._pair(access)

    async def check(self, access: Access) -> None:
        """Raises `Unauthenticated` within a second of the session's end, wherever it was ended."""
        await self._liveness.check(access)

    async def of(self, user_id: UUID) -> list[Listed]:
        """The live ones, last used first."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(LIST, user_id)
        return [Listed(**{name: row[name] for name in Listed.__dataclass_fields__}) for row in rows]

    async def end(self, user_id: UUID, session_id: UUID, reason: str, origin: Origin) -> bool:
        """Whether there was one of this person's to end."""
        async with self._database.transaction() as connection:
            ended = await connection.fetch(END, user_id, session_id, reason)
            if ended:
                await _record(connection, "session:ended", user_id, origin, reason=reason)
        return bool(ended)

    async def end_others(self, user_id: UUID, kept: UUID, reason: str, origin: Origin) -> int:
        """How many were ended."""
        async with self._database.transaction() as connection:
            ended = len(await connection.fetch(END_OTHERS, user_id, kept, reason))
            if ended:
                await _record(
                    connection, "session:others_ended", user_id, origin, reason=reason, count=ended
                )
        return ended

    def _pair(self, access: Access) -> Tokens:
        refresh = self._refresh_tokens.issue(access.session_id, access.generation)
        return Tokens(self._tokens.issue(access), refresh)

    async def _tell_of_replay(self, connection: Connection, row: Record, origin: Origin) -> None:
        await _record(connection, "session:replayed", row["user_id"], origin)
        await queue_notice(
            connection,
            "session_replayed",
            row["user_id"],
            origin,
            device=row["device"],
            when=moment(),
        )


def moment() -> str:
    """Now, as notices tell it."""
    return f"{datetime.now(UTC):%-d %B %Y, %H:%M} UTC"


async def _record(
    connection: Connection, event: str, user_id: UUID, origin: Origin, **details: Any
) -> None:
    await record(connection, event, user_id=user_id, network=origin.network, **details)

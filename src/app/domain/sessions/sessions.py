"""Sessions: opened by a proof, carried on by rotation, ended by a person, a replay or time."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit.events import current_request, record
from app.domain.credentials.budget import subject_of
from app.domain.credentials.device import Device
from app.domain.delivery.notices import queue_notice
from app.domain.errors import Unauthenticated
from app.domain.identity.email_address import EmailAddress
from app.domain.limits import LimitTable, Origin
from app.domain.ports import Connection, Database, Record
from app.domain.sessions import statements
from app.domain.sessions.access_tokens import Access, AccessTokens
from app.domain.sessions.liveness import Liveness
from app.domain.sessions.refresh_tokens import RefreshTokens
from app.domain.sessions.replays import refusal_of
from app.domain.sessions.session import Listed, Opened, Tokens

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=30)
FRESH = timedelta(minutes=10)  # how long a proof allows changes of the account


class Sessions:
    """All of them, of everybody."""

    def __init__(
        self,
        database: Database,
        limits: LimitTable,
        tokens: AccessTokens,
        refresh_keys: tuple[bytes, ...],
    ) -> None:
        self._database = database
        [(seconds, self._most), *_] = limits.refreshes_per_session.windows
        self._counted_for = timedelta(seconds=seconds)
        self._tokens, self._refresh_tokens = tokens, RefreshTokens(refresh_keys)
        self._liveness = Liveness(database)

    async def open(
        self, connection: Connection, user_id: UUID, amr: tuple[str, ...], device: Device
    ) -> Opened:
        """In the transaction that proved the person. Every identifier in it is new."""
        session_id = uuid7()
        row = await connection.fetchrow(
            statements.OPEN,
            session_id,
            user_id,
            list(amr),
            device.name,
            device.origin.network,
            IDLE,
            ABSOLUTE,
            current_request.get() or None,
        )
        if row is None:
            raise Unauthenticated  # the account was deleted a moment ago
        access = Access(user_id, session_id, 0, row["authenticated_at"], amr)
        return Opened(self._pair(access), user_id, subject_of(EmailAddress(row["email"])))

    async def tell_of_device(self, connection: Connection, opened: Opened, device: Device) -> bool:
        """By mail, when the owner has not signed in from it before: whether there is one."""
        is_new = not device.known_to(opened.subject)
        if is_new:
            await queue_notice(
                connection, "new_device", opened.user_id, device.origin, device=device.name
            )
        return is_new

    async def is_fresh(self, access: Access) -> bool:
        """Whether the person has proved who they are within the last ten minutes, and the token was
        given for that.
        """
        asked = (access.session_id, FRESH, access.authenticated_at)
        async with self._database.connection() as connection:
            fresh: bool = await connection.fetchval(statements.IS_FRESH, *asked)
        return fresh

    async def renew(self, connection: Connection, access: Access, amr: tuple[str, ...]) -> Tokens:
        """In the transaction of a fresh proof: the same session with new identifiers, and how it
        was proved this time. Raises `Unauthenticated`.
        """
        row = await connection.fetchrow(statements.RENEW, access.session_id, IDLE, list(amr))
        if row is None:
            raise Unauthenticated
        return self._pair(_proved_anew(access, row, amr))

    async def given_again(self, connection: Connection, access: Access) -> Tokens | None:
        """What `renew` has just given, in an answer that may have been lost; None once it was used,
        or after ten seconds.
        """
        row = await connection.fetchrow(statements.UNSEEN, access.session_id)
        return self._pair(_proved_anew(access, row, tuple(row["amr"]))) if row else None

    async def refresh(self, token: str, origin: Origin) -> tuple[Access, Tokens]:
        """The successor of a refresh token, the same for all who ask at once. A token that must
        have been copied ends its session and tells the owner. Raises `Unauthenticated`,
        `TooManyRefreshes`.
        """
        presented = self._refresh_tokens.read(token)
        asked = (presented.session_id, presented.generation)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                statements.REFRESH, *asked, IDLE, self._most, self._counted_for
            )
        if row is None:
            self._liveness.forget(presented.session_id)
            async with self._database.transaction() as connection:
                raise await refusal_of(connection, presented, self._counted_for, origin)
        amr, proved_at = tuple(row["amr"]), row["authenticated_at"]
        access = Access(row["user_id"], presented.session_id, row["generation"], proved_at, amr)
        return access, self._pair(access)

    async def check(self, access: Access) -> None:
        """Raises `Unauthenticated` within a second of the session's end, wherever it was ended."""
        await self._liveness.check(access)

    async def of(self, user_id: UUID) -> list[Listed]:
        """The live ones, last used first."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(statements.LIST, user_id)
        return [Listed(**{name: row[name] for name in Listed.__dataclass_fields__}) for row in rows]

    async def end(self, user_id: UUID, session_id: UUID, reason: str, origin: Origin) -> bool:
        """Whether there was one of this person's to end."""
        async with self._database.transaction() as connection:
            ended = await connection.fetch(statements.END, user_id, session_id, reason)
            if ended:
                await _record(connection, "session:ended", user_id, origin, reason=reason)
        self._liveness.forget(session_id)
        return bool(ended)

    async def end_held(
        self, access: Access | None, refresh_token: str | None, reason: str, origin: Origin
    ) -> None:
        """What a browser holds tokens of. Of the refresh token any generation will do, and none is
        used up, so that whoever wants to leave can.
        """
        held = {access.session_id} if access else set()
        with suppress(Unauthenticated):
            held |= {self._refresh_tokens.read(refresh_token or "").session_id}
        if not held:
            return
        async with self._database.transaction() as connection:
            for row in await connection.fetch(statements.END_HELD, list(held), reason):
                self._liveness.forget(row["id"])
                await _record(connection, "session:ended", row["user_id"], origin, reason=reason)

    async def end_others(self, access: Access, reason: str, origin: Origin) -> int:
        """All of this person's but the one that asks. How many there were."""
        async with self._database.transaction() as connection:
            await connection.execute(statements.LOCK_OWNER, access.user_id)
            return await self.end_all(
                connection, access.user_id, reason, origin, but=access.session_id
            )

    async def end_all(
        self,
        connection: Connection,
        user_id: UUID,
        reason: str,
        origin: Origin,
        but: UUID | None = None,
    ) -> int:
        """How many were ended, in the caller's transaction, which has locked the person; `but` is
        the one that goes on.
        """
        ended = await connection.fetch(statements.END_ALL, user_id, but, reason)
        for row in ended:
            self._liveness.forget(row["id"])
        if ended:
            count = len(ended)
            await _record(
                connection, "session:all_ended", user_id, origin, reason=reason, count=count
            )
        return len(ended)

    def _pair(self, access: Access) -> Tokens:
        refresh = self._refresh_tokens.issue(access.session_id, access.generation)
        return Tokens(self._tokens.issue(access), refresh)


def _proved_anew(access: Access, row: Record, amr: tuple[str, ...]) -> Access:
    proved_at = row["authenticated_at"]
    return replace(access, generation=row["generation"], authenticated_at=proved_at, amr=amr)


async def _record(
    connection: Connection, event: str, user_id: UUID, origin: Origin, **details: Any
) -> None:
    await record(connection, event, user_id=user_id, network=origin.network, **details)

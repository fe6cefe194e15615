"""Sessions that a person ends from another one of theirs. Whoever holds one factor alone is kept
from ending the owner's as often as those are opened.
"""

from uuid import UUID

from app.domain.account.delayed_changes import DelayedChanges
from app.domain.identity.users import lock_contacts
from app.domain.limits import LimitTable, Origin
from app.domain.ports import Connection, Database
from app.domain.rollback import drop_pending_changes
from app.domain.sessions.session import ConfirmationNeeded, lock_session
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.tokens import Access
from app.domain.sql import load_queries

sql = load_queries(__file__, "account.sql")

# Reasons.
CONFIRMED, UNCONFIRMED, OWN = "ended by owner", "ended unconfirmed", "ended itself"
SIGNED_OUT = "signed out"


class SessionEnds:
    """Without a fresh proof some an hour and account are ended, and beyond those none."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        delayed: DelayedChanges,
        limits: LimitTable,
    ) -> None:
        self._database, self._sessions, self._delayed = database, sessions, delayed
        self._limit = limits.session_ends_per_account

    async def end_others(self, access: Access, origin: Origin) -> None:
        """And what one of them may have asked for without the phone, unless this one could not stop
        it. Raises `ConfirmationNeeded`, and `Unauthenticated` when the session ends meanwhile.
        """
        may_stop, user_id = await self._delayed.may_stop(access), access.user_id
        reason = await self._reason(access)
        async with self._database.transaction() as connection:
            await lock_contacts(connection, user_id)
            await lock_session(connection, access)
            if reason == UNCONFIRMED:
                await self._require_room(connection, user_id)
            if may_stop:
                await drop_pending_changes(connection, user_id, origin)
            await self._sessions.end_all_sessions(
                connection, user_id, reason, origin, but=access.session_id
            )

    async def sign_out(self, access: Access, origin: Origin) -> None:
        """The session that asks."""
        async with self._database.transaction() as connection:
            await self._sessions.end_session(
                connection, access.user_id, access.session_id, SIGNED_OUT, origin
            )

    async def end_one(self, access: Access, session_id: UUID, origin: Origin) -> None:
        """Someone else's is left alone; its own is always ended. Raises as above.
        What a session is doing that has proved enough to end another is not waited for.
        """
        is_own = session_id == access.session_id
        reason = OWN if is_own else await self._reason(access)
        async with self._database.transaction() as connection:
            if reason == UNCONFIRMED:
                await lock_contacts(connection, access.user_id)
                await lock_session(connection, access)
                await self._require_room(connection, access.user_id)
            await self._sessions.end_session(connection, access.user_id, session_id, reason, origin)

    async def _reason(self, access: Access) -> str:
        return CONFIRMED if await self._sessions.is_fresh(access) else UNCONFIRMED

    async def _require_room(self, connection: Connection, user_id: UUID) -> None:
        """When the person's row is locked, so that two at once are counted one after the other."""
        for seconds, most in self._limit.windows:
            ends = sql.count_session_ends(
                user_id=user_id, seconds=float(seconds), reason=UNCONFIRMED
            )
            if await connection.fetchval(*ends) >= most:
                raise ConfirmationNeeded

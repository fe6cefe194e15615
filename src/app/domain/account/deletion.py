"""The end of an account: its contacts are free again, and what must be kept names nobody."""

from collections.abc import Callable

from app.domain.account.changes import hold
from app.domain.audit.events import record
from app.domain.delivery.notices import queue_notice
from app.domain.identity.users import Person
from app.domain.limits import Origin
from app.domain.ports import Database
from app.domain.sessions.access_tokens import Access
from app.domain.sessions.liveness import hold_session
from app.domain.sessions.sessions import Sessions

# Codes that were proved for this account prove nothing for another.
END_PROOFS = """
UPDATE {table} SET ended_at = coalesce(ended_at, clock_timestamp()) WHERE user_id = $1
"""
# The trail stays; where the person was does not.
FORGET_PLACES = "UPDATE audit_events SET network = NULL WHERE user_id = $1"
# Sessions and identities go with it.
DELETE = "DELETE FROM users WHERE id = $1"


class Deletion:
    def __init__(self, database: Database, sessions: Sessions, wake: Callable[[], None]) -> None:
        self._database, self._sessions, self._wake = database, sessions, wake

    async def __call__(self, access: Access, person: Person, origin: Origin) -> None:
        """The same twice is the same once. Raises `Unauthenticated` when the account is gone, or
        the session has ended.
        """
        async with self._database.transaction() as connection:
            # Whoever signs in at this moment is done before, or waits and finds nobody.
            await hold(connection, person.id)
            await hold_session(connection, access)
            await queue_notice(connection, "account_deleted", person.id, origin)
            await self._sessions.end_all(connection, person.id, "account deleted", origin)
            for table in ("phone_verifications", "email_verifications", "identity_proofs"):
                await connection.execute(END_PROOFS.format(table=table), person.id)
            await record(connection, "account:deleted", user_id=person.id)
            await connection.execute(FORGET_PLACES, person.id)
            await connection.execute(DELETE, person.id)
        self._wake()

"""A new password for somebody who is signed in: every other session ends, and they are told."""

from collections.abc import Callable

from app.domain.account.changes import hold
from app.domain.audit.events import record
from app.domain.delivery.notices import queue_notice
from app.domain.identity.hashing import Passwords
from app.domain.identity.passwords import accepted_password
from app.domain.identity.users import Person
from app.domain.limits import Origin
from app.domain.ports import Database
from app.domain.sessions.access_tokens import Access
from app.domain.sessions.liveness import hold_session
from app.domain.sessions.sessions import Sessions

CHANGE = """
UPDATE users SET password_hash = $2, password_changed_at = clock_timestamp() WHERE id = $1
"""


class PasswordChange:
    """`minimum` is in characters."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        sessions: Sessions,
        minimum: int,
        wake: Callable[[], None],
    ) -> None:
        self._database, self._passwords, self._sessions = database, passwords, sessions
        self._minimum, self._wake = minimum, wake

    async def __call__(self, access: Access, person: Person, raw: str, origin: Origin) -> None:
        """Raises `WeakPassword`, `Busy`, and `Unauthenticated` when the session ends meanwhile."""
        accepted = accepted_password(raw, self._minimum, (person.email, person.phone))
        # Hashing takes a core for some 20 ms: no connection is held meanwhile.
        password_hash = await self._passwords.hash(accepted)
        told = "password_changed" if person.password_changed_at else "password_added"
        async with self._database.transaction() as connection:
            await hold(connection, person.id)
            await hold_session(connection, access)
            await connection.execute(CHANGE, person.id, password_hash)
            await self._sessions.end_all(
                connection, person.id, "password changed", origin, but=access.session_id
            )
            await record(
                connection, "account:password_changed", user_id=person.id, network=origin.network
            )
            await queue_notice(connection, told, person.id, origin)
        self._wake()

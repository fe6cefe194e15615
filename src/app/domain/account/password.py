"""A new password for someone who is signed in: every other session ends, and they are told."""

from app.domain.audit import AuditEvent, record
from app.domain.delivery.notices import queue_notice
from app.domain.identity.passwords import NewPasswords, keep_password
from app.domain.identity.users import (
    Person,
    end_recoveries,
    lock_contacts,
    require_room_for_password,
)
from app.domain.limits import LimitTable, Origin
from app.domain.ports import Database
from app.domain.rollback import drop_pending_changes
from app.domain.sessions.factors import is_confirmed_by_phone
from app.domain.sessions.session import lock_session
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.tokens import Access
from app.domain.sql import load_queries

sql = load_queries(__file__, "account.sql")


class PasswordChange:
    def __init__(
        self,
        database: Database,
        new_passwords: NewPasswords,
        sessions: Sessions,
        limits: LimitTable,
    ) -> None:
        self._database, self._new_passwords = database, new_passwords
        self._sessions, self._limits = sessions, limits

    async def change_password(
        self, access: Access, person: Person, raw: str, origin: Origin
    ) -> None:
        """Raises `ConfirmationNeeded`, what `NewPasswords` does, `TooManyChanges`, and
        `Unauthenticated` when the session ends meanwhile.
        """
        await self._sessions.require_fresh(access)
        password_hash = await self._new_passwords.check_and_hash(
            raw, person.contacts, (f"account:{person.contacts[0]}",)
        )
        template = "password_changed" if person.password_changed_at else "password_added"
        async with self._database.transaction() as connection:
            contacts = await lock_contacts(connection, person.id)
            await lock_session(connection, access)
            await require_room_for_password(connection, person.id, self._limits)
            await drop_pending_changes(connection, person.id, origin)
            await keep_password(connection, person.id)
            change = sql.change_password(
                user_id=person.id,
                password_hash=password_hash,
                by_phone=is_confirmed_by_phone(access.amr),
            )
            await connection.execute(*change)
            if contacts.email:
                await end_recoveries(connection, contacts.email)
            await self._sessions.end_all_sessions(
                connection, person.id, "password changed", origin, but=access.session_id
            )
            await record(
                connection,
                AuditEvent.ACCOUNT_PASSWORD_CHANGED,
                user_id=person.id,
                network=origin.network,
            )
            await queue_notice(connection, template, person.id, origin)

"""What an operator does for a person who has asked for it. It is on record under their name."""

from typing import Any
from uuid import UUID

from app.domain.account.personal_data import DELETED, PersonalData, erase_account, find_wait
from app.domain.audit import AuditEvent, record_operator
from app.domain.identity.users import lock_contacts
from app.domain.limits import NOWHERE
from app.domain.ports import Connection, Database
from app.domain.sessions.session import sql as sessions_sql

BY_OPERATOR = "ended by operator"


async def sign_out_person(database: Database, user_id: UUID, reason: str = BY_OPERATOR) -> int:
    """How many sessions were ended: all there are. Raises `Unauthenticated` when the account is
    gone.
    """
    async with database.transaction() as connection:
        await lock_contacts(connection, user_id)
        count = await _end_sessions(connection, user_id, reason)
        await record_operator(connection, AuditEvent.PERSON_SIGNED_OUT, user_id, count=count)
    return count


async def export_person(database: Database, user_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """As `PersonalData.export_data`."""
    data = await PersonalData(database).export_data(user_id)
    async with database.transaction() as connection:
        await record_operator(connection, AuditEvent.PERSON_EXPORTED, user_id)
    return data


async def delete_person(database: Database, user_id: UUID) -> None:
    """As their own deletion: they are told, and what is left goes once that went out. Raises
    `DeletionWaits`, and `Unauthenticated` when the account is gone.
    """
    async with database.transaction() as connection:
        await lock_contacts(connection, user_id)
        if waits := await find_wait(connection, user_id):
            raise waits
        count = await _end_sessions(connection, user_id, DELETED)
        await record_operator(connection, AuditEvent.ACCOUNT_DELETED, user_id, sessions=count)
        await erase_account(connection, user_id, NOWHERE)


async def _end_sessions(connection: Connection, user_id: UUID, reason: str) -> int:
    """Servers notice it within a second."""
    ended = sessions_sql.end_all_sessions(user_id=user_id, but=None, reason=reason)
    return len(await connection.fetch(*ended))

"""What a change of a number or address writes, forth and back, and who is told of it."""

from collections.abc import Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.delivery.notices import (
    find_contacts,
    queue_notice,
    queue_notice_to,
    queue_text_notice,
)
from app.domain.identity.users import Kind, LockedContacts, lock_contacts
from app.domain.limits import Origin
from app.domain.ports import Connection
from app.domain.rollback import LEFT, Fact
from app.domain.sql import load_queries

sql = load_queries(__file__, "changes.sql")


async def record_change(
    connection: Connection, contacts: LockedContacts, kind: Kind, value: str
) -> UUID:
    """The id of the change, by which it can be undone. `contacts` is what was there before: a
    number that was in doubt is in doubt again when it is put back.
    """
    change_id = uuid7()
    await connection.execute(
        *sql.add_change(
            id=change_id,
            user_id=contacts.user_id,
            kind=kind,
            old_value=contacts.value(kind),
            new_value=value,
            old_doubted_at=contacts.phone_doubted_at if kind == "phone" else None,
        )
    )
    return change_id


async def queue_change_notices(
    connection: Connection,
    contacts: LockedContacts,
    kind: Kind,
    value: str,
    change_id: UUID,
    origin: Origin,
) -> None:
    """All contacts of the week but the new one itself. `contacts` is what was there before, `value`
    is new; the change was added already. A first number has no link to undo it: nothing from before
    may be left to prove, and a new password takes it back. Of a first address only phones are told.
    """
    is_first = contacts.value(kind) is None
    template = f"{kind}_added" if is_first else f"{kind}_changed"
    text = "email_added_text" if is_first and kind == "email" else f"{kind}_changed_text"
    await queue_text_notice(connection, text, contacts.user_id, origin, but=value)
    if text == "email_added_text":
        return
    rows = await connection.fetch(
        *sql.find_linked_addresses(user_id=contacts.user_id, email=contacts.email)
    )
    linked = set() if is_first else {row["address"] for row in rows}
    for address in await find_contacts(connection, "email", contacts.user_id):
        if address != value:
            undo = {"change": str(change_id)} if address in linked else {}
            owner = contacts.user_id
            await queue_notice_to(connection, "email", template, address, owner, origin, **undo)


async def queue_undo_started_notices(
    connection: Connection, contacts: LockedContacts, origin: Origin
) -> None:
    """The contacts there are now. They get nothing to stop it with: they may be the intruder's."""
    await queue_notice(connection, "undo_begun", contacts.user_id, origin)
    await queue_text_notice(connection, "undo_begun_text", contacts.user_id, origin)


async def queue_undo_notices(
    connection: Connection,
    user_id: UUID,
    kind: Kind,
    facts: Sequence[Fact],
    origin: Origin,
) -> None:
    """All contacts, those that were taken back too. `facts` is what else was taken back."""
    back = await lock_contacts(connection, user_id)
    left = LEFT[kind] in facts
    context = {
        "outcome": "gone" if back.value(kind) is None else "left" if left else "back",
        "what": kind,
        "taken_back": " ".join(facts),
    }
    await queue_text_notice(connection, "change_undone_text", user_id, origin)
    await queue_notice(connection, "change_undone", user_id, origin, **context)

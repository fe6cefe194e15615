"""Notices: mails and texts that nobody asked for, because something about an account happened."""

import json
from typing import Literal
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, current_request, record
from app.domain.delivery.receipts import MOST_BOUNCES
from app.domain.i18n import current_language
from app.domain.identity.phone import Phone
from app.domain.limits import Origin
from app.domain.ports import Connection
from app.domain.sql import load_queries

# Not counted to the limits of whoever caused them, and never dropped or held back (contract 9.10):
# else an intruder could use them up first. What causes them is limited itself: changes of an
# account, and sign-ins from new devices are merged (`device_notices.py`).
sql = load_queries(__file__, "notices.sql")

# Of these nothing is texted, unless there is no address to mail them to.
WAYS_IN = ("password_changed", "password_added", "identity_linked", "identity_removed")


async def queue_notice(
    connection: Connection, template: str, user_id: UUID, origin: Origin, **context: str
) -> None:
    """By mail, in the transaction of what it tells of."""
    for address in await find_contacts(connection, "email", user_id):
        await queue_notice_to(connection, "email", template, address, user_id, origin, **context)
    if template in WAYS_IN and not await connection.fetchval(*sql.has_address(user_id=user_id)):
        await queue_text_notice(connection, "ways_in_changed_text", user_id, origin)


async def queue_text_notice(
    connection: Connection, template: str, user_id: UUID, origin: Origin, *, but: str = ""
) -> None:
    """By text to the person's phone, if they have one, in the transaction of what it tells of, and
    not to the number `but`. Its words are the same each time: a text that may have gone out is
    looked for by them.
    """
    for number in await find_contacts(connection, "phone", user_id):
        if number != but:
            await queue_notice_to(connection, "sms", template, number, user_id, origin)


async def find_contacts(
    connection: Connection, kind: Literal["phone", "email"], user_id: UUID
) -> list[str]:
    """Who is told, maybe an intruder too: so no notice that goes to all of them holds a token."""
    query = sql.find_phones if kind == "phone" else sql.find_emails
    rows = await connection.fetch(*query(user_id=user_id))
    return [row["contact"] for row in rows]


async def queue_notice_to(
    connection: Connection,
    channel: Literal["sms", "email"],
    template: str,
    destination: str,
    user_id: UUID | None,
    origin: Origin,
    **context: str,
) -> None:
    """To one number or address, in the language of the account that it tells of (else the current
    one); so `context` holds names, moments and the like, and no words. It is kept until it could be
    sent, for a week. A text waits for the first day whose budget has room for it.
    """
    await connection.execute(
        *sql.queue_notice(
            id=uuid7(),
            channel=channel,
            template=template,
            destination=destination,
            region=Phone.from_e164(destination).region if channel == "sms" else None,
            user_id=user_id,
            network=origin.network,
            request_id=current_request.get() or None,
            context=json.dumps(context),
            language=current_language.get().code,
            most_bounces=MOST_BOUNCES,
        )
    )
    connection.message_queued()


# Sign-ins from devices that are new: the first is told at once, the others of an hour together.


async def queue_device_notice(
    connection: Connection, user_id: UUID, origin: Origin, device: str
) -> None:
    """By mail, in the transaction that opens the session. What is merged is on record."""
    await connection.execute(*sql.lock_device_notices(user_id=user_id))
    queued = [
        await _notify_at_once(connection, address, user_id, origin, device)
        for address in await find_contacts(connection, "email", user_id)
    ]
    if not all(queued):
        await record(
            connection,
            AuditEvent.NOTICE_MERGED,
            user_id=user_id,
            network=origin.network,
            template="new_device",
            device=device,
        )


async def _notify_at_once(
    connection: Connection, address: str, user_id: UUID, origin: Origin, device: str
) -> bool:
    """Or else by a summary, which waits already or is queued now."""
    if await connection.fetchval(*sql.count_in_summary(destination=address)):
        return False
    summary = sql.queue_summary(
        id=uuid7(),
        destination=address,
        user_id=user_id,
        network=origin.network,
        context=json.dumps({"count": "1"}),
        language=current_language.get().code,
    )
    if await connection.fetchval(*summary):
        return False
    facts = {"device": device}
    await queue_notice_to(connection, "email", "new_device", address, user_id, origin, **facts)
    return True


async def drop_device_summary(connection: Connection, user_id: UUID) -> None:
    """The account is about to be deleted: what waits for its hour is not sent any more, which is on
    record.
    """
    addresses = await find_contacts(connection, "email", user_id)
    for _ in await connection.fetch(*sql.drop_summaries(destinations=addresses)):
        await record(
            connection,
            AuditEvent.NOTICE_NOT_SENT,
            user_id=user_id,
            template="new_devices",
            state="dropped",
        )

"""Notices: mails and texts that nobody asked for, because something about an account happened."""

import json
from typing import Literal
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.limits import Origin
from app.domain.ports import Connection

# Not counted to the limits of whoever caused them, and held to 20 a day for an address (contract
# 9.10), so that nobody can be flooded with them.
FEW_TO = """20 > (
  SELECT count(*) FROM deliveries d
  WHERE d.destination = {destination} AND d.address = ''
    AND d.created_at > clock_timestamp() - interval '1 day'
)"""
COLUMNS = "(id, channel, template, destination, address, network, context, expires_at)"
QUEUE = """
INSERT INTO deliveries {columns}
SELECT $1, '{channel}', $2, u.{contact}, '', $4, $5, clock_timestamp() + interval '1 day'
FROM users u WHERE u.id = $3 AND {few}
"""
QUEUE_MAIL = QUEUE.format(
    columns=COLUMNS, channel="email", contact="email", few=FEW_TO.format(destination="u.email")
)
QUEUE_TEXT = QUEUE.format(
    columns=COLUMNS, channel="sms", contact="phone", few=FEW_TO.format(destination="u.phone")
)
QUEUE_TO = f"""
INSERT INTO deliveries {COLUMNS}
SELECT $1, $2, $3, $4, '', $5, $6, clock_timestamp() + interval '1 day'
WHERE {FEW_TO.format(destination="$4")}
"""


async def queue_notice(
    connection: Connection, template: str, user_id: UUID, origin: Origin, **context: str
) -> None:
    """By mail, in the transaction of what it tells of."""
    await connection.execute(
        QUEUE_MAIL, uuid7(), template, user_id, origin.network, json.dumps(context)
    )


async def queue_text_notice(
    connection: Connection, template: str, user_id: UUID, origin: Origin
) -> None:
    """By text to the person's phone, in the transaction of what it tells of. Its words are the same
    each time: a text that may have gone out is looked for by them.
    """
    await connection.execute(QUEUE_TEXT, uuid7(), template, user_id, origin.network, "{}")


async def queue_notice_to(
    connection: Connection,
    channel: Literal["sms", "email"],
    template: str,
    destination: str,
    origin: Origin,
    **context: str,
) -> None:
    """To a number or address that is not, or no longer, the account's."""
    await connection.execute(
        QUEUE_TO, uuid7(), channel, template, destination, origin.network, json.dumps(context)
    )

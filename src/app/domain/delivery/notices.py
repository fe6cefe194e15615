"""Notices: mails and texts nobody asked for, because something about an account happened."""

import json
from typing import Literal
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.limits import Origin
from app.domain.ports import Connection

# Not counted to the limits of whoever caused them, and held to 20 a day for an address (contract
# 9.10), so that nobody can be flooded with them.
QUEUE = """
INSERT INTO deliveries (id, channel, template, destination, address, network, context, expires_at)
SELECT $1, 'email', $2, u.email, '', $4, $5, clock_timestamp() + interval '1 day'
FROM users u
WHERE u.id = $3 AND 20 > (
  SELECT count(*) FROM deliveries d
  WHERE d.destination = u.email AND d.address = ''
    AND d.created_at > clock_timestamp() - interval '1 day'
)
"""

QUEUE_TEXT = """
INSERT INTO deliveries (id, channel, template, destination, address, network, expires_at)
SELECT $1, 'sms', $2, u.phone, '', $4, clock_timestamp() + interval '1 day'
FROM users u
WHERE u.id = $3 AND 20 > (
  SELECT count(*) FROM deliveries d
  WHERE d.destination = u.phone AND d.address = ''
    AND d.created_at > clock_timestamp() - interval '1 day'
)
"""
# To whoever had the number or address before.
QUEUE_TO = """
INSERT INTO deliveries (id, channel, template, destination, address, network, context, expires_at)
SELECT $1, $2, $3, $4, '', $5, $6, clock_timestamp() + interval '1 day'
WHERE 20 > (
  SELECT count(*) FROM deliveries d
  WHERE d.destination = $4 AND d.address = ''
    AND d.created_at > clock_timestamp() - interval '1 day'
)
"""


async def queue_notice(
    connection: Connection, template: str, user_id: UUID, origin: Origin, **context: str
) -> None:
    """In the transaction of what it tells of."""
    await connection.execute(QUEUE, uuid7(), template, user_id, origin.network, json.dumps(context))


async def queue_text_notice(
    connection: Connection, template: str, user_id: UUID, origin: Origin
) -> None:
    """To the phone; the words fit one segment and hold no link."""
    await connection.execute(QUEUE_TEXT, uuid7(), template, user_id, origin.network)


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

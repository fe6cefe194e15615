"""Notices: mails that nobody asked for, because something about an account happened."""

import json
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


async def queue_notice(
    connection: Connection, template: str, user_id: UUID, origin: Origin, **context: str
) -> None:
    """In the transaction of what it tells of."""
    await connection.execute(QUEUE, uuid7(), template, user_id, origin.network, json.dumps(context))

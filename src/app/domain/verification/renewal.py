"""A flow goes on under another id once a contact is proved in it: the old one is dead.

Whoever knew the flow cookie before, by having planted it or used the browser earlier, is left out.
"""

from collections.abc import Callable
from uuid import UUID

from app.domain.ports import Connection
from app.domain.verification.channel import Channel

# The id a flow goes on under by the proof with this one; always the same for the same proof.
Renewal = Callable[[UUID], bytes]

# $1 flow, $2 what it becomes, $3 the verification that was just consumed.
MOVE = "UPDATE {table} SET flow_id = $2, moved_from = $1 WHERE id = $3"

# The answer that told of the new id may be lost. While the code would have lived, it can be entered
# again under the old one, and leads on if what the flow became was not begun anew.
MOVED = """
SELECT {column}, flow_id FROM {table} v
WHERE moved_from = $1 AND purpose = $2 AND ended_at IS NULL
  AND expires_at > clock_timestamp()
  AND NOT EXISTS (
    SELECT 1 FROM {table} newer
    WHERE newer.flow_id = v.flow_id AND newer.purpose = $2
      AND newer.created_at > v.created_at AND newer.ended_at IS NULL
  )
ORDER BY consumed_at DESC LIMIT 1
"""


async def move(
    connection: Connection, channel: Channel, flow_id: bytes, became: bytes, proof: UUID
) -> None:
    """In the transaction that consumed `proof`: it is that of `became`."""
    await connection.execute(MOVE.format(table=channel.table), flow_id, became, proof)


async def moved(
    connection: Connection, channel: Channel, flow_id: bytes, purpose: str
) -> tuple[str, bytes] | None:
    """The contact that was proved a few minutes ago, and the id the flow has got by that."""
    statement = MOVED.format(table=channel.table, column=channel.column)
    row = await connection.fetchrow(statement, flow_id, purpose)
    return (row[channel.column], row["flow_id"]) if row else None

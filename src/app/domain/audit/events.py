"""Recording of audit events: past facts, named `subject:action`."""

import json
from contextvars import ContextVar
from uuid import UUID

from app.domain.ports import Connection

# Set by the web for the request at hand; empty in a command or the dispatcher.
current_request: ContextVar[str] = ContextVar("current_request", default="")

RECORD = """
INSERT INTO audit_events (event, user_id, flow_id, network, request_id, details)
VALUES ($1, $2, $3, $4, $5, $6)
"""


async def record(
    connection: Connection,
    event: str,
    *,
    user_id: UUID | None = None,
    flow_id: bytes | None = None,
    network: str | None = None,
    **details: str | int,
) -> None:
    """Adds one row. `details` never hold a code, a password, a number or an address."""
    await connection.execute(
        RECORD, event, user_id, flow_id, network, current_request.get() or None, json.dumps(details)
    )

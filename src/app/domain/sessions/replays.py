"""Refresh tokens that are refused: too many, over, or copied, which ends their session."""

from datetime import timedelta
from math import ceil

from app.domain.audit.events import record
from app.domain.delivery.notices import queue_notice
from app.domain.errors import Refusal, Unauthenticated
from app.domain.limits import Origin
from app.domain.ports import Connection
from app.domain.sessions.refresh_tokens import Presented
from app.domain.sessions.session import TooManyRefreshes
from app.domain.sessions.statements import END_COPIED, WAIT


async def refusal_of(
    connection: Connection, presented: Presented, counted_for: timedelta, origin: Origin
) -> Refusal:
    """Why the token was not refreshed. The owner of one that was copied is told."""
    asked = (presented.session_id, presented.generation)
    copied = await connection.fetchrow(END_COPIED, *asked)
    if copied:
        user_id, device = copied["user_id"], copied["device"]
        await record(connection, "session:replayed", user_id=user_id, network=origin.network)
        await queue_notice(connection, "session_replayed", user_id, origin, device=device)
    wait = await connection.fetchval(WAIT, *asked, counted_for)
    return Unauthenticated() if wait is None else TooManyRefreshes(retry_after=max(1, ceil(wait)))

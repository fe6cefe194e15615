"""Refresh tokens that are refused: too many, over, or copied, which ends their session."""

from datetime import timedelta
from math import ceil

from app.domain.audit import record
from app.domain.delivery.notices import queue_notice
from app.domain.errors import Refusal, Unauthenticated
from app.domain.limits import Origin
from app.domain.ports import Connection
from app.domain.sessions.session import TooManyRefreshes, sql
from app.domain.sessions.tokens import PresentedToken


async def refusal_of(
    connection: Connection, presented: PresentedToken, counted_for: timedelta, origin: Origin
) -> Refusal:
    """Why the token was not refreshed. The owner of one that was copied is told."""
    session_id, generation = presented.session_id, presented.generation
    copied = await connection.fetchrow(*sql.end_copied(id=session_id, generation=generation))
    if copied:
        user_id, device = copied["user_id"], copied["device"]
        await record(connection, "session:replayed", user_id=user_id, network=origin.network)
        await queue_notice(connection, "session_replayed", user_id, origin, device=device)
    wait = await connection.fetchval(
        *sql.find_refresh_wait(id=session_id, generation=generation, counted_for=counted_for)
    )
    return Unauthenticated() if wait is None else TooManyRefreshes(retry_after=max(1, ceil(wait)))

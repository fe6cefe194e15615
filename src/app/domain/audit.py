"""Audit events: past facts, named `subject:action`, and what was refused, as limits read it."""

import json
from contextvars import ContextVar
from uuid import UUID

from app.domain.ports import Connection, Database, Tally, Window
from app.domain.sql import load_queries

sql = load_queries(__file__, "audit.sql")

# Set by the web for the request at hand; empty in a command or the dispatcher.
current_request: ContextVar[str] = ContextVar("current_request", default="")


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
        *sql.record_event(
            event=event,
            user_id=user_id,
            flow_id=flow_id,
            network=network,
            request_id=current_request.get() or None,
            details=json.dumps(details),
        )
    )


async def record_hourly(database: Database, event: str, network: str, **details: str) -> None:
    """Adds one row an hour for what anybody can cause as often as they like, such as a limit that
    is reached: with the network of the first one.
    """
    is_recorded = sql.is_recorded_this_hour(event=event, details=json.dumps(details))
    async with database.connection() as connection:
        if await connection.fetchval(*is_recorded):
            return
    async with database.transaction() as connection:
        await connection.execute(*sql.lock_event(event=f"{event} {json.dumps(details)}"))
        if not await connection.fetchval(*is_recorded):
            await record(connection, event, user_id=None, flow_id=None, network=network, **details)


async def forget_places(connection: Connection, user_id: UUID) -> None:
    """Where a person was, as what they did and the sign-up that made their account has it. To be
    called while the account is there.
    """
    await connection.execute(*sql.forget_places(user_id=user_id))


# What was refused, as the audit trail has it: for limits whose short memory is silent or young.
#
# It holds networks and nothing finer, so only what a network may do is compared with it: no address
# answers for its neighbours.


async def is_recorded_limit_full(
    connection: Connection, tally: Tally, events: str, network: str
) -> Window | None:
    """The first window that is full of a `network`'s own tally. `events` is a pattern such as
    `%:code_refused`.
    """
    for window in tally.windows:
        refused = await connection.fetchval(
            *sql.count_refusals(events=events, network=network, seconds=float(window.seconds))
        )
        if refused >= window.limit:
            return window
    return None


def outlasts(tally: Tally, memory_age: int) -> bool:
    """Whether it counts over more seconds than the memory has been counting."""
    return any(window.seconds > memory_age for window in tally.windows)

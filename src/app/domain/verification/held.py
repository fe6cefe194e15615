"""Flows that are held: another one has just had a code sent to the same contact, so this one can
have none before the wait is over. Its page counts down until then, and no code proves anything in
it.

Nothing was sent, so nothing is written: the short memory alone keeps it.
"""

from contextlib import suppress
from datetime import UTC, datetime
from time import time
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from app.domain.errors import Unavailable
from app.domain.limit_refusals import TooSoon
from app.domain.limits import HOUR
from app.domain.ports import Tally, Window
from app.domain.verification.pending import PendingCode
from app.domain.verification.verification import Challenge, Verifications

MOST_FLOWS = 200  # an hour and network, that each have an entry of the short memory


class HeldFlow(msgspec.Struct):
    """`id` is that of no code. `since` and `until` in seconds since 1970."""

    id: UUID
    destination: str
    since: float
    until: float


async def hold_flow(
    codes: Verifications, challenge: Challenge, destination: str, limit: TooSoon
) -> None:
    """Until `limit` is over, with an end to the flow's earlier code. Raises `limit` where that
    cannot be kept, or the network has too many such flows.
    """
    memory, key, now = codes.dependencies.memory, _key(challenge), time()
    flows = Tally(f"held_flows:{challenge.origin.network}", (Window(HOUR, MOST_FLOWS),))
    held = HeldFlow(uuid7(), destination, now, now + (limit.retry_after or 0))
    try:
        count = await memory.count([flows], key)
        if not count.reached:
            await memory.put(key, msgspec.json.encode(held), codes.channel.lifetime)
    except Unavailable:
        raise limit from None
    if count.reached:
        raise limit
    before = await codes.find_pending(challenge)
    if before is None or before.consumed:
        return
    if before.destination == destination:  # another request of the flow was faster: it has a code
        with suppress(Unavailable):
            await memory.take(key)
        return
    async with codes.database.connection() as connection:
        await codes.drop_code(connection, before)


async def find_pending_or_held(codes: Verifications, challenge: Challenge) -> PendingCode | None:
    """As `Verifications.find_pending`, or what the flow is held for since that was used."""
    newest, kept = await codes.find_pending(challenge), None
    if newest and not newest.consumed:
        return newest
    with suppress(Unavailable):
        kept = await codes.dependencies.memory.get(_key(challenge))
    if kept is None:
        return newest
    held = msgspec.json.decode(kept, type=HeldFlow)
    expires_at = datetime.fromtimestamp(held.since, UTC) + codes.channel.lifetime
    if newest and newest.expires_at > expires_at:
        return newest
    return _as_pending(held, expires_at)


async def release_flow(codes: Verifications, challenge: Challenge) -> bool:
    """It is no longer waited for anything. Whether it was held."""
    return await codes.dependencies.memory.take(_key(challenge)) is not None


def _as_pending(held: HeldFlow, expires_at: datetime) -> PendingCode:
    held_for = max(0.0, held.until - time())
    return PendingCode.without_code(held.id, held.destination, expires_at, held_for)


def _key(challenge: Challenge) -> str:
    return f"held:{challenge.purpose}:{challenge.flow_id.hex()}"

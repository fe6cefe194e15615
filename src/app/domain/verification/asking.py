"""Asking for a code: once, however often the same form arrives, or where no message may be sent."""

import asyncio
import secrets

from uuid_utils.compat import uuid7

from app.domain.delivery.allowance import ONCE_SECONDS, Repeated
from app.domain.errors import TooMany, Unavailable
from app.domain.limits import TextsStopped
from app.domain.ports import Connection
from app.domain.verification.asker import Asker
from app.domain.verification.channel import Channel
from app.domain.verification.codes import NONCE_BYTES
from app.domain.verification.statements import Statements
from app.domain.verification.verifications import Contact, Verifications, destination_of

WHILE = 20  # looks for what another request is about to commit
BETWEEN = 0.05  # seconds


async def ask_once(codes: Verifications, asker: Asker, to: Contact) -> None:
    """Returns when a code is on its way, sent by this request or by its twin. Raises as
    `Verifications.start` does.
    """
    destination = destination_of(to)
    try:
        once = f"{asker.flow_id.hex()}:{asker.purpose}:{destination}"
        started = await codes.start(asker, to, once)
    except Repeated:
        started = None
    except (TooMany, TextsStopped):
        # Where the short memory is silent, only the code itself tells a repetition.
        if await _is_young(codes, asker, destination):
            return
        raise
    if started is None and not await is_asked(codes, asker, destination):
        # No repetition: something else was asked for or proved in between.
        started = await codes.start(asker, to)
        if started is None:
            raise Unavailable


async def _is_young(codes: Verifications, asker: Asker, destination: str) -> bool:
    """Whether the flow has asked for a code to there within the last half minute."""
    pending = await codes.pending(asker)
    here = pending and pending.destination == destination and not pending.consumed
    age = codes.channel.lifetime.total_seconds() - pending.seconds_left if pending else 0
    return bool(here) and age < ONCE_SECONDS


async def is_asked(
    codes: Verifications, asker: Asker, destination: str, looks: int = WHILE
) -> bool:
    """Whether the flow waits for a code to there. Another request may work on the same form: it is
    given a second to commit.
    """
    for look in range(looks):
        if look:
            await asyncio.sleep(BETWEEN)
        pending = await codes.pending(asker)
        if pending and pending.destination == destination and not pending.consumed:
            return True
    return False


async def start_unsent(
    connection: Connection, channel: Channel, asker: Asker, destination: str
) -> bool:
    """As `Verifications.start`, but for the message: it can be sent later, like any other code's.
    Whether it was this request that started it.
    """
    started = await connection.fetchval(
        Statements(channel).start_unsent,
        asker.flow_id,
        asker.purpose,
        uuid7(),
        secrets.token_bytes(NONCE_BYTES),
        destination,
        channel.lifetime,
    )
    return started is not None

"""Verifications: a code is sent to a phone or mailbox, sent again, and consumed when it was right.

The same for every flow and both channels. What it counts it counts by itself, in PostgreSQL, so no
caller can forget to, and no flushed cache, new browser or new flow starts afresh.
"""

import secrets
from math import ceil
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit.events import current_request
from app.domain.delivery.outbox import Progress, progress
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limits import DAY, HOUR
from app.domain.ports import Connection, Record
from app.domain.verification.admission import Admission
from app.domain.verification.asker import Asker
from app.domain.verification.channel import PHONE, RESENDABLE, Channel
from app.domain.verification.codes import NONCE_BYTES, parsed_code
from app.domain.verification.guesses import Pending
from app.domain.verification.guessing import Guessing
from app.domain.verification.means import Means
from app.domain.verification.resending import Again
from app.domain.verification.statements import Statements

Contact = Phone | EmailAddress


class Verifications:
    """One channel's codes, of all flows and purposes."""

    def __init__(self, channel: Channel, means: Means) -> None:
        self.channel = channel
        self._means, self._sql = means, Statements(channel)
        self._admission = Admission(channel, means)
        limits = means.limits
        self._limit = limits.texts_per_number if channel is PHONE else limits.mails_per_mailbox
        self._guessing = Guessing(channel, means)

    async def start(self, asker: Asker, to: Contact, once: str = "") -> UUID | None:
        """Ends the flow's earlier code, queues a message with a new one and returns its id; None
        when another request started one at the same moment. Raises what `Admission.queued` does.
        """
        message_id = uuid7()

        async def queue(connection: Connection, *how: bool) -> Record:
            [answer] = await connection.fetch(
                self._sql.start,
                *_asked(asker, "code_sent"),
                *_message(message_id, to, asker),
                *how,
                uuid7(),
                secrets.token_bytes(NONCE_BYTES),
                self.channel.lifetime,
            )
            return answer

        return await self._admission.queued(asker, to, message_id, queue, once)

    async def send(self, asker: Asker, to: Contact) -> None:
        """The same code again where that helps, else a new one. Raises what `Again` does."""
        await Again(self, asker, to, destination_of(to))()

    async def resend(self, asker: Asker, to: Contact, once: str = "") -> UUID | None:
        """Queues the same code once more; None where it is used, spent or nearly over."""
        message_id = uuid7()

        async def queue(connection: Connection, *how: bool) -> Record:
            [answer] = await connection.fetch(
                self._sql.resend,
                *_asked(asker, "code_sent_again"),
                *_message(message_id, to, asker),
                *how,
                RESENDABLE,
            )
            return answer

        return await self._admission.queued(asker, to, message_id, queue, once)

    async def pending(self, asker: Asker) -> Pending | None:
        """The flow's newest code, whatever became of it."""
        async with self._means.database.connection() as connection:
            row = await connection.fetchrow(self._sql.pending, asker.flow_id, asker.purpose)
        return Pending.from_row(row) if row else None

    def resend_wait(self, pending: Pending) -> int:
        """Seconds until another one may be asked for."""
        waits = self._limit.waits
        if not waits or not pending.sent_this_hour or pending.since_last_send is None:
            return 0
        wait = waits[min(pending.sent_this_hour, len(waits)) - 1]
        return max(0, ceil(wait - pending.since_last_send))

    def sends_left(self, pending: Pending) -> int:
        """How many more may be asked for within the hour, and the day."""
        sent = {HOUR: pending.sent_this_hour, DAY: pending.sent_today}
        return max(0, min(most - sent.get(seconds, 0) for seconds, most in self._limit.windows))

    async def progress(self, pending: Pending) -> Progress | None:
        """What became of the newest message that carries the code."""
        async with self._means.database.connection() as connection:
            return await progress(connection, pending.id)

    async def check(self, asker: Asker, pending: Pending, raw: str) -> None:
        """Returns when `raw` holds the right code, which it does not consume. Raises `BadCode`
        for what is no code, else what `Guessing.check` does.
        """
        guess = parsed_code(raw, self.channel.digits, self._means.host)
        await self._guessing.check(asker, pending, guess)

    async def consume(self, connection: Connection, pending: Pending) -> bool:
        """In the transaction that uses the proof: whether this caller is the one who may."""
        return await connection.fetchval(self._sql.consume, pending.id) is not None

    async def end(self, connection: Connection, flow_id: bytes) -> None:
        """Whatever the flow waits for or has proved proves nothing from now on."""
        await connection.execute(self._sql.end, flow_id)

    async def drop(self, connection: Connection, pending: Pending) -> bool:
        """This one alone is no longer waited for. False when it was used or ended before."""
        return await connection.fetchval(self._sql.drop, pending.id) is not None


def destination_of(to: Contact) -> str:
    """As it stands in the tables."""
    return to.e164 if isinstance(to, Phone) else to.value


def _asked(asker: Asker, fact: str) -> tuple[object, ...]:
    return (
        asker.flow_id,
        asker.purpose,
        f"{asker.purpose}:{fact}",
        current_request.get() or None,
        asker.origin.network,
    )


def _message(message_id: UUID, to: Contact, asker: Asker) -> tuple[object, ...]:
    block, region = (to.block, to.region) if isinstance(to, Phone) else (None, None)
    return (message_id, block, region, asker.origin.address, destination_of(to))

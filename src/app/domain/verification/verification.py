"""The codes of one channel: found, consumed, ended, moved to another flow.

The same for every flow and both channels. What it counts it counts by itself, in PostgreSQL, so no
caller can forget to, and no flushed cache, new browser or new flow starts afresh.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from uuid import UUID

from app.domain.audit import current_request
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.delivery.rooms import Standing
from app.domain.delivery.send_limiter import SendLimiter
from app.domain.i18n import current_reader
from app.domain.identity.fixed_codes import TestNumbers
from app.domain.identity.users import Subjects
from app.domain.limits import DAY, HOUR, Limit, LimitTable, Origin
from app.domain.metrics import EVENTS
from app.domain.ports import Connection, Database, ShortMemory
from app.domain.verification.codes import (
    MOST_IN_A_ROW,
    PHONE,
    Channel,
    digest_contact,
    is_code_of,
)
from app.domain.verification.pending import PendingCode


@dataclass(frozen=True, slots=True)
class Challenge:
    """A flow, for a purpose such as `signup`, from somewhere. A code proves no other flow's or
    purpose's question. Of a session that asks for a code to its own contact, `opened_by` is the
    kind of proof that opened it; of a sign-up that proves its address before its number, it stands
    for the mailbox; '' in other flows. `standing`: what is known of whoever asks, by which a text
    finds room.
    """

    flow_id: bytes
    purpose: str
    origin: Origin
    opened_by: str = ""
    standing: Standing = Standing.STRANGER

    @property
    def parameters(self) -> dict[str, object]:
        """Those of the statement that queues a message for it."""
        return {
            "flow_id": self.flow_id,
            "purpose": self.purpose,
            "opened_by": self.opened_by,
            "address": self.origin.address,
            "network": self.origin.network,
            "request_id": current_request.get() or None,
            **current_reader(),
        }


@dataclass(frozen=True, slots=True)
class VerificationDependencies:
    """`keys` derive codes: the first new ones, all of them old ones. `host` is what a code is bound
    to. `test_numbers` have fixed ones. `can_call`: there is somebody who reads codes out.
    """

    database: Database
    memory: ShortMemory
    limits: LimitTable
    limiter: SendLimiter
    keys: Sequence[bytes]
    pseudonyms: Pseudonyms
    subjects: Subjects
    host: str
    test_numbers: TestNumbers
    can_call: bool


class Verifications:
    """One channel's codes, of all flows and purposes. With `to_own` they go to the number or
    address of the account that the challenge, a session, is signed in to.
    """

    def __init__(
        self, channel: Channel, dependencies: VerificationDependencies, *, to_own: bool = False
    ) -> None:
        self.channel, self.to_own, self.sql = channel, to_own, channel.sql
        self.dependencies, self.database = dependencies, dependencies.database
        self._limit, self._share = _shown_limits(dependencies.limits, channel, to_own=to_own)

    @property
    def can_call(self) -> bool:
        return self.channel is PHONE and self.dependencies.can_call

    async def find_pending(self, challenge: Challenge) -> PendingCode | None:
        """The flow's newest code, whatever became of it."""
        async with self.database.connection() as connection:
            row = await connection.fetchrow(
                *self.sql.find_code(flow_id=challenge.flow_id, purpose=challenge.purpose)
            )
        return PendingCode.from_row(row) if row else None

    def resend_wait(self, pending: PendingCode) -> int:
        """Seconds until the flow may ask for another one, by what it has sent itself: what others
        sent there is not told, but in a flow that is held for it.
        """
        if pending.held_for is not None:
            return max(0, ceil(pending.held_for))
        waits = self._limit.waits
        if not waits or not pending.sent_this_hour or pending.since_last_send is None:
            return 0
        wait = waits[min(pending.sent_this_hour, len(waits)) - 1]
        return max(0, ceil(wait - pending.since_last_send))

    def sends_left(self, pending: PendingCode, origin: Origin) -> int:
        """How many more the flow may ask for within the hour, and the day, by the same. A device
        that was forgotten is told one too many.
        """
        sent = {HOUR: pending.sent_this_hour, DAY: pending.sent_today}
        known = origin.known_to(digest_contact(pending.destination))
        windows = self._limit.windows if known else self._limit.windows + self._share.windows
        return max(0, min(most - sent.get(seconds, 0) for seconds, most in windows))

    def is_right(
        self, challenge: Challenge, pending: PendingCode, nonce: bytes, guess: str
    ) -> bool:
        """Whether `guess` is the code that `nonce` stands for, or the fixed one of its number."""
        fixed = self.dependencies.test_numbers.judge(pending.destination, guess)
        if fixed is not None:
            return fixed
        keys, to = self.dependencies.keys, pending.destination
        return is_code_of(guess, keys, nonce, challenge.purpose, to)

    async def consume_code(
        self,
        connection: Connection,
        pending: PendingCode,
        event: str = "",
        origin: Origin | None = None,
    ) -> bool:
        """In the transaction that uses the proof: whether this caller is the one who may. `event`
        is recorded of the flow that the code was for.
        """
        query = self.sql.consume_code(
            id=pending.id,
            subject=self.dependencies.subjects.of(pending.destination),
            most_in_a_row=MOST_IN_A_ROW,
            event=event,
            network=origin and origin.network,
            request_id=current_request.get() or None,
        )
        is_first = await connection.fetchval(*query) is not None
        if is_first and event:
            EVENTS.add(event)
        return is_first

    async def end_codes(self, connection: Connection, flow_id: bytes) -> bool:
        """Whatever the flow waits for or has proved proves nothing from now on. Whether there was
        anything.
        """
        return await connection.execute(*self.sql.end_codes(flow_id=flow_id)) != "UPDATE 0"

    async def drop_code(self, connection: Connection, pending: PendingCode) -> bool:
        """This one alone is no longer waited for. False when it was used or ended before."""
        return await connection.fetchval(*self.sql.drop_code(id=pending.id)) is not None


def _shown_limits(table: LimitTable, channel: Channel, *, to_own: bool) -> tuple[Limit, Limit]:
    """What a flow may send, and what it may from a device that the owner has not used."""
    if to_own:
        own = table.texts_per_session if channel is PHONE else table.mails_per_session
        return own, own
    if channel is PHONE:
        return table.texts_per_number, table.texts_per_number_and_address
    return table.mails_per_mailbox, table.mails_per_mailbox_and_address


# A flow goes on under another id once a contact is proved in it: the old one is dead.
#
# Whoever knew the flow cookie before, by having planted it or used the browser earlier, is left
# out.

# The id a flow goes on under by the proof with this one; always the same for the same proof.
NextFlowId = Callable[[UUID], bytes]


async def rotate_codes(
    connection: Connection, channel: Channel, flow_id: bytes, new_flow_id: bytes, proof: UUID
) -> None:
    """In the transaction that consumed `proof`: it is that of `new_flow_id`."""
    await connection.execute(
        *channel.sql.rotate_code(flow_id=flow_id, new_flow_id=new_flow_id, id=proof)
    )


async def find_rotated_flow(
    connection: Connection, channel: Channel, flow_id: bytes, purpose: str
) -> tuple[str, bytes] | None:
    """The contact that was proved a few minutes ago, and the id the flow has got by that."""
    row = await connection.fetchrow(*channel.sql.find_rotated(flow_id=flow_id, purpose=purpose))
    return (row["contact"], row["flow_id"]) if row else None
